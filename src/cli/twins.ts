import { probe } from '../session/probe.ts'
import type { SessionView } from '../session/probe.ts'
import { knownSessions } from '../session/record.ts'

/**
 * Other running sessions with the same provider and model as this one: `a/b` and `a,b` are two
 * preferences and so two sessions, which few people want. Only likely ones are asked.
 */
export async function twinsOf(view: SessionView): Promise<SessionView[]> {
  const { provider, model } = view.record
  if (provider === null || model === null) return []
  const likely = knownSessions(view.ref.home).filter(
    ({ ref, record }) =>
      ref.id !== view.id &&
      ref.configFile === view.ref.configFile &&
      record.desired === 'running' &&
      record.provider === provider &&
      record.model === model,
  )
  const views = await Promise.all(likely.map(({ ref }) => probe(ref)))
  return views.filter(({ state }) => state === 'running')
}

/** One line for the user about such a session. */
export function twinNote({ preference, id }: SessionView): string {
  return `the same model also runs in session ${id}, spelled '${preference}'.`
}

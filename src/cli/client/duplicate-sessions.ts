/** Finds sessions that serve the same model under another spelling. */
import { formatModelRef } from '../../lib/model-ref.ts'
import type { Config } from '../../config/config.ts'
import { sessionPreference } from '../../routing/preference.ts'
import type { SessionRef } from '../../session/identity.ts'
import { probe, type SessionView } from '../../session/probe.ts'
import { knownSessions } from '../../session/record.ts'
import { visible } from '../terminal/untrusted-text.ts'

/**
 * Other running sessions whose preference means the same model: `a/b` and `a,b` are different
 * preferences and so different sessions, which is rarely intended. Only sessions that may be running
 * are probed.
 */
export async function duplicateSessions(
  ref: SessionRef,
  config: Pick<Config, 'providers' | 'preferences'>,
): Promise<SessionView[]> {
  const meaning = (preference: string): string => {
    const found = sessionPreference(preference, config)
    return found.kind === 'found' ? formatModelRef(found.choice) : ''
  }
  const target = meaning(ref.preference)
  if (target === '') return []
  const likely = knownSessions(ref.home).filter(
    ({ ref: other, record }) =>
      record.desired === 'running' &&
      other.id !== ref.id &&
      other.configFile === ref.configFile &&
      meaning(other.preference) === target,
  )
  const views = await Promise.all(likely.map(({ ref: other }) => probe(other)))
  return views.filter(({ state }) => state === 'running')
}

/** A note for the user about such a session. */
export function duplicateNote({ preference, id }: SessionView): string {
  return `the same model also runs in session ${id}, spelled '${visible(preference)}'.`
}

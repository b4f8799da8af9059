/** Which ports a session may have, and in which order they are tried. Pure. */
import { sessionPorts } from '../config/defaults.ts'
import { DEFAULT_SESSION, type SessionRef } from './identity.ts'
import type { SessionRecord } from './record.ts'

interface Known {
  readonly ref: SessionRef
  readonly record: SessionRecord
}

export interface Claim {
  readonly port: number
  /** Other sessions that remember the port: it is free only while none of them runs. */
  readonly rememberedBy: readonly SessionRef[]
}

/**
 * The ports to try, best first. `base` is the config's PORT: it belongs to the default session alone;
 * sessions with a preference have the 100 after it (`sessionPorts`). First comes the port that the
 * session remembers, then those that no session remembers, then those of other sessions: stopped
 * ones, the longest unused first, before those that should be running.
 */
export function portClaims(
  session: { readonly id: string; readonly port: number | null },
  base: number,
  known: readonly Known[],
): Claim[] {
  const others = known.filter(({ ref }) => ref.id !== session.id)
  const claim = (port: number): Claim => ({
    port,
    rememberedBy: others.filter(({ record }) => record.port === port).map(({ ref }) => ref),
  })
  if (session.id === DEFAULT_SESSION) return [claim(base)]
  const range = sessionPorts(base)
  const remembered = range.filter((port) => port === session.port)
  const taken = [...others].sort(leastMissed).map(({ record }) => record.port ?? 0)
  const inRange = [...new Set(taken)].filter((port) => range.includes(port))
  const free = range.filter((port) => !inRange.includes(port))
  return [...new Set([...remembered, ...free, ...inRange])].map(claim)
}

/** Whether a session may stay on the port that it has. */
export function keepsPort(id: string, port: number, base: number): boolean {
  return portClaims({ id, port }, base, [])[0]?.port === port
}

function leastMissed(a: Known, b: Known): number {
  const wanted = ({ record }: Known): number => (record.desired === 'running' ? 1 : 0)
  const since = ({ record }: Known): string => record.startedAt ?? ''
  return wanted(a) - wanted(b) || (since(a) < since(b) ? -1 : 1)
}

/** Gives a session that was never started the port and the token that it will have. */
import { createServer } from 'node:net'
import { withLock } from '../lib/lock.ts'
import { newToken } from '../lib/secret.ts'
import type { SessionRef } from './identity.ts'
import { REGISTRY_LOCK } from './paths.ts'
import { keepsPort, portClaims } from './ports.ts'
import { knownSessions, readRecord, type SessionRecord, writeRecord } from './record.ts'

export interface Planned {
  /** The config's PORT. */
  readonly base: number
  /** Where the session will be bound, and where clients will find it. */
  readonly bind: string
  readonly connect: string
}

/**
 * The record of a session that does not run, with what it will have: noted now, so that the start
 * keeps it. A session that has both already is left as it is.
 */
export function planSession(ref: SessionRef, planned: Planned): Promise<SessionRecord> {
  return withLock(ref.home, REGISTRY_LOCK, async () => {
    const record = readRecord(ref)
    const { base, bind, connect } = planned
    const keeps = record.port !== null && keepsPort(ref.id, record.port, base)
    if (keeps && record.token !== '') return record
    const port = keeps ? record.port : await likelyPort(ref, base, bind)
    return writeRecord(ref, { port, token: record.token || newToken(), host: connect })
  })
}

/** The first free port; the best one when all are taken. */
async function likelyPort(ref: SessionRef, base: number, host: string): Promise<number> {
  const claims = portClaims({ id: ref.id, port: null }, base, knownSessions(ref.home))
  for (const { port, rememberedBy } of claims) {
    if (rememberedBy.length === 0 && (await isFree(port, host))) return port
  }
  return claims[0]?.port ?? base
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host }, () => server.close(() => resolve(true)))
  })
}

/** Restart: a new daemon on the same port, which the running one makes room for. */
import { waitUntilFree, withLock } from '../lib/lock.ts'
import type { SessionRef } from './identity.ts'
import { operationLock } from './paths.ts'
import { bootLock, serveLock } from './paths.ts'
import { COMMAND_LIMIT_MS } from './peer.ts'
import { probe } from './probe.ts'
import type { Started, StartOptions } from './start.ts'
import { spawnLocked, startLocked } from './start.ts'
import { endHanging } from './stop.ts'

export interface RestartOptions extends StartOptions {
  /** Ends a daemon that does not answer. */
  readonly force?: boolean
}

/**
 * Replaces the session's daemon; starts one when there is none. The new daemon takes over only
 * after it has read its config: when that fails (UserError) the old one has not been touched.
 */
export function restartSession(ref: SessionRef, options: RestartOptions = {}): Promise<Started> {
  return withLock(ref.home, operationLock(ref), async () => {
    await waitUntilFree(ref.home, bootLock(ref))
    const view = await probe(ref, COMMAND_LIMIT_MS)
    if (view.state === 'running') await spawnLocked(ref, options, true)
    if (view.state === 'unresponsive') await endHanging(view, options)
    if (view.state === 'draining') await waitUntilFree(ref.home, serveLock(ref))
    return { ...(await startLocked(ref, options)), already: false }
  })
}

/** A client's place in a session: it runs, and a lease on it is held. */
import { waitUntilFree } from '../lib/lock.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import type { Lease, LeaseEnd } from '../session/lease.ts'
import { holdLease } from '../session/lease.ts'
import { serveLock } from '../session/paths.ts'
import type { Started, StartOptions } from '../session/start.ts'
import { startSession } from '../session/start.ts'

export type Joined = Started & { readonly lease: Lease }

/** Makes the session run and takes a lease on it. Throws UserError. */
export async function joinSession(ref: SessionRef, options: StartOptions): Promise<Joined> {
  const started = await startSession(ref, options)
  try {
    return { ...started, lease: await holdLease(ref, started.view) }
  } catch {
    // Its daemon went between the two: restarted, crashed, or stopped, which `revive` respects.
    const again = await startSession(ref, { ...options, revive: true })
    return { ...again, lease: await holdLease(ref, again.view) }
  }
}

/** A new lease on the session, which runs again unless the user has stopped it. */
export async function rejoinSession(ref: SessionRef, why: LeaseEnd, env: Env): Promise<Lease> {
  // A session that is being stopped is over when its daemon is; the user may start it again.
  if (why === 'stopping') await waitUntilFree(ref.home, serveLock(ref))
  return (await joinSession(ref, { env, revive: true })).lease
}

/** A client's place in a session: it runs, and a lease on it is held. */
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntilFree } from '../lib/lock.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import type { Lease, LeaseEnd } from '../session/lease.ts'
import { holdLease } from '../session/lease.ts'
import { serveLock } from '../session/paths.ts'
import { isServed } from '../session/served.ts'
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

/** How often a client looks whether its session was started again, in ms: two cheap looks. */
const LOOK_MS = 1_000

/**
 * A new lease on the session as soon as somebody has started it again. Rejects when `signal` is
 * aborted, and never for another reason: what cannot be read or joined now may be later.
 */
export async function joinWhenStarted(
  ref: SessionRef,
  env: Env,
  signal: AbortSignal,
): Promise<Lease> {
  for (;;) {
    await delay(LOOK_MS, undefined, { signal, ref: false })
    try {
      if (await isServed(ref)) return (await joinSession(ref, { env, revive: true })).lease
    } catch {
      // Stopped once more, crashed, or its files cannot be read: the next look tells.
    }
  }
}

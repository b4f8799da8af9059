/** A client's place in a session: it runs, and a lease on it is held. */
import { setTimeout as delay } from 'node:timers/promises'
import { seemsHeld, waitUntilFree } from '../../lib/lock.ts'
import type { Env, SessionRef } from '../../session/identity.ts'
import { holdLease, type Lease, type LeaseEnd } from '../../session/lease.ts'
import { serveLock } from '../../session/paths.ts'
import { readRecord } from '../../session/record.ts'
import { type Started, type StartOptions, startSession } from '../../session/start.ts'

export type AcquiredSession = Started & { readonly lease: Lease }

/** Makes the session run and takes a lease on it. Throws UserError. */
export async function acquireSession(
  ref: SessionRef,
  options: StartOptions,
): Promise<AcquiredSession> {
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
export async function reacquireSession(ref: SessionRef, why: LeaseEnd, env: Env): Promise<Lease> {
  if (why === 'stopping') await untilStopped(ref)
  return (await acquireSession(ref, { env, revive: true })).lease
}

/**
 * A session that is being stopped is over when its daemon is. The user may start it again before a
 * busy machine lets this process see that nobody held the lock: then the record says so.
 */
async function untilStopped(ref: SessionRef): Promise<void> {
  for (;;) {
    if (await waitUntilFree(ref.home, serveLock(ref), AbortSignal.timeout(LOOK_MS))) return
    if (readRecord(ref).desired === 'running') return
  }
}

/** How often a client looks whether its session was started again, in ms: two cheap looks. */
const LOOK_MS = 1_000

/**
 * A new lease on the session as soon as somebody has started it again, also where that daemon has
 * crashed since: it is revived, once. Rejects when `signal` is aborted, and never for another reason:
 * what cannot be read or joined now may be later.
 */
export async function acquireWhenStarted(
  ref: SessionRef,
  env: Env,
  signal: AbortSignal,
): Promise<Lease> {
  let seen = startOf(ref)
  for (;;) {
    await delay(LOOK_MS, undefined, { signal, ref: false })
    try {
      const { desired, startedAt } = readRecord(ref)
      if (desired !== 'running') continue
      if (startedAt === seen && !(await seemsHeld(ref.home, serveLock(ref)))) continue
      seen = startedAt
      return (await acquireSession(ref, { env, revive: true })).lease
    } catch {
      // Stopped once more, crashed, or its files cannot be read: the next look tells.
    }
  }
}

/** When the session's last daemon was started; null where that cannot be read. */
function startOf(ref: SessionRef): string | null {
  try {
    return readRecord(ref).startedAt
  } catch {
    return null
  }
}

/** Acquires a session for a client: makes sure that it runs, and holds a lease on it. */
import { setTimeout as delay } from 'node:timers/promises'
import { seemsHeld, waitUntilFree } from '../../lib/lock.ts'
import type { SessionRef } from '../../session/identity.ts'
import type { Env } from '../../lib/env.ts'
import { holdLease, type Lease, type LeaseEnd } from '../../session/lease.ts'
import { serveLock } from '../../session/paths.ts'
import { readRecord } from '../../session/record.ts'
import { type Started, type StartOptions, startSession } from '../../session/start.ts'

export type AcquiredSession = Started & { readonly lease: Lease }

/** Starts the session if needed and takes a lease on it. Throws UserError. */
export async function acquireSession(
  ref: SessionRef,
  options: StartOptions,
): Promise<AcquiredSession> {
  const started = await startSession(ref, options)
  try {
    return { ...started, lease: await holdLease(ref, started.view) }
  } catch {
    // The daemon ended in between: it was restarted, crashed, or was stopped, which `revive` respects.
    const again = await startSession(ref, { ...options, revive: true })
    return { ...again, lease: await holdLease(ref, again.view) }
  }
}

/** Takes a new lease on the session, which is restarted unless the user has stopped it. */
export async function reacquireSession(ref: SessionRef, why: LeaseEnd, env: Env): Promise<Lease> {
  if (why === 'stopping') await untilStopped(ref)
  return (await acquireSession(ref, { env, revive: true })).lease
}

/**
 * Waits until a session that is being stopped has ended. If the user starts it again before this process
 * sees the free lock, the record shows that.
 */
async function untilStopped(ref: SessionRef): Promise<void> {
  for (;;) {
    if (await waitUntilFree(ref.home, serveLock(ref), AbortSignal.timeout(LOOK_MS))) return
    if (readRecord(ref).desired === 'running') return
  }
}

/** How often a client checks whether its session was started again, in ms. Each check is cheap. */
const LOOK_MS = 1_000

/**
 * Takes a new lease on the session as soon as the user has started it again, even if that daemon has
 * crashed since: it is revived once. Rejects only if `signal` is aborted: other failures may be
 * temporary.
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
      // Stopped again, crashed, or its files cannot be read: try again later.
    }
  }
}

/** The start time of the session's last daemon; null if it cannot be read. */
function startOf(ref: SessionRef): string | null {
  try {
    return readRecord(ref).startedAt
  } catch {
    return null
  }
}

/** Stop: afterwards no process serves the session; only processes proved to be its daemons are ended. */
import type { IncomingMessage } from 'node:http'
import { timerDelay } from '../lib/delay.ts'
import { seemsHeld, waitUntilFree } from '../lib/lock.ts'
import { isSameProcess, processStart } from '../lib/process.ts'
import { newToken } from '../lib/secret.ts'
import { errorCode, UserError } from '../lib/user-error.ts'
import type { SessionRef } from './identity.ts'
import { bootLock, operationLock, serveLock } from './paths.ts'
import { COMMAND_LIMIT_MS, LISTING_LIMIT_MS, provePeer, SilentPeer } from './peer.ts'
import { type OnSilence, probe, provedHolders, type SessionView } from './probe.ts'
import { READY_LIMIT_MS } from './spawn.ts'
import { readRecord, updateRecord } from './record.ts'
import { asOnlyOne, unresponsive } from './start.ts'

export interface StopOptions {
  /** Cuts running streams, and ends a daemon that does not answer. */
  readonly force?: boolean
  /** How long running streams may take to finish, in ms. */
  readonly drainMs?: number
  /** Gives the session another token: clients with the old one are refused from then on. */
  readonly newToken?: boolean
  /** Told when the stop has to wait for something that may take seconds. */
  readonly onWait?: (why: string) => void
  /** Told when the daemon does not answer. */
  readonly onSilence?: OnSilence
}

export const DRAIN_MS = 10_000
/** Beyond the drain: for a daemon on a loaded machine to close what it has open. */
const ENDING_LIMIT_MS = 5_000
/** Before SIGKILL follows SIGTERM. */
const FORCED_LIMIT_MS = 1_000

export interface Stopped {
  /** False when it did not run. */
  readonly ran: boolean
  /** How many clients were attached when the stop began. */
  readonly clients: number
}

/** Stops the session. Throws UserError when its daemon hangs and `force` was not given. */
export async function stopSession(ref: SessionRef, options: StopOptions = {}): Promise<Stopped> {
  const present = await probe(ref, LISTING_LIMIT_MS, options.onSilence)
  if (await isAtRest(present, options)) return { ran: false, clients: 0 }
  // A stop under way holds the lock until the last stream: tell the daemon our own limit now.
  if (present.state === 'draining') await askToStop(ref, options)
  const before = { ran: present.state === 'draining', clients: present.referenceCount ?? 0 }
  return asOnlyOne(ref, options.onWait, () => stopLocked(ref, options, before))
}

/** Whether there is nothing to do: the session is stopped, no command is at work on it, and no change has to be recorded. */
async function isAtRest(
  { ref, state, record }: SessionView,
  options: StopOptions,
): Promise<boolean> {
  if (state !== 'stopped' || record.desired === 'running' || options.newToken) return false
  return !(await seemsHeld(ref.home, operationLock(ref)))
}

async function stopLocked(
  ref: SessionRef,
  options: StopOptions,
  before: Stopped,
): Promise<Stopped> {
  let { ran, clients } = before
  for (;;) {
    const view = await probe(ref, LISTING_LIMIT_MS, options.onSilence)
    clients = Math.max(clients, view.referenceCount ?? 0)
    switch (view.state) {
      case 'stopped':
        if (view.record.desired === 'running') await noteStopped(ref)
        if (options.newToken) await renewToken(ref)
        return { ran, clients: ran ? clients : 0 }
      case 'starting':
        await outwaitStart(view, options)
        break
      case 'running':
      case 'draining':
        if (!(await askToStop(ref, options))) await endHanging(view, options)
        ran = true
        break
      case 'unresponsive':
        await endHanging(view, options)
        ran = true
    }
  }
}

async function noteStopped(ref: SessionRef): Promise<void> {
  try {
    await updateRecord(ref, { desired: 'stopped' })
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    const state = `Session ${ref.id} does not run, but a claude that is attached may start it again.`
    throw new UserError(thrown.message, `${state}\n${thrown.hint}`, thrown)
  }
}

/**
 * Waits for a start whose command was killed, for this one has the session to itself. A daemon that
 * boots for longer than any may hangs, and is ended with `force`. Throws UserError.
 */
async function outwaitStart(view: SessionView, options: StopOptions): Promise<void> {
  const { ref } = view
  options.onWait?.(`session ${ref.id} is being started`)
  const patience = AbortSignal.timeout(options.force ? FORCED_LIMIT_MS : READY_LIMIT_MS)
  if (await waitUntilFree(ref.home, bootLock(ref), patience)) return
  const [pid = null] = await provedHolders(ref, bootLock)
  if (!options.force) throw unresponsive({ ...view, pid })
  await signalHolders(ref, 'SIGKILL', bootLock)
  const end = AbortSignal.timeout(FORCED_LIMIT_MS)
  if (!(await waitUntilFree(ref.home, bootLock(ref), end))) throw unresponsive({ ...view, pid })
}

/** A new token for a session that does not run; one that was never started has none. */
export async function renewToken(ref: SessionRef): Promise<void> {
  if (readRecord(ref).token !== '') await updateRecord(ref, { token: newToken() })
}

/** Asks the daemon to stop and waits for its end; false when it is not over in time. */
async function askToStop(ref: SessionRef, options: StopOptions): Promise<boolean> {
  const drainMs = drainOf(options)
  const peer = await provePeer(readRecord(ref), COMMAND_LIMIT_MS)
  if (!peer) return true // it ended by itself; the next look tells
  try {
    return await endOf(await peer.ask('POST', '/control/stop', { drainMs }), drainMs)
  } catch (thrown) {
    return !(thrown instanceof SilentPeer)
  } finally {
    peer.close()
  }
}

/** The answer to a stop stays open for as long as the daemon lives. */
function endOf(answer: IncomingMessage, drainMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timerDelay(drainMs + ENDING_LIMIT_MS))
    answer.on('error', () => undefined)
    answer.once('close', () => {
      clearTimeout(timer)
      resolve(true)
    })
    answer.resume()
  })
}

/**
 * Ends a daemon that does not answer. Only what holds the session's lock is signalled, whatever the
 * session's files say: SIGTERM, which one that is only slow takes for an orderly stop, and with
 * `force` SIGKILL. On Windows each signal ends a process at once, so without `force` there is none.
 * Throws UserError when it is still there.
 */
export async function endHanging(view: SessionView, options: StopOptions): Promise<void> {
  const { ref } = view
  const force = options.force === true
  const limitMs = force ? FORCED_LIMIT_MS : drainOf(options) + ENDING_LIMIT_MS
  for (const signal of signalsFor(force)) {
    if (signal !== null) await signalHolders(ref, signal)
    const patience = AbortSignal.timeout(timerDelay(limitMs))
    if (await waitUntilFree(ref.home, serveLock(ref), patience)) return
  }
  throw unresponsive(view)
}

/** One after the other; null: none, but the time that it would have. */
function signalsFor(force: boolean): readonly ('SIGTERM' | 'SIGKILL' | null)[] {
  if (process.platform === 'win32') return [force ? 'SIGKILL' : null]
  return force ? ['SIGTERM', 'SIGKILL'] : ['SIGTERM']
}

/** Signals the processes that hold a lock of the session, but never this one. */
export async function signalHolders(
  ref: SessionRef,
  signal: NodeJS.Signals,
  lock = serveLock,
): Promise<void> {
  const before = (await provedHolders(ref, lock)).map((pid) => ({ pid, start: processStart(pid) }))
  // Once more: a pid may have gone to another process before its start was read.
  const holders = await provedHolders(ref, lock)
  for (const { pid, start } of before) {
    if (pid === process.pid || !holders.includes(pid) || !isSameProcess(pid, start)) continue
    try {
      process.kill(pid, signal)
    } catch (thrown) {
      if (errorCode(thrown) !== 'ESRCH') throw thrown
    }
  }
}

function drainOf({ force, drainMs = DRAIN_MS }: StopOptions): number {
  return force ? 0 : drainMs
}

/** Start: afterwards the session runs, even if other commands start or stop it meanwhile or it crashes. */
import { rmSync } from 'node:fs'
import { commandLine } from '../lib/command-line.ts'
import { readText } from '../lib/files.ts'
import { acquire, waitUntilFree, withLock } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import { countCrash } from './crashes.ts'
import type { SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { bootLock, logFile, operationLock, recordFile, serveLock } from './paths.ts'
import { COMMAND_LIMIT_MS, LISTING_LIMIT_MS } from './peer.ts'
import { type OnSilence, probe, type SessionView } from './probe.ts'
import { readRecord, updateRecord } from './record.ts'
import { spawnDaemon } from './spawn.ts'

export interface StartOptions {
  /** The caller's environment; that of this process when absent. */
  readonly env?: Env
  /** The program of ccr (`dist/ccr.js`); the one that runs when absent. */
  readonly script?: string
  /**
   * For a client whose daemon crashed: starts only what the user has not stopped meanwhile, and
   * gives up after three crashes in a minute.
   */
  readonly revive?: boolean
  /** Gives the session another token. */
  readonly newToken?: boolean
  /** Told when the start has to wait for something that may take seconds. */
  readonly onWait?: (why: string) => void
  /** Told when the daemon that should be there does not answer. */
  readonly onSilence?: OnSilence
}

export interface Started {
  readonly view: SessionView
  /** True when it ran already. */
  readonly already: boolean
  /** What the user should know about the config and the preference. */
  readonly notes: readonly string[]
}

/** Makes the session run. Throws UserError (or ConfigError's words in one) when it cannot. */
export async function startSession(ref: SessionRef, options: StartOptions = {}): Promise<Started> {
  const present = await probe(ref, COMMAND_LIMIT_MS, options.onSilence)
  if (present.state === 'running') return started(present, true)
  // It may have ended meanwhile; the long wait has been spent in any case.
  const limitMs = present.state === 'unresponsive' ? LISTING_LIMIT_MS : COMMAND_LIMIT_MS
  return asOnlyOne(ref, options.onWait, () => startLocked(ref, options, limitMs))
}

/** Longer than other commands hold the lock of a session that answers. */
const BUSY_MS = 1_300

/** Runs `work` while no other command starts, stops or restarts the session. */
export async function asOnlyOne<T>(
  ref: SessionRef,
  onWait: StartOptions['onWait'],
  work: () => Promise<T>,
): Promise<T> {
  const why = `another ccr command is at work on session ${ref.id}`
  const timer = onWait && setTimeout(() => onWait(why), BUSY_MS)
  try {
    return await withLock(ref.home, operationLock(ref), () => {
      clearTimeout(timer)
      return work()
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The same for a caller that holds the session's operation lock. */
export async function startLocked(
  ref: SessionRef,
  options: StartOptions,
  limitMs = COMMAND_LIMIT_MS,
): Promise<Started> {
  let spawned = false
  for (;;) {
    const view = await probe(ref, limitMs, options.onSilence)
    switch (view.state) {
      case 'running':
        return started(view, !spawned)
      case 'draining':
        await outwaitDrain(ref, options)
        break
      case 'starting': // by a command that was killed
        options.onWait?.(`session ${ref.id} is being started`)
        await waitUntilFree(ref.home, bootLock(ref))
        break
      case 'unresponsive':
        throw unresponsive(view)
      case 'stopped':
        if (options.revive) admitRevival(ref, spawned)
        await spawnLocked(ref, options, false)
        spawned = true
    }
  }
}

/** Waits for the end of a daemon that is being stopped. */
export async function outwaitDrain(ref: SessionRef, { onWait }: StartOptions): Promise<void> {
  onWait?.(`session ${ref.id} is being stopped and finishes its last streams`)
  await waitUntilFree(ref.home, serveLock(ref))
}

/** Starts a daemon; returns when it, or one that was faster, is ready. Throws UserError. */
export async function spawnLocked(
  ref: SessionRef,
  options: StartOptions,
  handover: boolean,
): Promise<void> {
  const { env = process.env, script = currentProgram() } = options
  const { revive: revived = false, newToken = false } = options
  const booting = await acquire(ref.home, bootLock(ref))
  try {
    const bootDescriptor = booting.descriptor
    // Where locks cannot be passed on the daemon takes it itself.
    if (bootDescriptor === null) booting.release()
    const inheritance = bootDescriptor === null ? {} : { bootLock: bootDescriptor }
    await knownMeanwhile(ref, async () => {
      const word = await spawnDaemon(ref, {
        ...{ env, script, handover, revived, newToken, inheritance },
      })
      if ('failed' in word) throw new UserError(word.failed.message, word.failed.hint)
    })
  } finally {
    booting.release()
  }
}

/** A session is listed while it starts for the first time; one that could not is forgotten again. */
async function knownMeanwhile(ref: SessionRef, start: () => Promise<void>): Promise<void> {
  const isNew = readText(recordFile(ref)) === null
  if (isNew) await updateRecord(ref, {})
  try {
    await start()
  } catch (thrown) {
    if (isNew) rmSync(recordFile(ref), { force: true })
    throw thrown
  }
}

/** The program of ccr that runs here. */
export function currentProgram(): string {
  return process.argv[1] ?? ''
}

export function unresponsive({ ref, id, pid, logFile: log }: SessionView): UserError {
  return new UserError(
    `session ${id} does not answer: its daemon (pid ${pid ?? 'unknown'}) hangs.`,
    `End it with: ${commandLine(ref, 'stop --force')}\nIts log: ${log}`,
  )
}

/** A client may start the session again unless the user has stopped it, or it crashes every time. */
function admitRevival(ref: SessionRef, spawned: boolean): void {
  if (readRecord(ref).desired === 'stopped') {
    const again = `Start it again with: ${commandLine(ref, 'start')}`
    throw new UserError(`session ${ref.id} was stopped.`, again)
  }
  if (spawned || countCrash(ref, Date.now())) return
  throw new UserError(
    `session ${ref.id} crashed three times in a minute and is left as it is.`,
    `The cause is in its log: ${logFile(ref)}\nThen: ${commandLine(ref, 'start')}`,
  )
}

function started(view: SessionView, already: boolean): Started {
  return { view, already, notes: view.notes }
}

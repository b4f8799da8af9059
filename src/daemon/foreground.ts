/**
 * `ccr start --foreground`: serves the session in this process, for containers and services. After a
 * `ccr restart` a child process serves it; this process then only stays until the session ends, so
 * that the service manager sees it running.
 */
import { commandLine } from '../lib/command-line.ts'
import { makePrivateFolder } from '../lib/files.ts'
import { acquire, isHeld, requestRepair, untilChange, withLock } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import { daemonEnvironment } from '../session/environment.ts'
import type { SessionRef } from '../session/identity.ts'
import type { Env } from '../lib/env.ts'
import { supervisorLock, operationLock, serveLock } from '../session/paths.ts'
import { readRecord, type SessionRecord } from '../session/record.ts'
import { daemonTitle } from '../session/spawn.ts'
import { signalHolders } from '../session/stop.ts'
import { stderrSink } from './log.ts'
import { guardAgainstCrashes, stopOnSignals } from './main.ts'
import { serve, type Serving } from './serve.ts'

/**
 * Serves until the session is stopped or this process gets a signal; returns the exit code. Throws
 * UserError when the session runs already.
 */
export async function serveForeground(
  ref: SessionRef,
  env: Env,
  onReady: (notes: readonly string[]) => void,
): Promise<number> {
  makePrivateFolder(ref.dir)
  const { serving, supervising } = await withLock(ref.home, operationLock(ref), async () => ({
    serving: await begin(ref, env),
    supervising: await acquire(ref.home, supervisorLock(ref)),
  }))
  process.title = daemonTitle(ref)
  guardAgainstCrashes(serving)
  stopOnSignals({
    stop(drainMs) {
      serving.stop(drainMs)
      if (serving.isReplaced) void passOnStop(ref)
    },
  })
  onReady(serving.notes)
  await serving.ended
  const code = serving.isReplaced ? await waitForSuccessors(ref) : 0
  supervising.release()
  return code
}

/** Starts to serve. A daemon that a client started after this service had crashed is replaced. */
async function begin(ref: SessionRef, env: Env): Promise<Serving> {
  const common = { foreground: true, inheritance: {}, sink: stderrSink }
  const options = { ...common, env: daemonEnvironment(ref, env), handover: false }
  const first = await serve(ref, options)
  if (first) return first
  const again = readRecord(ref).standIn ? await serve(ref, { ...options, handover: true }) : null
  if (again) return again
  const stop = `Stop it first: ${commandLine(ref, 'stop')}`
  throw new UserError(`session ${ref.id} is running already.`, stop)
}

/** Waits while a successor of this process serves the session; returns the exit code: 1 after a crash. */
async function waitForSuccessors(ref: SessionRef): Promise<number> {
  if (!(await wholeRecord(ref)).foreground) return 0 // an older ccr has taken the session away
  while ((await isHeld(ref.home, serveLock(ref))) && (await wholeRecord(ref)).foreground) {
    await untilChange(ref.home, serveLock(ref))
  }
  return readRecord(ref).desired === 'stopped' ? 0 : 1
}

/** The record, repaired by its daemon if it was damaged. */
async function wholeRecord(ref: SessionRef): Promise<SessionRecord> {
  await requestRepair(ref.home, serveLock(ref))
  return readRecord(ref)
}

/** Passes a signal to stop on to the process that holds the session's lock: it serves the session now. */
function passOnStop(ref: SessionRef): Promise<void> {
  return signalHolders(ref, 'SIGTERM')
}

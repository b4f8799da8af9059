/** The daemon process: `ccr __daemon [--handover]`, started by `ccr start` and similar commands. */
import { closeSync, writeSync } from 'node:fs'
import { escapeControls } from '../lib/controls.ts'
import { waitUntilFree } from '../lib/lock.ts'
import { type SessionRef, sessionRef } from '../session/identity.ts'
import { inherited } from '../session/inheritance.ts'
import { supervisorLock, logFile } from '../session/paths.ts'
import { daemonTitle, type ReadyMessage, READY_FD } from '../session/spawn.ts'
import { STOP_DRAIN_MS } from './control.ts'
import { fileSink, stderrSink } from './log.ts'
import { createMask } from '../lib/redact.ts'
import { serve, type Serving } from './serve.ts'

/**
 * Runs the daemon of the session that the environment names, to its end, which ends the process.
 * It reports once to the process that started it whether it is ready.
 */
export async function runDaemon(argv: readonly string[]): Promise<void> {
  const ref = sessionRef(process.env)
  process.title = daemonTitle(ref)
  process.on('SIGHUP', () => undefined) // the daemon outlives the terminal that it was started from
  const serving = await serveOrReport(ref, argv)
  if (!serving) process.exit(1)
  guardAgainstCrashes(serving)
  stopOnSignals(serving)
  reportReady({ ready: { pid: process.pid, port: serving.record.port ?? 0 } })
  await serving.ended
  process.exit(0)
}

async function serveOrReport(ref: SessionRef, argv: readonly string[]): Promise<Serving | null> {
  try {
    const foreground = argv.includes('--foreground')
    const serving = await serve(ref, {
      env: process.env,
      handover: argv.includes('--handover'),
      revived: argv.includes('--revived'),
      newToken: argv.includes('--new-token'),
      foreground,
      inheritance: inherited(argv),
      sink: foreground ? stderrSink : fileSink(logFile(ref)),
    })
    if (foreground && serving) void endWithSupervisor(ref, serving)
    if (!serving) reportReady({ served: true })
    return serving
  } catch (thrown) {
    reportReady({ failed: reasonOf(thrown, ref) })
    return null
  }
}

/**
 * Stops the daemon of a `ccr start --foreground` when that process has ended. The wait is given up
 * with the daemon: on macOS a wait without a signal blocks a thread in open(2), which process.exit
 * waits for, so that the daemon would never end.
 */
export function endWithSupervisor(
  ref: SessionRef,
  serving: Pick<Serving, 'stop' | 'ended'>,
): Promise<void> {
  const ended = new AbortController()
  void serving.ended.then(() => ended.abort())
  return waitUntilFree(ref.home, supervisorLock(ref), ended.signal).then((isFree) => {
    if (isFree) serving.stop(STOP_DRAIN_MS)
  })
}

/** The message for the user; the stack of an unforeseen error goes to the log. */
function reasonOf(thrown: unknown, ref: SessionRef): { message: string; hint: string } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if ('hint' in error && typeof error.hint === 'string') {
    return { message: error.message, hint: error.hint }
  }
  const masked = createMask([])(error.stack ?? error.message)
  process.stderr.write(`${escapeControls(masked)}\n`)
  return { message: error.message, hint: `The log has more: ${logFile(ref)}` }
}

/** The process that started this one may have ended by now: then the report is not needed. */
function reportReady(message: ReadyMessage): void {
  try {
    writeSync(READY_FD, `${JSON.stringify(message)}\n`)
    closeSync(READY_FD)
  } catch {
    // The reader is gone.
  }
}

/** SIGTERM and SIGINT stop the session; a second signal cuts running streams. */
export function stopOnSignals(serving: Pick<Serving, 'stop'>): void {
  let signals = 0
  const stop = (): void => {
    signals += 1
    serving.stop(signals > 1 ? 0 : STOP_DRAIN_MS)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** An uncaught error leaves the process in an unknown state: it ends, and a client revives the session. */
export function guardAgainstCrashes({ log }: Serving): void {
  process.on('uncaughtException', (cause) => {
    log.error({ cause }, 'the daemon crashes')
    // With LOG: false this is all that the user will find.
    if (log.isSilent) {
      process.stderr.write(`${escapeControls(log.masked(cause.stack ?? cause.message))}\n`)
    }
    process.exit(1)
  })
}

/** The daemon process: `ccr __daemon [--handover]`, started by `ccr start` and its like. */
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
 * Its first and only word to whoever started it says whether it is ready.
 */
export async function runDaemon(argv: readonly string[]): Promise<void> {
  const ref = sessionRef(process.env)
  process.title = daemonTitle(ref)
  process.on('SIGHUP', () => undefined) // the terminal it was started from is no concern of ours
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

/** The words for the user; of an error that was not foreseen the log gets the stack. */
function reasonOf(thrown: unknown, ref: SessionRef): { message: string; hint: string } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if ('hint' in error && typeof error.hint === 'string') {
    return { message: error.message, hint: error.hint }
  }
  const masked = createMask([])(error.stack ?? error.message)
  process.stderr.write(`${escapeControls(masked)}\n`)
  return { message: error.message, hint: `The log has more: ${logFile(ref)}` }
}

/** Whoever started us may be gone by now: then nobody needs the word. */
function reportReady(word: ReadyMessage): void {
  try {
    writeSync(READY_FD, `${JSON.stringify(word)}\n`)
    closeSync(READY_FD)
  } catch {
    // Told nobody.
  }
}

/** SIGTERM and SIGINT stop the session; asked twice, at once. */
export function stopOnSignals(serving: Pick<Serving, 'stop'>): void {
  let signals = 0
  const stop = (): void => {
    signals += 1
    serving.stop(signals > 1 ? 0 : STOP_DRAIN_MS)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** An error that nobody caught leaves the process in an unknown state: it ends, and is revived. */
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

/** A child process with all that it starts: they end together. */
import type { ChildProcess } from 'node:child_process'

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000

/** Where there are process groups the child must have been started `detached`. */
export const GROUPS = process.platform !== 'win32'

/** Signals the child's whole group; one that is gone already is no error. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (GROUPS) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // Nobody is left.
  }
}

/**
 * Ends the group when `signal` is aborted: SIGTERM, later SIGKILL. Call what it gives when the
 * child itself has ended; what it left behind in its group then goes too.
 */
export function endWith(child: ChildProcess, signal: AbortSignal): () => void {
  let hard: NodeJS.Timeout | undefined
  const end = (): void => {
    signalGroup(child, 'SIGTERM')
    hard = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return () => {
    clearTimeout(hard)
    signal.removeEventListener('abort', end)
    if (GROUPS) signalGroup(child, 'SIGKILL')
  }
}

/**
 * How the child ended; resolves also when a process that left its group keeps its pipes open.
 * Rejects when it cannot be started.
 */
export function endOf(child: ChildProcess, ended: () => void): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      ended()
      reject(error)
    })
    child.once('exit', (code) => {
      ended()
      const late = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, GRACE_MS)
      child.once('close', () => {
        clearTimeout(late)
        resolve(code)
      })
    })
  })
}

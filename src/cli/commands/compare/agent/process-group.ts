/** Ends a child process together with all processes that it has started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { programFile } from '../../../../lib/program.ts'

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000

/** Whether the platform has process groups; the child must then be started `detached`. */
export const GROUPS = process.platform !== 'win32'

/** Sends a signal to the child's group; a group that has already ended is no error. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  if (!GROUPS) {
    endTree(child)
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has already ended.
  }
}

/**
 * Ends a child with all that it has started, on Windows. That is known only while the child lives, so
 * it ends last.
 */
function endTree(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  const args = ['/pid', String(child.pid), '/t', '/f']
  const ending = spawn(programFile('taskkill'), args, { stdio: 'ignore', windowsHide: true })
  ending.once('error', () => child.kill())
  ending.once('exit', () => child.kill())
}

/**
 * Ends the group when `signal` is aborted: SIGTERM, later SIGKILL. Returns a function to call when the
 * child has ended, which ends the rest of its group.
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
 * The exit code of the child. Resolves even if a process outside its group keeps its pipes open. Rejects
 * if the child cannot be started.
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

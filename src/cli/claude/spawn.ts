/** Runs the claude child on the user's terminal: forwards signals and returns its exit code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { ClaudeError, type Executable } from './find.ts'

/** Signals that a terminal also sends to the child, but `kill` sends only to the launcher. */
const SHARED = ['SIGINT', 'SIGQUIT'] as const
/** How long to wait for the child to react to its own signal before the launcher's is forwarded. */
const SHARED_LIMIT_MS = 1_000
/** Signals that only the launcher receives. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const

export interface ChildRun {
  readonly executable: Executable
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** `closed`: empty; otherwise the standard input of the launcher. */
  readonly input?: 'own' | 'closed'
  /** Ends the child like SIGTERM. */
  readonly signal?: AbortSignal
  /** The program that sets the parent-death signal; by default that of the system. */
  readonly setpriv?: string
}

/**
 * Runs the program with unchanged arguments and resolves with its exit code, or 128+N if signal N
 * ended it. Rejects with ClaudeError if it cannot be started.
 */
export async function runChild(run: ChildRun): Promise<number> {
  const { executable, argv, env, input, signal, setpriv } = run
  const prefix = dieWithParent(setpriv)
  const command = [...prefix, executable.file, ...executable.args, ...argv]
  let watch: ChildProcess | null = null
  let child: ChildProcess | undefined
  let passing: NodeJS.Timeout | undefined
  const forward = (signal: NodeJS.Signals): void => void child?.kill(signal)
  const end = (): void => forward('SIGTERM')
  const passLater = (signal: NodeJS.Signals): void => {
    passing ??= setTimeout(() => {
      passing = undefined
      forward(signal)
    }, SHARED_LIMIT_MS)
  }
  for (const name of SHARED) process.on(name, passLater)
  for (const name of FORWARDED) process.on(name, forward)
  let unlisten = (): void => undefined
  try {
    const stdin = input === 'closed' ? 'ignore' : 'inherit'
    child = spawn(command[0] ?? '', command.slice(1), { stdio: [stdin, 'inherit', 'inherit'], env })
    unlisten = onAbort(signal, end)
    if (prefix.length === 0) watch = watchOver(child)
    return await exitCode(child)
  } catch (cause) {
    throw cannotStart(executable.file, cause as NodeJS.ErrnoException)
  } finally {
    watch?.kill('SIGKILL')
    clearTimeout(passing)
    for (const name of SHARED) process.off(name, passLater)
    for (const name of FORWARDED) process.off(name, forward)
    unlisten()
  }
}

/** Calls `end` when the signal is aborted, even if it already is. Returns a function that stops listening. */
function onAbort(signal: AbortSignal | undefined, end: () => void): () => void {
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  return () => signal?.removeEventListener('abort', end)
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
    })
  })
}

function cannotStart(file: string, cause: NodeJS.ErrnoException): ClaudeError {
  const missing = cause.code === 'ENOENT'
  const hint =
    cause.code === 'E2BIG'
      ? 'The arguments are too long for this system: pass the prompt on stdin or in a file.'
      : `Check whether it runs: ${file} --version`
  return new ClaudeError(`cannot start '${file}': ${cause.message}`, missing ? 127 : 126, hint)
}

const SETPRIV = '/usr/bin/setpriv'

/**
 * A command prefix that makes the kernel send SIGTERM to the child when the launcher is killed (Linux
 * with util-linux 2.33 or newer; elsewhere empty). Other versions of setpriv lack the option. Searching
 * the file for it is cheaper than running it.
 */
export function dieWithParent(setpriv = SETPRIV): string[] {
  if (process.platform !== 'linux') return []
  try {
    return readFileSync(setpriv).includes('pdeathsig') ? [setpriv, '--pdeathsig', 'TERM', '--'] : []
  } catch {
    return []
  }
}

/**
 * Where the kernel has no parent-death signal, a shell watches: it reads from a pipe that closes when
 * the launcher ends, and then ends the child. Null on Windows, which has neither.
 */
function watchOver(child: ChildProcess): ChildProcess | null {
  if (process.platform === 'win32' || child.pid === undefined) return null
  const script = 'read -r _; kill -TERM "$1"'
  const watch = spawn('/bin/sh', ['-c', script, 'ccr-watch', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // signals of the terminal must not reach it
  })
  watch.on('error', () => undefined)
  watch.stdin.on('error', () => undefined)
  watch.unref()
  return watch
}

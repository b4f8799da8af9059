/** The claude child: started on the user's own terminal, signals passed on, its exit code given. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { ClaudeError, type Executable } from './find.ts'

/** A terminal sends these to the child itself; a `kill` of the launcher does not. */
const SHARED = ['SIGINT', 'SIGQUIT'] as const
/** A child that got its own signal has ended by then, or begun to; else it gets the launcher's. */
const SHARED_LIMIT_MS = 1_000
/** These reach only the launcher. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const

export interface ChildRun {
  readonly executable: Executable
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** `closed`: at its end from the start; else that of the launcher. */
  readonly input?: 'own' | 'closed'
  /** Ends the child, as SIGTERM does. */
  readonly signal?: AbortSignal
  /** The program that sets the parent-death signal; that of the system when absent. */
  readonly setpriv?: string
}

/**
 * Runs the program with the arguments untouched and resolves with its exit code, 128+N when
 * signal N ended it. Rejects with ClaudeError when it cannot be started.
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

/** Calls `end` when the signal is aborted, also if it was before; call what is given back to hear no more. */
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
      ? 'The arguments are too long for this system: give the prompt by stdin or in a file.'
      : `Does it run by itself? Try: ${file} --version`
  return new ClaudeError(`cannot start '${file}': ${cause.message}`, missing ? 127 : 126, hint)
}

const SETPRIV = '/usr/bin/setpriv'

/**
 * What to put before the command so that the child gets SIGTERM when the launcher is killed hard
 * (Linux with util-linux 2.33 or newer; elsewhere nothing). The kernel watches, no process does.
 * Older and other setprivs lack the option, hence the look into the file: it costs less than a run.
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
 * Where no kernel watches a shell does: it reads a pipe that only the launcher has, so its end is
 * the launcher's, and then it ends the child. Null on Windows, which has neither.
 */
function watchOver(child: ChildProcess): ChildProcess | null {
  if (process.platform === 'win32' || child.pid === undefined) return null
  const script = 'read -r _; kill -TERM "$1"'
  const watch = spawn('/bin/sh', ['-c', script, 'ccr-watch', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // what the terminal sends to the launcher is not meant for it
  })
  watch.on('error', () => undefined)
  watch.stdin.on('error', () => undefined)
  watch.unref()
  return watch
}

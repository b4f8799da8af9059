/** Starts a daemon process and waits until it reports that it is ready, or why it is not. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileFault } from '../lib/file-fault.ts'
import { fileSize, makePrivateFolder, readEnd } from '../lib/files.ts'
import { UserError } from '../lib/user-error.ts'
import { within } from '../lib/within.ts'
import { daemonEnvironment } from './environment.ts'
import type { SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { type Inheritance, passOn } from './inheritance.ts'
import { logFile } from './paths.ts'

/** Why a daemon could not start, and what to do about it. */
export interface Failure {
  readonly message: string
  readonly hint: string
}

/** What a daemon writes, once, on the pipe it was started with: one line of JSON. */
export type ReadyMessage =
  | { readonly ready: { readonly pid: number; readonly port: number } }
  | { readonly failed: Failure }
  /** Another daemon serves the session already. */
  | { readonly served: true }

export interface SpawnOptions {
  /** The environment of the command. */
  readonly env: Env
  /** The program of ccr, as in `node SCRIPT`. */
  readonly script: string
  /** The Node that runs it; this process's own when absent. */
  readonly node?: string
  /** True to take over from a running daemon, which goes on until the new one could start. */
  readonly handover: boolean
  /** True for a client whose daemon crashed. */
  readonly revived?: boolean
  /** True to give the session another token. */
  readonly newToken?: boolean
  /** True to log where this process does: to the stderr of a `ccr start --foreground`. */
  readonly foreground?: boolean
  readonly inheritance: Inheritance
}

/**
 * How V8 works in a daemon. Collection on one thread: with several, a short collection of a small
 * heap is mostly threads waking each other, and a hundred daemons have as many pools. Young objects
 * in at most 8 MiB: a request is garbage as soon as it is answered. Collection on demand, so that
 * the daemon can give memory back. And no optimizing of undici's parser (one huge function of
 * WebAssembly: 150 ms, 10 MiB) for a session that is asked a few times. Measured:
 * docs/performance.md.
 */
const V8_FLAGS = [
  '--single-threaded-gc',
  '--max-semi-space-size=8',
  '--expose-gc',
  '--wasm-tiering-budget=1000000000',
]

const STDERR_FD = 2
/** The descriptor, in the daemon, of the pipe for its ready message. */
export const READY_FD = 3
/** Long enough for a hundred at once on a small machine. */
export const READY_LIMIT_MS = 60_000

/**
 * Starts a daemon, detached from this process and its terminal, and waits until it is ready or has
 * failed; one that is neither within READY_LIMIT_MS is ended. Throws UserError with the daemon's
 * own reason, or the end of its log when it gave none.
 */
export async function spawnDaemon(ref: SessionRef, options: SpawnOptions): Promise<ReadyMessage> {
  makePrivateFolder(ref.dir)
  const logged = fileSize(logFile(ref))
  const child = launch(ref, options)
  const line = (await within(firstLine(child), READY_LIMIT_MS)) ?? tooLate(child)
  child.unref()
  pipeOf(child)?.destroy()
  if (line.text !== '') return JSON.parse(line.text) as ReadyMessage
  throw new UserError(
    `the daemon of session ${ref.id} did not start: ${line.end}.`,
    lastWords(ref, logged),
  )
}

function launch(ref: SessionRef, options: SpawnOptions): ChildProcess {
  const { env, script, node = process.execPath, inheritance } = options
  const log = openLog(ref)
  try {
    const passed = passOn(inheritance, READY_FD + 1)
    const named = (['handover', 'revived', 'foreground'] as const).filter((name) => options[name])
    const newToken = options.newToken ? ['--new-token'] : []
    const flags = [...named.map((name) => `--${name}`), ...newToken, ...passed.args]
    const output = options.foreground ? STDERR_FD : log
    return spawn(node, [...V8_FLAGS, script, '__daemon', ...flags, '--', daemonTitle(ref)], {
      cwd: ref.dir,
      env: daemonEnvironment(ref, env),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output, 'pipe', ...passed.stdio],
    })
  } catch (cause) {
    // Node throws what it does not tell by an event, such as ENOMEM.
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `the daemon of session ${ref.id} did not start: ${why}.`,
      'The machine may have too little memory, or too many processes.',
      cause,
    )
  } finally {
    closeSync(log)
  }
}

function openLog(ref: SessionRef): number {
  const file = logFile(ref)
  try {
    return openSync(file, 'a', 0o600)
  } catch (cause) {
    throw fileFault('write', file, cause)
  }
}

/** How the daemon is called in `ps`. */
export function daemonTitle({ id, preference }: SessionRef): string {
  const plain = preference.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 200)
  return `ccr daemon ${id} ${plain}`.trimEnd()
}

interface Line {
  readonly text: string
  /** How the daemon ended, when it sent nothing. */
  readonly end: string
}

/** The daemon's message, or how it ended without one. The pipe closes when the daemon ends. */
async function firstLine(child: ChildProcess): Promise<Line> {
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `it ended with exit code ${code ?? 0}` : `${signal} ended it`)
    })
    child.once('error', (error) => resolve(error.message))
  })
  const pipe = pipeOf(child)
  const text = pipe ? await firstText(pipe) : ''
  return text === '' ? { text, end: await ended } : { text, end: '' }
}

/** The first line of a stream; '' when it ends or breaks before. */
async function firstText(pipe: Readable): Promise<string> {
  let text = ''
  pipe.setEncoding('utf8')
  try {
    for await (const part of pipe as AsyncIterable<string>) {
      text += part
      if (text.endsWith('\n')) return text
    }
  } catch {
    // How the process ended says more.
  }
  return ''
}

function tooLate(child: ChildProcess): Line {
  child.kill('SIGKILL')
  return { text: '', end: `it was not ready after ${READY_LIMIT_MS / 1000} s` }
}

/** Null where too many files are open: Node gives a child without any then, and an error (EMFILE). */
function pipeOf(child: ChildProcess): Readable | null {
  const pipe = (child.stdio as ChildProcess['stdio'] | undefined)?.[READY_FD]
  return pipe && 'setEncoding' in pipe ? pipe : null
}

const LAST_LINES = 15

/** What the daemon wrote to its log since it was started, shortened to the end. */
function lastWords(ref: SessionRef, logged: number): string {
  const lines = readEnd(logFile(ref), logged, 16_384).trimEnd().split('\n').slice(-LAST_LINES)
  return [`The end of its log, ${logFile(ref)}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}

/**
 * The log of a session: one JSON object a line, written at once, so that the line before a crash
 * is there. An own writer because pino costs a session 7.5 MB and 14 ms (docs/decisions/0005-log.md).
 */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  openSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { escapeControls } from '../lib/controls.ts'
import type { Logger } from '../lib/log.ts'
import { type Mask, plain } from '../lib/redact.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** Where lines go. */
export interface Sink {
  write(line: string): void
  close(): void
}

export interface LogOptions {
  /** The least serious level that is written. */
  readonly level: LogLevel
  readonly mask: Mask
  /** Milliseconds since 1970; the clock of the machine when absent. */
  readonly now?: () => number
}

export function createLog(sink: Sink, { level, mask, now = Date.now }: LogOptions): Logger {
  const least = LEVELS.indexOf(level)
  const at =
    (name: LogLevel) =>
    (fields: object, message: string): void => {
      if (LEVELS.indexOf(name) < least) return
      const head = { time: new Date(now()).toISOString(), level: name, msg: message }
      const line = mask(JSON.stringify({ ...head, ...(plain(fields) as object) }))
      sink.write(`${escapeControls(line)}\n`)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The size at which a log begins anew, in bytes; one older file is kept as `FILE.1`. */
export const LOG_LIMIT = 10 * 1024 * 1024

/**
 * Appends to a file. When it is full its content is copied away and the file cut to nothing rather
 * than renamed: what the runtime itself prints in a crash goes to the same open file.
 */
export function fileSink(file: string, limit = LOG_LIMIT): Sink {
  const fd = openSync(file, 'a', 0o600)
  let size = fstatSync(fd).size
  const rotate = (): void => {
    quietly(() => copyFileSync(file, `${file}.1`))
    // Windows cuts no file through a handle that may only append.
    if (process.platform === 'win32') truncateSync(file)
    else ftruncateSync(fd)
    size = 0
  }
  return {
    write: (line) => {
      // A full disk must not end the session.
      quietly(() => {
        if (size > limit) rotate()
        size += writeSync(fd, line)
      })
    },
    close: () => quietly(() => closeSync(fd)),
  }
}

/** Standard error, for a daemon in the foreground. */
export const stderrSink: Sink = {
  write: (line) => quietly(() => void process.stderr.write(line)),
  close: () => undefined,
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // There is nowhere left to tell it.
  }
}

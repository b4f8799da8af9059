/**
 * The output streams of all commands. Control characters in everything that is written are escaped, so
 * that no command can forget it. Sequences of ccr itself pass, because `control` marks them with a
 * random number that is not known to others.
 */
import { randomInt } from 'node:crypto'
import { escapeControls } from '../../lib/controls.ts'
import type { Io, Output } from '../command.ts'

/** The Io of a command with safe streams. */
export function safeIo(io: Io): Io {
  const { stdout, stderr } = io
  return { ...io, stdout: safeOutput(stdout), stderr: safeOutput(stderr) }
}

/** A stream that passes only marked control sequences. */
export function safeOutput(out: Output): Output {
  if (out.control) return out
  const mark = newMark()
  return {
    write: (text) => out.write(passed(text, mark)),
    control: (sequence) => sequence.replaceAll('\u001b[', mark),
    get isTTY() {
      return out.isTTY === true
    },
    get columns() {
      return out.columns
    },
    get rows() {
      return out.rows
    },
    on: (event, listener) => out.on?.(event, listener),
    off: (event, listener) => out.off?.(event, listener),
  }
}

/**
 * The start of a control sequence with additional parameters. It is still a valid sequence, so that
 * functions that measure the width of a text ignore it.
 */
function newMark(): string {
  const number = (): string => String(randomInt(1000, 10_000))
  return `\u001b[${number()};${number()};${number()};`
}

function passed(text: string, mark: string): string {
  return text.split(mark).map(escapeControls).join('\u001b[')
}

/** Marks a control sequence of ccr for this stream. */
export function control(out: Output, sequence: string): string {
  return out.control?.(sequence) ?? sequence
}

/** Marks the colours of a text that cannot contain untrusted sequences: the status line. */
export function coloursOf(out: Output, text: string): string {
  const [first = '', ...sequences] = text.split('\u001b[')
  const passed = sequences.map((sequence) =>
    /^[\d;]{0,64}m/.test(sequence) ? control(out, '\u001b[') + sequence : `\u001b[${sequence}`,
  )
  return [first, ...passed].join('')
}

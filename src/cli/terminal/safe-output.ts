/**
 * The way out of every command: whatever is written leaves with its control characters escaped,
 * whoever wrote it, so that no command can forget it. What ccr itself draws passes: `control` marks
 * it with a number that nobody else knows.
 */
import { randomInt } from 'node:crypto'
import { escapeControls } from '../../lib/controls.ts'
import type { Io, Output } from '../command.ts'

/** The Io of a command, whose streams are safe. */
export function safeIo(io: Io): Io {
  const { stdout, stderr } = io
  return { ...io, stdout: safeOutput(stdout), stderr: safeOutput(stderr) }
}

/** A stream that lets only marked control sequences through. */
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
 * The beginning of a control sequence with parameters of its own in front. It still is one, so that
 * whoever measures the width of a text passes over it.
 */
function newMark(): string {
  const number = (): string => String(randomInt(1000, 10_000))
  return `\u001b[${number()};${number()};${number()};`
}

function passed(text: string, mark: string): string {
  return text.split(mark).map(escapeControls).join('\u001b[')
}

/** A control sequence of ccr, or a text that is nothing but its own, for this stream. */
export function control(out: Output, sequence: string): string {
  return out.control?.(sequence) ?? sequence
}

/** The text with its colours, where others could put in nothing: the status line. */
export function coloursOf(out: Output, text: string): string {
  const [first = '', ...sequences] = text.split('\u001b[')
  const passed = sequences.map((sequence) =>
    /^[\d;]{0,64}m/.test(sequence) ? control(out, '\u001b[') + sequence : `\u001b[${sequence}`,
  )
  return [first, ...passed].join('')
}

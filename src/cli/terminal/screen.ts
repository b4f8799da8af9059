/** Draws on the alternate screen of the terminal, which is left unchanged when the screen is closed. */
import type { Output } from '../command.ts'
import { control } from './safe-output.ts'

/** The size of a terminal, in cells and lines. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J'
const LEAVE = '\x1b[?25h\x1b[?1049l'
/** Synchronized output: terminals that support it show the whole frame at once; others ignore it. */
const BEGIN = '\x1b[?2026h'
const END = '\x1b[?2026l'

const EVERY_MS = 80

export interface Screen {
  /** Stops drawing and restores the terminal. */
  close(): void
}

/**
 * Draws the result of `frame` repeatedly. Only changed lines are written, to avoid flickering; after a
 * resize, all lines are.
 */
export function openScreen(out: Output, frame: (size: Size) => readonly string[]): Screen {
  let shown: readonly string[] = []
  let open = true
  const marked = (sequence: string): string => control(out, sequence)
  const draw = (): void => {
    const lines = frame(sizeOf(out))
    const changed = lines.flatMap((line, n) =>
      line === shown[n] ? [] : [`${marked(`\x1b[${n + 1};1H`)}${line}${marked('\x1b[0m\x1b[K')}`],
    )
    shown = lines
    if (changed.length > 0) out.write(`${marked(BEGIN)}${changed.join('')}${marked(END)}`)
  }
  const resized = (): void => {
    shown = []
    out.write(marked('\x1b[2J'))
    draw()
  }
  const close = (): void => {
    if (!open) return
    open = false
    clearInterval(timer)
    out.off?.('resize', resized)
    process.off('exit', close)
    out.write(marked(LEAVE))
  }
  // Restores the terminal even after an unexpected error.
  process.on('exit', close)
  out.write(marked(ENTER))
  out.on?.('resize', resized)
  const timer = setInterval(draw, EVERY_MS)
  timer.unref()
  draw()
  return { close }
}

/** Whether the stream is a terminal with cursor control. */
export function canDraw(out: Output, env: Readonly<Record<string, string | undefined>>): boolean {
  return out.isTTY === true && env['TERM'] !== 'dumb'
}

function sizeOf({ columns, rows }: Output): Size {
  return { columns: columns || 80, rows: rows || 24 }
}

/** Lays out answers side by side, or stacked if there is no room (pure). */
import { withoutEnd } from '../../../lib/trim.ts'
import { clipped, padded, wrapped } from '../../../lib/width.ts'
import { harmless } from '../../terminal/untrusted-text.ts'
import type { Paint } from '../../terminal/output.ts'
import type { Size } from '../../terminal/screen.ts'

/** One model's part of the screen. */
export interface Panel {
  /** On one line. */
  readonly title: string
  /** The raw text; it is sanitized here. */
  readonly text: string
  /** One line about the progress. */
  readonly progress: string
}

/** The narrowest readable column, in cells. */
const NARROWEST = 32
const GAP = ' │ '

/** The width of `count` columns side by side; null if they do not fit. */
export function columnWidth(count: number, columns: number): number | null {
  const width = Math.floor((columns - GAP.length * (count - 1)) / count)
  return width >= NARROWEST ? width : null
}

/** The complete answers, for a terminal with this many columns. */
export function wholePanels(panels: readonly Panel[], columns: number, paint: Paint): string {
  const width = columnWidth(panels.length, columns)
  if (width === null) return panels.map((panel) => section(panel, paint)).join('\n')
  const parts = panels.map(({ text }) => linesOf(text, width))
  const lines = Math.max(...parts.map((part) => part.length))
  return [
    beside(
      panels.map(({ title }) => title),
      width,
      (text) => paint('bold', text),
    ),
    '─'.repeat(width * panels.length + GAP.length * (panels.length - 1)),
    ...row(lines).map((n) =>
      beside(
        parts.map((part) => part[n] ?? ''),
        width,
      ),
    ),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** An answer under its heading, with its lines unchanged. */
export function section({ title, text }: Panel, paint: Paint): string {
  const body = withoutEnd(harmless(text), '\n')
  return `${paint('bold', `== ${title} ==`)}\n${body === '' ? '' : `${body}\n`}`
}

/** One screen: the end of each answer, and the progress of all below. */
export function screenful(panels: readonly Panel[], size: Size, paint: Paint): string[] {
  const progress = panels.map((panel) => clipped(panel.progress, size.columns))
  const room = size.rows - progress.length - 1
  const rule = paint('dim', '─'.repeat(Math.max(0, size.columns)))
  const body = room < 3 ? [] : answers(panels, { columns: size.columns, rows: room }, paint)
  const filled = [...body, ...Array<string>(Math.max(0, room - body.length)).fill('')]
  return [...filled, rule, ...progress].slice(-size.rows)
}

function answers(panels: readonly Panel[], size: Size, paint: Paint): string[] {
  const width = columnWidth(panels.length, size.columns)
  if (width === null) return stacked(panels, size, paint)
  const height = size.rows - 2
  const parts = panels.map(({ text }) => ending(text, { columns: width, rows: height }))
  return [
    beside(
      panels.map(({ title }) => title),
      width,
      (text) => paint('bold', text),
    ),
    paint('dim', '─'.repeat(width * panels.length + GAP.length * (panels.length - 1))),
    ...row(height).map((n) =>
      beside(
        parts.map((part) => part[n] ?? ''),
        width,
      ),
    ),
  ]
}

function stacked(panels: readonly Panel[], { columns, rows }: Size, paint: Paint): string[] {
  const height = Math.floor(rows / panels.length)
  if (height < 2) return []
  return panels.flatMap(({ title, text }) => {
    const part = ending(text, { columns, rows: height - 1 })
    const space = Array<string>(height - 1 - part.length).fill('')
    return [paint('bold', clipped(`== ${title} ==`, columns)), ...part, ...space]
  })
}

function beside(
  cells: readonly string[],
  width: number,
  paint: (text: string) => string = (text) => text,
): string {
  return cells.map((cell) => paint(padded(clipped(cell, width), width))).join(GAP)
}

function row(count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, n) => n)
}

function linesOf(text: string, width: number): string[] {
  return withoutEnd(harmless(text), '\n')
    .split('\n')
    .flatMap((line) => wrapped(line, width))
}

/** The last lines of a text. Only the end of a long text is processed. */
function ending(text: string, { columns, rows }: Size): string[] {
  const enough = columns * rows * 4
  const lines = linesOf(text.length > enough ? text.slice(-enough) : text, columns)
  return lines.slice(-rows)
}

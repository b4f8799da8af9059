/** Tables: fitted to the width of the terminal, complete in a pipe. */
import { clipped, cutInMiddle, padded, widthOf } from '../../lib/width.ts'
import type { Io } from '../command.ts'
import { type Colour, type Paint, painter } from './output.ts'

export interface Column {
  readonly heading: string
  /** `end` for numbers. */
  readonly align?: 'start' | 'end'
  /** Where a long text is shortened; columns without it are shown whole or not at all. */
  readonly cut?: 'middle' | 'end'
  /** If there is no room, the column with the highest number is dropped first; one without a number stays. */
  readonly spare?: number
}

/** A text without control characters, or a text in a colour. */
export type Cell = string | readonly [Colour, string]

export interface TableStyle {
  readonly paint: Paint
  /** Width of the terminal in cells; null in a pipe. */
  readonly width: number | null
}

const GAP = 2
/** The narrowest that a column is cut to, in cells. */
const NARROWEST = 12
const USUAL_WIDTH = 80

/** The style of tables on this stream. */
export function tableStyle({ stdout, env }: Pick<Io, 'stdout' | 'env'>): TableStyle {
  return { paint: painter(stdout, env), width: terminalWidth(stdout) }
}

/** The width of the terminal in cells; null in a pipe. */
export function terminalWidth({ isTTY, columns }: Io['stdout']): number | null {
  return isTTY === true ? columns || USUAL_WIDTH : null
}

/** Renders rows under headings, each on one line. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { paint, width }: TableStyle,
): string {
  const natural = columns.map(({ heading }, n) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(textOf(row[n])))),
  )
  const shown = fitting(columns, natural, width)
  const line = (row: readonly Cell[]): string => {
    const cells = shown.map(({ column, index, cells: room }) => inCell(row[index], column, room))
    const plain = cells.map(([, text]) => text).join(' '.repeat(GAP))
    if (width !== null && widthOf(plain.trimEnd()) > width) return clipped(plain, width)
    const last = cells.length - 1
    return cells
      .map(([colour, text], n) => {
        const whole = n === last ? text.trimEnd() : text
        return colour === undefined || whole === '' ? whole : paint(colour, whole)
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  }
  const head = paint('dim', line(columns.map(({ heading }) => heading)))
  return [head, ...rows.map(line)].map((text) => `${text}\n`).join('')
}

interface Shown {
  readonly column: Column
  readonly index: number
  /** The width of the column, in cells. */
  readonly cells: number
}

/** The columns that fit, with their widths. */
function fitting(
  columns: readonly Column[],
  natural: readonly number[],
  width: number | null,
): Shown[] {
  let shown = columns.map((column, index): Shown => ({ column, index, cells: natural[index] ?? 0 }))
  if (width === null) return shown
  for (;;) {
    const over = sum(shown) - width
    if (over <= 0) return shown
    const slack = shown.reduce((total, one) => total + slackOf(one), 0)
    const least = leastNeeded(shown)
    if (slack >= over || least === undefined) return narrowed(shown, over)
    shown = shown.filter((one) => one !== least)
  }
}

function sum(shown: readonly Shown[]): number {
  return shown.reduce((total, { cells }) => total + cells, GAP * Math.max(0, shown.length - 1))
}

function slackOf({ column, cells }: Shown): number {
  return column.cut === undefined ? 0 : Math.max(0, cells - NARROWEST)
}

function leastNeeded(shown: readonly Shown[]): Shown | undefined {
  const spare = shown.filter(({ column }) => column.spare !== undefined)
  return spare.sort((a, b) => (b.column.spare ?? 0) - (a.column.spare ?? 0))[0]
}

/** Shortens the widest columns until `over` cells are saved or no column can be shortened. */
function narrowed(shown: readonly Shown[], over: number): Shown[] {
  const widths = shown.map(({ cells }) => cells)
  for (let left = over; left > 0; left -= 1) {
    const slacks = shown.map((one, n) => slackOf({ ...one, cells: widths[n] ?? 0 }))
    const most = Math.max(...slacks)
    if (most <= 0) break
    const at = slacks.indexOf(most)
    widths[at] = (widths[at] ?? 0) - 1
  }
  return shown.map((one, n) => ({ ...one, cells: widths[n] ?? 0 }))
}

function textOf(cell: Cell = ''): string {
  return typeof cell === 'string' ? cell : cell[1]
}

function inCell(
  cell: Cell | undefined,
  { cut, align }: Column,
  room: number,
): [Colour | undefined, string] {
  const text = cut === 'middle' ? cutInMiddle(textOf(cell), room) : clipped(textOf(cell), room)
  const colour = typeof cell === 'object' ? cell[0] : undefined
  return [colour, padded(text, room, align === 'end' ? 'start' : 'end')]
}

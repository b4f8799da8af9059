import { padded, widthOf } from '../../lib/width.ts'
import type { Paint } from '../output.ts'

export interface Column {
  readonly heading: string
  /** `end` for numbers. */
  readonly align?: 'start' | 'end'
}

/** Rows under headings; the cells are padded to the width that a terminal gives them. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const widths = columns.map(({ heading }, n) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[n] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align = 'start' }, n) =>
        padded(row[n] ?? '', widths[n] ?? 0, align === 'end' ? 'start' : 'end'),
      )
      .join('  ')
      .trimEnd()
  const head = paint('dim', line(columns.map(({ heading }) => heading)))
  return [head, ...rows.map(line)].map((text) => `${text}\n`).join('')
}

/** A table of plain text. */

/** Columns as wide as their widest cell; the last one is not padded. */
export function displayTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, n) =>
    Math.max(title.length, ...rows.map((row) => row[n]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells.map((cell, n) => (n === head.length - 1 ? cell : cell.padEnd(widths[n] ?? 0))).join('  ')
  return [head, ...rows].map((row) => `${line(row)}\n`).join('')
}

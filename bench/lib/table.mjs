/** Prints rows of cells in columns. */
export function printTable(rows, log = console.log) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((cells) => String(cells[at]).length)))
  for (const cells of rows) {
    const line = cells.map((cell, at) => String(cell).padEnd(widths[at])).join('  ')
    log(line.trimEnd())
  }
}

/** The same as a table of Markdown; the first row holds the headings. */
export function markdown([heads, ...rows]) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Draws the graphs of the soak test. */
const HEIGHT = 8

/** Values as a graph of characters, one column each. */
export function graph(values) {
  const most = Math.max(...values, 1)
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const from = (most * (HEIGHT - 1 - row)) / HEIGHT
    const cells = values.map((value) => (value > from ? '#' : ' ')).join('')
    return `${(from + most / HEIGHT).toFixed(0).padStart(5)} |${cells.trimEnd()}`
  })
  return [...rows, `    0 +${'-'.repeat(values.length)}`].join('\n')
}

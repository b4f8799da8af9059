/** Draws terminal windows as one SVG, which loads nothing: no font, no script, no picture. */

/** Pixels: a cell of the terminal, the border of a window, its title bar, the gap between windows. */
const CELL = { width: 8.4, height: 18, font: 14 }
const PADDING = 14
const TITLE = 30
const GAP = 16

const TEXT = '#d8dee9'
const BACKGROUND = '#1b1f27'

/** The terminal's 16 colours; the other 240 of the palette are not used by what is drawn here. */
const PALETTE = (
  '#3b4252 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d8dee9 ' +
  '#7f8896 #ff7a85 #b5e890 #ffd88a #82c7ff #e39bf5 #7fdbe6 #ffffff'
).split(' ')

/**
 * Rows of windows, each `{ title, columns, rows }`, as an SVG; `rows` are those of `inTerminal`.
 * `label` is read out by screen readers in place of the picture.
 */
export function svg(label, lines) {
  let y = 0
  let width = 0
  const drawn = []
  for (const windows of lines) {
    const height = Math.max(...windows.map(heightOf))
    let x = 0
    for (const window of windows) {
      drawn.push(frame(window, { x, y, height }))
      x += widthOf(window) + GAP
    }
    width = Math.max(width, x - GAP)
    y += height + GAP
  }
  const size = `${fixed(width)} ${fixed(y - GAP)}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${fixed(width)}" role="img" aria-label="${escaped(label)}">
<style>text{font:${CELL.font}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:${TEXT};white-space:pre}.b{font-weight:bold}.i{font-style:italic}.d{opacity:.6}</style>
${drawn.join('\n')}
</svg>
`
}

const widthOf = ({ columns }) => columns * CELL.width + 2 * PADDING
const heightOf = ({ rows }) => rows.length * CELL.height + TITLE + 2 * PADDING

function frame(window, { x, y, height }) {
  const width = widthOf(window)
  const dots = ['#e06c75', '#e5c07b', '#98c379'].map(
    (colour, n) => `<circle cx="${16 + n * 16}" cy="${TITLE / 2}" r="5" fill="${colour}"/>`,
  )
  const rows = window.rows.map((runs, n) => row(runs, TITLE + PADDING + n * CELL.height))
  return [
    `<g transform="translate(${fixed(x)} ${fixed(y)})">`,
    `<rect width="${fixed(width)}" height="${fixed(height)}" rx="8" fill="${BACKGROUND}"/>`,
    `<path d="M0 ${TITLE}H${fixed(width)}" stroke="#3b4252"/>`,
    dots.join(''),
    `<text x="${fixed(width / 2)}" y="20" text-anchor="middle" class="d">${escaped(window.title)}</text>`,
    ...rows,
    '</g>',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function row(runs, top) {
  const backs = runs
    .filter(({ style }) => style.background !== undefined)
    .map(({ text, style, x }) => {
      const at = `x="${fixed(PADDING + x * CELL.width)}" y="${fixed(top)}"`
      const size = `width="${fixed(cells(text) * CELL.width)}" height="${CELL.height}"`
      return `<rect ${at} ${size} fill="${paint(style.background, TEXT)}"/>`
    })
  const texts = runs.filter(({ text }) => text.trim() !== '').map((run) => letters(run, top))
  return backs.join('') + texts.join('')
}

/** A run as text of exactly as many cells, whatever font draws it. */
function letters({ text, style, x }, top) {
  const start = text.length - text.trimStart().length
  const word = text.trim()
  const at = `x="${fixed(PADDING + (x + start) * CELL.width)}" y="${fixed(top + 13.5)}"`
  const length = `textLength="${fixed(cells(word) * CELL.width)}"`
  const classes = [style.bold && 'b', style.italic && 'i', style.dim && 'd'].filter(Boolean)
  const named = classes.length > 0 ? ` class="${classes.join(' ')}"` : ''
  const fill = style.colour === undefined ? '' : ` fill="${paint(style.colour, BACKGROUND)}"`
  const inline = fill && fill.replace(' fill="', ' style="fill:')
  return `<text ${at} ${length}${named}${inline}>${escaped(word)}</text>`
}

const cells = (text) => Array.from(text).length

/** A palette number or a `#rrggbb`; `inverse` stands for the colour given. */
function paint(colour, inverse) {
  if (colour === 'inverse') return inverse
  return typeof colour === 'number' ? (PALETTE[colour] ?? TEXT) : colour
}

const fixed = (number) => String(Math.round(number * 10) / 10)

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** How much room a text takes on a terminal: a cell, two for CJK and emoji, none for marks. */
import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter()
const ASCII = /^[\x20-\x7e]*$/

/** Cells of a text without control characters. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** Of characters seen before: measuring one takes 30 µs, and long texts hold the same ones. */
const cells = new Map<string, number>()
const MOST_KNOWN = 10_000

function cellsOf(character: string): number {
  const known = cells.get(character)
  if (known !== undefined) return known
  const width = widthOf(character)
  if (cells.size < MOST_KNOWN && character.length < 16) cells.set(character, width)
  return width
}

/** The text filled up with spaces to `width` cells; longer ones stay as they are. */
export function padded(text: string, width: number, side: 'start' | 'end' = 'end'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'end' ? text + space : space + text
}

/** The text in at most `width` cells; an ellipsis marks what was cut off. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${fitting(text, width - 1)}…`
}

/** The text in at most `width` cells, its beginning and its end around an ellipsis. */
export function cutInMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width < 3) return clipped(text, width)
  const end = Math.floor((width - 1) / 2)
  return `${fitting(text, width - 1 - end)}…${ending(text, end)}`
}

/** The longest end that fits into `width` cells; never half of a character. */
function ending(text: string, width: number): string {
  const near = text.slice(-width * UNITS_PER_CELL)
  let taken = ''
  let room = width
  for (const { segment } of [...graphemes.segment(near)].reverse()) {
    room -= widthOf(segment)
    if (room < 0) break
    taken = segment + taken
  }
  return taken
}

/** More UTF-16 units than any sane text has on a cell: a look ahead that keeps long lines cheap. */
const UNITS_PER_CELL = 16

/** The longest beginning that fits into `width` cells; never half of a character. */
function fitting(text: string, width: number): string {
  const near = text.slice(0, width * UNITS_PER_CELL)
  if (ASCII.test(near)) return text.slice(0, width)
  let taken = ''
  let room = width
  for (const { segment } of graphemes.segment(near)) {
    room -= cellsOf(segment)
    // What ends where the look ahead ends may be half of something.
    if (room < 0 || (near.length < text.length && taken.length + segment.length === near.length)) {
      break
    }
    taken += segment
  }
  return taken
}

/**
 * One line (without line ends) as lines of at most `width` cells, broken between words where that
 * is possible. A character that is wider than the whole width stands alone.
 */
export function wrapped(line: string, width: number): string[] {
  const lines: string[] = []
  let rest = line
  while (rest.length > 0) {
    const piece = fitting(rest, width) || first(rest)
    if (piece.length === rest.length) break
    const space = rest[piece.length] === ' ' ? piece.length : piece.lastIndexOf(' ')
    const end = space > 0 ? space : piece.length
    lines.push(rest.slice(0, end).trimEnd())
    rest = space > 0 ? rest.slice(end + 1) : rest.slice(end)
  }
  return [...lines, rest]
}

function first(text: string): string {
  const [grapheme] = graphemes.segment(text.slice(0, 1000))
  return grapheme?.segment ?? ''
}

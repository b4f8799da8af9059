/**
 * Converts the Markdown of models to HTML: headings, lists, tables, quotations, code. HTML in it stays
 * text, and nothing is loaded automatically. Takes linear time on any text.
 */
import { html, harmless } from '../../../terminal/untrusted-text.ts'
import { withoutEnd } from '../../../../lib/trim.ts'
import { inlineHtml } from './inline.ts'

/** The longest text that is converted, in characters; longer ones are shown unchanged. */
const LONGEST = 500_000
/** The deepest nesting of lists and quotations. */
const DEEPEST = 10

export function markdownHtml(text: string): string {
  if (text.length > LONGEST) return `<pre>${html(text)}</pre>`
  return `<div class="md">${blocks(harmless(text).split('\n'), 0)}</div>`
}

/** A block: its HTML and the index of the line after it. */
interface Block {
  readonly html: string
  readonly next: number
}
type Reader = (lines: readonly string[], at: number, depth: number) => Block | null

const READERS: readonly Reader[] = [fence, heading, rule, quotation, list, table, indented]

function blocks(lines: readonly string[], depth: number): string {
  const parts: string[] = []
  for (let at = 0; at < lines.length;) {
    const block = isBlank(lines[at]) ? { html: '', next: at + 1 } : blockAt(lines, at, depth)
    parts.push(block.html)
    at = block.next
  }
  return parts.join('')
}

function blockAt(lines: readonly string[], at: number, depth: number): Block {
  for (const reader of READERS) {
    const block = reader(lines, at, depth)
    if (block !== null) return block
  }
  return paragraph(lines, at)
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === ''
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function dedented(line: string, most: number): string {
  return line.slice(Math.min(most, indentOf(line)))
}

function fence(lines: readonly string[], at: number): Block | null {
  const line = lines[at] ?? ''
  const signs = fenceOf(line)
  if (signs === null) return null
  const indent = indentOf(line)
  let end = at + 1
  while (end < lines.length && !closesFence(lines[end] ?? '', signs)) end += 1
  const code = lines.slice(at + 1, end).map((one) => dedented(one, indent))
  return { html: codeHtml(code), next: end + 1 }
}

/** The signs of a line that starts a code block; null for other lines. */
function fenceOf(line: string): string | null {
  const text = line.trim()
  const sign = text[0] ?? ''
  if (indentOf(line) > 3 || !/^(```|~~~)/.test(text)) return null
  let count = 3
  while (text[count] === sign) count += 1
  return sign === '`' && text.includes('`', count) ? null : sign.repeat(count)
}

function closesFence(line: string, signs: string): boolean {
  const text = line.trim()
  return indentOf(line) < 4 && text.startsWith(signs) && withoutEnd(text, signs[0] ?? '') === ''
}

function codeHtml(lines: readonly string[]): string {
  return `<pre class="code" tabindex="0"><code>${html(lines.join('\n'))}</code></pre>`
}

/** A heading, below the three levels that the page uses itself. */
function headingHtml(level: number, text: string): string {
  const name = `h${Math.min(6, level + 3)}`
  return `<${name}>${inlineHtml(text)}</${name}>`
}

function heading(lines: readonly string[], at: number): Block | null {
  const found = /^ {0,3}(#{1,6})( .*|)$/.exec((lines[at] ?? '').trimEnd())
  if (!found) return null
  const [, signs = '', text = ''] = found
  const trimmed = withoutEnd(text, '#')
  const shown = trimmed.endsWith(' ') || trimmed === '' ? trimmed : text
  return { html: headingHtml(signs.length, shown.trim()), next: at + 1 }
}

function isRule(line: string): boolean {
  const signs = line.replaceAll(' ', '')
  return indentOf(line) < 4 && signs.length > 2 && /^(\*+|-+|_+)$/.test(signs)
}

function rule(lines: readonly string[], at: number): Block | null {
  return isRule(lines[at] ?? '') ? { html: '<hr>', next: at + 1 } : null
}

const QUOTED = /^ {0,3}>/

function quotation(lines: readonly string[], at: number, depth: number): Block | null {
  if (depth >= DEEPEST || !QUOTED.test(lines[at] ?? '')) return null
  let end = at
  while (QUOTED.test(lines[end] ?? '')) end += 1
  const inside = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''))
  return { html: `<blockquote>${blocks(inside, depth + 1)}</blockquote>`, next: end }
}

interface Marker {
  /** Null for a bulleted list. */
  readonly number: number | null
  readonly sign: string
  readonly indent: number
  /** The column at which the item's text starts. */
  readonly width: number
}

function markerOf(line: string): Marker | null {
  const found = /^( *)([-*+]|(\d{1,9})[.)])( {1,4}(?! )| |$)/.exec(line)
  if (!found || isRule(line)) return null
  const [whole, indent = '', sign = '', digits] = found
  return {
    number: digits === undefined ? null : Number(digits),
    sign: sign.slice(-1),
    indent: indent.length,
    width: Math.max(whole.length, indent.length + sign.length + 1),
  }
}

function list(lines: readonly string[], at: number, depth: number): Block | null {
  const first = markerOf(lines[at] ?? '')
  if (depth >= DEEPEST || first === null || first.indent > 3) return null
  const items: string[][] = []
  let width = 0
  let isLoose = false
  let next = at
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? ''
    const item = itemOf(line, first)
    if (item !== null) {
      width = item.width
      isLoose ||= next > at && isBlank(lines[next - 1])
      items.push([line.slice(width)])
    } else if (continues(lines, next, { indent: first.indent, width })) {
      items.at(-1)?.push(dedented(line, width))
    } else break
  }
  const inside = items.map((item) => itemHtml(item, isLoose, depth)).join('')
  return { html: listHtml(first, inside), next }
}

/** The marker of a line that continues the list. */
function itemOf(line: string, { indent, sign }: Marker): Marker | null {
  const marker = markerOf(line)
  if (marker === null || marker.sign !== sign) return null
  return marker.indent < Math.min(4, indent + 2) ? marker : null
}

function listHtml({ number }: Marker, items: string): string {
  if (number === null) return `<ul>${items}</ul>`
  return `<ol${number === 1 ? '' : ` start="${number}"`}>${items}</ol>`
}

/** Whether a line continues the list item above it. */
function continues(
  lines: readonly string[],
  at: number,
  { indent, width }: { indent: number; width: number },
): boolean {
  const line = lines[at] ?? ''
  // Blank lines belong to the item if it continues after them.
  if (isBlank(line)) return !isBlank(lines[at + 1]) || isBlank(lines[at - 1])
  const inside = indentOf(line)
  if (inside >= width || (markerOf(line) !== null && inside >= indent + 2)) return true
  return !isBlank(lines[at - 1]) && !beginsBlock(lines, at)
}

function itemHtml(lines: readonly string[], isLoose: boolean, depth: number): string {
  const [first = '', ...rest] = lines
  const task = /^\[([ xX])\] /.exec(first)
  const box = task === null ? '' : task[1] === ' ' ? '☐ ' : '☑ '
  const text = task === null ? first : first.slice(4)
  const inside = blocks([text, ...rest], depth + 1)
  const whole = isLoose ? inside : inside.replace(/^<p>([^]*?)<\/p>/, '$1')
  return `<li>${box}${whole}</li>`
}

function table(lines: readonly string[], at: number): Block | null {
  const head = cellsOf(lines[at] ?? '')
  const sides = sidesOf(lines[at + 1] ?? '')
  if (!(lines[at] ?? '').includes('|') || sides?.length !== head.length) return null
  let next = at + 2
  while (!isBlank(lines[next]) && (lines[next] ?? '').includes('|')) next += 1
  const row = (cells: readonly string[], name: string): string => {
    const inside = sides.map((side, n) => `<${name}${side}>${inlineHtml(cells[n] ?? '')}</${name}>`)
    return `<tr>${inside.join('')}</tr>`
  }
  const body = lines.slice(at + 2, next).map((line) => row(cellsOf(line), 'td'))
  const whole = `<thead>${row(head, 'th')}</thead><tbody>${body.join('')}</tbody>`
  return { html: `<div class="scroll" tabindex="0"><table>${whole}</table></div>`, next }
}

/** The class of each column, from the line below the headings; null for other lines. */
function sidesOf(line: string): string[] | null {
  if (!line.includes('-') || !/^[ |:-]+$/.test(line)) return null
  const cells = cellsOf(line)
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return null
  return cells.map((cell) => (cell.endsWith(':') && !cell.startsWith(':') ? ' class="n"' : ''))
}

function cellsOf(line: string): string[] {
  const cells = ['']
  const text = line.trim()
  for (const part of text.match(/\\?[^\\|]+|\\.?|\|/g) ?? []) {
    if (part === '|') cells.push('')
    else cells.push(`${cells.pop() ?? ''}${part === '\\|' ? '|' : part}`)
  }
  if (text.startsWith('|')) cells.shift()
  if (cells.length > 1 && text.endsWith('|') && !text.endsWith('\\|')) cells.pop()
  return cells.map((cell) => cell.trim())
}

function indented(lines: readonly string[], at: number): Block | null {
  if (indentOf(lines[at] ?? '') < 4) return null
  let end = at
  while (end < lines.length && (isBlank(lines[end]) || indentOf(lines[end] ?? '') >= 4)) end += 1
  const code = withoutEnd(
    lines
      .slice(at, end)
      .map((line) => dedented(line, 4))
      .join('\n'),
    ' \n',
  )
  return { html: codeHtml([code]), next: end }
}

/** Whether a line ends the paragraph above it. */
function beginsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  const marker = markerOf(line)
  const isList = marker !== null && marker.indent < 4 && (marker.number ?? 1) === 1
  const isHeading = heading(lines, at) !== null
  return isList || isRule(line) || QUOTED.test(line) || isHeading || fenceOf(line) !== null
}

function paragraph(lines: readonly string[], at: number): Block {
  let end = at + 1
  while (!isBlank(lines[end]) && underline(lines[end] ?? '') === null) {
    if (beginsBlock(lines, end) || table(lines, end) !== null) break
    end += 1
  }
  const text = lines
    .slice(at, end)
    .map((line) => line.trim())
    .join('\n')
  const level = underline(lines[end] ?? '')
  if (level !== null) return { html: headingHtml(level, text), next: end + 1 }
  return { html: `<p>${inlineHtml(text)}</p>`, next: end }
}

/** The level of a heading that is underlined with `=` or `-`. */
function underline(line: string): number | null {
  const text = line.trim()
  if (indentOf(line) > 3 || text === '') return null
  if (withoutEnd(text, '=') === '') return 1
  return withoutEnd(text, '-') === '' ? 2 : null
}

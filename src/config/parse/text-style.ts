/** How a JSON5 text is written, so that what is put into it looks like what stands around it. */
import type { Node } from './json5-locations.ts'

/** A value that ccr writes into a config. */
export type Value = string | readonly Value[] | { readonly [key: string]: Value }

export interface Change {
  readonly at: number
  /** Where the replaced text ends; `at` for an insertion. */
  readonly to: number
  readonly text: string
}

export interface Quotes {
  readonly key: '"' | "'" | ''
  readonly value: '"' | "'"
}

/** The text with all changes made, which stand in its order and do not overlap. */
export function applied(source: string, list: readonly Change[]): string {
  return [...list]
    .reverse()
    .reduce((text, { at, to, text: put }) => text.slice(0, at) + put + text.slice(to), source)
}

/** How the last member of an object is written; JSON's way where there is none. */
export function quotesOf(source: string, { members }: Node): Quotes {
  const last = [...(members?.values() ?? [])].at(-1)
  if (last === undefined) return { key: '"', value: '"' }
  const sign = source[last.keyStart]
  const key = sign === '"' || sign === "'" ? sign : ''
  const single = source[last.value.start] === "'" || key === "'"
  return { key, value: single ? "'" : '"' }
}

export function keyText(key: string, quotes: Quotes): string {
  const plain = quotes.key === '' && /^[A-Za-z_$][\w$]*$/.test(key)
  return plain ? key : literal(key, quotes.key === "'" ? "'" : '"')
}

/** Longer lists of an object on lines of its own have a line for each item. */
const WIDTH = 80

/**
 * The value as text on one line; with `indent`, that of the line on which it begins, an object takes
 * a line for each member.
 */
export function valueText(value: Value, quotes: Quotes, indent?: string): string {
  if (typeof value === 'string') return literal(value, quotes.value)
  if (Array.isArray(value)) {
    const items = value.map((item: Value) => valueText(item, quotes))
    const line = `[${items.join(', ')}]`
    return indent === undefined || indent.length + line.length <= WIDTH
      ? line
      : `[\n${items.map((item) => `${deeper(indent)}${item}`).join(',\n')}\n${indent}]`
  }
  const inner = indent === undefined ? undefined : deeper(indent)
  const members = Object.entries(value).map(
    ([key, item]) => `${keyText(key, quotes)}: ${valueText(item, quotes, inner)}`,
  )
  if (members.length === 0) return '{}'
  if (indent === undefined) return `{ ${members.join(', ')} }`
  return `{\n${members.map((member) => `${deeper(indent)}${member}`).join(',\n')}\n${indent}}`
}

function deeper(indent: string): string {
  return indent + (indent.includes('\t') ? '\t' : '  ')
}

export function literal(text: string, quote: '"' | "'"): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')
  return quote + inside.replaceAll(quote, `\\${quote}`) + quote
}

const GAP = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y

/** Where the comma behind a value stands, spaces and comments passed over. */
export function commaAfter(source: string, from: number): number | undefined {
  GAP.lastIndex = from
  GAP.exec(source)
  const at = GAP.lastIndex
  return source[at] === ',' ? at : undefined
}

/** The white space before an entry that begins its line; undefined when something stands before it. */
export function indentOf(source: string, at: number): string | undefined {
  const line = source.slice(source.lastIndexOf('\n', at - 1) + 1, at)
  return /^[ \t]*$/.test(line) ? line : undefined
}

const LINE_REST =
  /(?:[ \t]|\/\*[^*\n\r]*\*+(?:[^/*\n\r][^*\n\r]*\*+)*\/)*(?:\/\/[^\n\r]*)?(?=[\n\r])/y

/** The end of the line when only comments follow, so that they stay with what they are about. */
export function restOfLine(source: string, from: number): number {
  LINE_REST.lastIndex = from
  return LINE_REST.test(source) ? LINE_REST.lastIndex : from
}

export function lineEnd(source: string): string {
  return source.includes('\r\n') ? '\r\n' : '\n'
}

/** A new last entry behind `last`, `text` of which has its closing comma where the others have one. */
export function entryAfter(
  source: string,
  last: { readonly start: number; readonly end: number },
  text: (indent: string | undefined) => string,
): Change[] {
  const comma = commaAfter(source, last.end)
  const behind = comma === undefined ? last.end : comma + 1
  const indent = indentOf(source, last.start)
  const missing: Change[] = comma === undefined ? [{ at: last.end, to: last.end, text: ',' }] : []
  const closing = comma === undefined ? '' : ','
  const written = text(indent).replaceAll('\n', lineEnd(source))
  if (indent === undefined) {
    return [...missing, { at: behind, to: behind, text: ` ${written}${closing}` }]
  }
  const at = restOfLine(source, behind)
  return [...missing, { at, to: at, text: `${lineEnd(source)}${indent}${written}${closing}` }]
}

/**
 * The first entry of an object or a list that has none, on a line of its own where the closing
 * bracket has one. `text` is the whole, with its brackets.
 */
export function firstEntry(source: string, { start, end }: Node, text: string): Change {
  const inside = source.slice(start + 1, end - 1)
  if (inside === '') return { at: start, to: end, text }
  const entry = text.slice(1, -1).trim()
  const indent = indentOf(source, end - 1)
  if (indent !== undefined) {
    const at = end - 1 - indent.length
    return { at, to: at, text: `${deeper(indent)}${entry}${lineEnd(source)}` }
  }
  const blank = /\s$/.test(inside) ? '' : ' '
  return { at: end - 1, to: end - 1, text: `${blank}${entry} ` }
}

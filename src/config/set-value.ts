/** Changes one value in a JSON5 text; comments, formatting and `${VAR}` of all others stay. */
import { isDeepStrictEqual } from 'node:util'
import JSON5 from 'json5'
import type { Node } from './position.ts'
import { outline } from './position.ts'

/**
 * The text with the string `value` at `path`; keys and objects that are not there yet are added,
 * in the style of the text around them. Throws `Unexpected` when the text is not JSON5.
 */
export function setValue(source: string, path: readonly string[], value: string): string {
  const changed = applied(source, changes({ source, root: outline(source) }, path, value))
  const wanted = withValue(JSON5.parse<unknown>(source), path, value)
  if (isDeepStrictEqual(JSON5.parse<unknown>(changed), wanted)) return changed
  throw new Error(`the text cannot be changed at ${path.join('.')} without harm`)
}

interface Change {
  readonly at: number
  /** Where the replaced text ends; `at` for an insertion. */
  readonly to: number
  readonly text: string
}

interface Text {
  readonly source: string
  readonly root: Node
}

function changes({ source, root }: Text, path: readonly string[], value: string): Change[] {
  let node = root
  for (const [depth, key] of path.entries()) {
    const rest = path.slice(depth)
    if (node.members === undefined) {
      return [replacement(node, written(rest, value, quotesOf(source, root)))]
    }
    const member = node.members.get(key)
    if (member === undefined) return insertion(source, node, rest, value)
    node = member.value
  }
  const quote = source[node.start] === "'" ? "'" : quotesOf(source, root).value
  return [replacement(node, literal(value, quote))]
}

function replacement({ start, end }: Node, text: string): Change {
  return { at: start, to: end, text }
}

/** A new last member. */
function insertion(source: string, object: Node, path: readonly string[], value: string): Change[] {
  const member = written(path, value, quotesOf(source, object)).slice(2, -2)
  const last = [...(object.members?.values() ?? [])].sort((a, b) => b.value.end - a.value.end)[0]
  if (last === undefined) return [first(source, object, member)]
  const { end } = last.value
  const comma = commaAfter(source, end)
  const behind = comma === undefined ? end : comma + 1
  const indent = indentOf(source, last.keyStart)
  const missing: Change[] = comma === undefined ? [{ at: end, to: end, text: ',' }] : []
  const closing = comma === undefined ? '' : ','
  if (indent === undefined) {
    return [...missing, { at: behind, to: behind, text: ` ${member}${closing}` }]
  }
  const at = restOfLine(source, behind)
  return [...missing, { at, to: at, text: `${lineEnd(source)}${indent}${member}${closing}` }]
}

/** The first member of an empty object, before its closing brace. */
function first(source: string, { start, end }: Node, member: string): Change {
  const inside = source.slice(start + 1, end - 1)
  if (inside.trim() === '') return { at: start, to: end, text: `{ ${member} }` }
  const eol = inside.includes('\n') ? lineEnd(source) : ' '
  return { at: end - 1, to: end - 1, text: `${eol === ' ' ? ' ' : '  '}${member}${eol}` }
}

interface Quotes {
  readonly key: '"' | "'" | ''
  readonly value: '"' | "'"
}

/** How the last member of an object is written; JSON's way where there is none. */
function quotesOf(source: string, { members }: Node): Quotes {
  const [, last] = [...(members ?? [])].at(-1) ?? []
  if (last === undefined) return { key: '"', value: '"' }
  const sign = source[last.keyStart]
  const key = sign === '"' || sign === "'" ? sign : ''
  const single = source[last.value.start] === "'" || key === "'"
  return { key, value: single ? "'" : '"' }
}

/** `{ "Router": { "default": "p,m" } }` for the path Router, default. */
function written(path: readonly string[], value: string, quotes: Quotes): string {
  const [key, ...rest] = path
  if (key === undefined) return literal(value, quotes.value)
  const plain = quotes.key === '' && /^[A-Za-z_$][\w$]*$/.test(key)
  const name = plain ? key : literal(key, quotes.key === "'" ? "'" : '"')
  return `{ ${name}: ${written(rest, value, quotes)} }`
}

function literal(text: string, quote: '"' | "'"): string {
  const json = JSON.stringify(text)
  if (quote === '"') return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

const GAP = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y

/** Where the comma behind a value stands, spaces and comments passed over. */
function commaAfter(source: string, from: number): number | undefined {
  GAP.lastIndex = from
  GAP.exec(source)
  const at = GAP.lastIndex
  return source[at] === ',' ? at : undefined
}

/** The white space before a key that begins its line; undefined when something stands before it. */
function indentOf(source: string, keyStart: number): string | undefined {
  const before = source.slice(0, keyStart)
  return /\n([ \t]*)$/.exec(before)?.[1]
}

const LINE_REST =
  /(?:[ \t]|\/\*[^*\n\r]*\*+(?:[^/*\n\r][^*\n\r]*\*+)*\/)*(?:\/\/[^\n\r]*)?(?=[\n\r])/y

/** The end of the line when only comments follow, so that they stay with what they are about. */
function restOfLine(source: string, from: number): number {
  LINE_REST.lastIndex = from
  return LINE_REST.test(source) ? LINE_REST.lastIndex : from
}

function lineEnd(source: string): string {
  return source.includes('\r\n') ? '\r\n' : '\n'
}

function applied(source: string, list: readonly Change[]): string {
  return [...list]
    .reverse() // of two at one place the first comes first
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, to, text: put }) => text.slice(0, at) + put + text.slice(to), source)
}

function withValue(root: unknown, path: readonly string[], value: string): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const isObject = typeof root === 'object' && root !== null && !Array.isArray(root)
  const members = isObject ? (root as Record<string, unknown>) : {}
  return { ...members, [key]: withValue(members[key], rest, value) }
}

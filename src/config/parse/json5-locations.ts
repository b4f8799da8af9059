/**
 * Where things stand in a JSON5 text. json5 gives the values but no positions, and says what it
 * met but not what it expected; this scanner gives both, so that an error can point at the value
 * that is wrong.
 */
import JSON5 from 'json5'
import { MOST_LEVELS } from '../../lib/depth.ts'

/** A value in the text: offsets in UTF-16 units, `end` is behind its last one. */
export interface Node {
  readonly start: number
  readonly end: number
  readonly members?: ReadonlyMap<string, Member>
  readonly items?: readonly Node[]
}

/** A key of an object with its value. A key written again replaces the earlier one, as in json5. */
export interface Member {
  readonly keyStart: number
  readonly value: Node
  readonly repeated: boolean
}

export type Path = readonly (string | number)[]

/** Both count from 1, columns in UTF-16 units as editors do. */
export interface Location {
  readonly line: number
  readonly column: number
}

/** The text is not JSON5: at `offset` something else was expected. */
export class Json5SyntaxError extends Error {
  override readonly name = 'Unexpected'
  readonly offset: number
  readonly found: string
  readonly expected: string

  constructor(offset: number, found: string, expected: string) {
    super(`${found}; expected ${expected}`)
    this.offset = offset
    this.found = found
    this.expected = expected
  }
}

const SPACE = /\s+/y
const NAME =
  /(?:[\p{ID_Start}$_]|\\u[\da-fA-F]{4})(?:[\p{ID_Continue}$\u200c\u200d]|\\u[\da-fA-F]{4})*/uy
const WORD =
  /true|false|null|[+-]?(?:Infinity|NaN|0[xX][\da-fA-F]+|(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y
const LINE_END = /\r\n|[\n\r\u2028\u2029]/

interface Cursor {
  readonly source: string
  at: number
  /** Objects and lists around it. */
  depth: number
}

/** The outline of a JSON5 text. Throws `Unexpected` where the text is not JSON5. */
export function outline(source: string): Node {
  const cursor: Cursor = { source, at: 0, depth: 0 }
  const root = value(cursor)
  if (peek(cursor) !== undefined) throw unexpected(cursor, 'the end of the file')
  return root
}

/** The value at `path`, or the nearest thing around it that exists. */
export function nodeAt(root: Node, path: Path): Node {
  let node = root
  for (const step of path) {
    const inner = innerNode(node, step)
    if (inner === undefined) return node
    node = inner
  }
  return node
}

/** The value of a member or an item; undefined where there is none. */
export function innerNode({ items, members }: Node, step: string | number): Node | undefined {
  return typeof step === 'number' ? items?.[step] : members?.get(step)?.value
}

/** Where the last key of `path` is written; where its value stands, if that has no key. */
export function keyOffset(root: Node, path: Path): number {
  const key = path.at(-1)
  const member =
    typeof key === 'string' ? nodeAt(root, path.slice(0, -1)).members?.get(key) : undefined
  return member?.keyStart ?? nodeAt(root, path).start
}

/** The paths of keys that are written more than once in their object. */
export function repeatedKeys(node: Node, path: Path = []): Path[] {
  const members = [...(node.members ?? [])].flatMap(([key, member]) => [
    ...(member.repeated ? [[...path, key]] : []),
    ...repeatedKeys(member.value, [...path, key]),
  ])
  const items = (node.items ?? []).flatMap((item, index) => repeatedKeys(item, [...path, index]))
  return [...members, ...items]
}

/** Line and column of an offset. */
export function locationOf(source: string, offset: number): Location {
  const lines = source.slice(0, offset).split(LINE_END)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

function value(cursor: Cursor): Node {
  const first = peek(cursor)
  if (first === '{') return nested(cursor, object)
  if (first === '[') return nested(cursor, array)
  const start = cursor.at
  if (first === '"' || first === "'") string(cursor)
  else if (!take(cursor, WORD)) throw unexpected(cursor, 'a value')
  return { start, end: cursor.at }
}

function nested(cursor: Cursor, read: (cursor: Cursor) => Node): Node {
  if (cursor.depth === MOST_LEVELS) {
    throw new Json5SyntaxError(cursor.at, `more than ${MOST_LEVELS} levels`, 'a few')
  }
  cursor.depth += 1
  const node = read(cursor)
  cursor.depth -= 1
  return node
}

function object(cursor: Cursor): Node {
  const start = cursor.at
  const members = new Map<string, Member>()
  cursor.at += 1
  while (peek(cursor) !== '}') {
    const keyStart = cursor.at
    const name = key(cursor, start)
    if (peek(cursor) !== ':') throw unexpected(cursor, `':' after the key`)
    cursor.at += 1
    members.set(name, { keyStart, value: value(cursor), repeated: members.has(name) })
    separator(cursor, start, '}')
  }
  cursor.at += 1
  return { start, end: cursor.at, members }
}

function array(cursor: Cursor): Node {
  const start = cursor.at
  const items: Node[] = []
  cursor.at += 1
  while (peek(cursor) !== ']') {
    if (peek(cursor) === undefined) throw unclosed(cursor, start, ']')
    items.push(value(cursor))
    separator(cursor, start, ']')
  }
  cursor.at += 1
  return { start, end: cursor.at, items }
}

/** The comma between two entries; none is needed before the closing bracket. */
function separator(cursor: Cursor, opened: number, closing: '}' | ']'): void {
  const next = peek(cursor)
  if (next === ',') cursor.at += 1
  else if (next === undefined) throw unclosed(cursor, opened, closing)
  else if (next !== closing) throw unexpected(cursor, `',' or '${closing}'`)
}

function key(cursor: Cursor, opened: number): string {
  const start = cursor.at
  const first = peek(cursor)
  if (first === undefined) throw unclosed(cursor, opened, '}')
  if (first === '"' || first === "'") {
    string(cursor)
    return JSON5.parse<string>(cursor.source.slice(start, cursor.at))
  }
  if (!take(cursor, NAME)) throw unexpected(cursor, `a key or '}'`)
  const name = cursor.source.slice(start, cursor.at)
  return name.includes('\\') ? JSON5.parse<string>(`"${name}"`) : name
}

function string(cursor: Cursor): void {
  const { source, at: start } = cursor
  const quote = source[start]
  let at = start + 1
  while (source[at] !== quote) {
    const here = source[at]
    if (here === undefined || here === '\n' || here === '\r') {
      throw new Json5SyntaxError(
        start,
        'the string that begins here is not closed',
        `${quote ?? ''} at its end`,
      )
    }
    if (here === '\\') at += source.startsWith('\r\n', at + 1) ? 3 : 2
    else at += 1
  }
  cursor.at = at + 1
}

/** The next character that is neither space nor comment; the cursor stands on it. */
function peek(cursor: Cursor): string | undefined {
  const { source } = cursor
  for (;;) {
    take(cursor, SPACE)
    const line = source.startsWith('//', cursor.at)
    if (!line && !source.startsWith('/*', cursor.at)) return source[cursor.at]
    cursor.at = line ? lineEnd(source, cursor.at) : commentEnd(source, cursor.at)
  }
}

function lineEnd(source: string, from: number): number {
  const length = source.slice(from).search(LINE_END)
  return length < 0 ? source.length : from + length
}

function commentEnd(source: string, from: number): number {
  const end = source.indexOf('*/', from + 2)
  if (end >= 0) return end + 2
  throw new Json5SyntaxError(from, 'the comment that begins here is not closed', '*/ at its end')
}

function take(cursor: Cursor, pattern: RegExp): boolean {
  pattern.lastIndex = cursor.at
  const match = pattern.exec(cursor.source)
  if (match === null) return false
  cursor.at += match[0].length
  return true
}

function unexpected(cursor: Cursor, expected: string): Json5SyntaxError {
  const point = cursor.source.codePointAt(cursor.at)
  const found =
    point === undefined ? 'the file ends too early' : `unexpected '${String.fromCodePoint(point)}'`
  return new Json5SyntaxError(cursor.at, found, expected)
}

function unclosed(cursor: Cursor, opened: number, closing: string): Json5SyntaxError {
  const { line } = locationOf(cursor.source, opened)
  const opening = cursor.source.charAt(opened)
  return unexpected(cursor, `'${closing}' to close the '${opening}' of line ${line}`)
}

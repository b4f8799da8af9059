/** Takes one value out of a JSON5 text; comments, formatting and `${VAR}` of all others stay. */
import { isDeepStrictEqual } from 'node:util'
import JSON5 from 'json5'
import { innerNode, type Node, outline } from './json5-locations.ts'
import type { ValuePath } from './set-value.ts'
import { applied, type Change, commaAfter, indentOf, restOfLine } from './text-style.ts'

/**
 * The text without the member or item at `path`, with its comma and the comment behind it on its
 * line; comments on other lines stay. The same text where there is nothing. Throws `Unexpected` when
 * the text is not JSON5.
 */
export function removeValue(source: string, path: ValuePath): string {
  const key = path.at(-1)
  if (key === undefined) throw new Error('the whole text cannot be taken out')
  const before = JSON5.parse<unknown>(source)
  let text = source
  // A key that is written twice is taken out twice.
  for (;;) {
    const node = containerOf(text, path)
    const entry = node && entryOf(node, key)
    if (node === undefined || entry === undefined) break
    text = applied(text, removal(text, node, entry))
    if (typeof key === 'number') break
  }
  if (isDeepStrictEqual(JSON5.parse<unknown>(text), without(before, path))) return text
  throw new Error(`the text cannot be changed at ${path.join('.')} without harm`)
}

/** What holds the last step of the path; undefined where there is no such thing. */
function containerOf(source: string, path: ValuePath): Node | undefined {
  let node: Node | undefined = outline(source)
  for (const step of path.slice(0, -1)) {
    node = node && innerNode(node, step)
  }
  return node
}

interface Entry {
  readonly start: number
  readonly end: number
}

function entryOf({ items, members }: Node, key: string | number): Entry | undefined {
  if (typeof key === 'number') return items?.[key]
  const member = members?.get(key)
  return member && { start: member.keyStart, end: member.value.end }
}

function removal(source: string, container: Node, entry: Entry): Change[] {
  const comma = commaAfter(source, entry.end)
  const end = comma === undefined ? entry.end : comma + 1
  const before = comma === undefined ? commaBefore(source, container, entry) : undefined
  const dangling = before === undefined ? [] : [{ at: before, to: before + 1, text: '' }]
  return [...dangling, lines(source, { start: entry.start, end })]
}

/** Strings and comments, in which a comma is none. */
// bounded: what the user wrote into a config, of which the strings and comments are closed
const PASSED = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/|,/g

/** The comma before this last entry, which would be left over. */
function commaBefore(source: string, { start }: Node, entry: Entry): number | undefined {
  const passed = [...source.slice(start, entry.start).matchAll(PASSED)]
  const last = passed.filter(([text]) => text === ',').at(-1)
  return last === undefined ? undefined : start + last.index
}

/** Whole lines where nothing else stands on them; else with the blanks on one side. */
function lines(source: string, { start, end }: Entry): Change {
  const indent = indentOf(source, start)
  const rest = restOfLine(source, end)
  const isEnd = rest > end || /[\n\r]/.test(source.charAt(end))
  if (indent !== undefined && isEnd) {
    const eol = source.startsWith('\r\n', rest) ? 2 : 1
    return { at: start - indent.length, to: rest + eol, text: '' }
  }
  const blanks = source.slice(end).search(/[^ \t]/)
  return { at: start, to: end + blanks, text: '' }
}

function without(root: unknown, [key, ...rest]: ValuePath): unknown {
  if (typeof root !== 'object' || root === null) return root
  if (Array.isArray(root)) {
    if (rest.length === 0) return root.filter((_, at) => at !== key)
    return root.map((item: unknown, at) => (at === key ? without(item, rest) : item))
  }
  const members = Object.entries(root as Record<string, unknown>)
  const kept = rest.length === 0 ? members.filter(([name]) => name !== key) : members
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === key ? without(value, rest) : value]),
  )
}

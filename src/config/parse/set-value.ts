/** Changes one value in a JSON5 text; comments, formatting and `${VAR}` of all others stay. */
import { isDeepStrictEqual } from 'node:util'
import JSON5 from 'json5'
import { innerNode, type Node, outline } from './json5-locations.ts'
import {
  applied,
  type Change,
  entryAfter,
  firstEntry,
  keyText,
  type Quotes,
  quotesOf,
  type Value,
  valueText,
} from './text-style.ts'

/** Keys of objects, and indexes of lists that are there. */
export type ValuePath = readonly (string | number)[]

/**
 * The text with `value` at `path`; keys and objects that are not there yet are added, in the style of
 * the text around them. Throws `Unexpected` when the text is not JSON5.
 */
export function setValue(source: string, path: ValuePath, value: Value): string {
  const changed = applied(source, changes({ source, root: outline(source) }, path, value))
  const wanted = withValue(JSON5.parse<unknown>(source), path, value)
  if (isDeepStrictEqual(JSON5.parse<unknown>(changed), wanted)) return changed
  throw new Error(`the text cannot be changed at ${path.join('.')} without harm`)
}

interface Text {
  readonly source: string
  readonly root: Node
}

function changes({ source, root }: Text, path: ValuePath, value: Value): Change[] {
  let node = root
  for (const [depth, step] of path.entries()) {
    const rest = path.slice(depth)
    const inner = innerNode(node, step)
    if (inner === undefined) {
      return node.members === undefined
        ? [replacement(node, written(rest, value, quotesOf(source, root)))]
        : insertion(source, node, rest, value)
    }
    node = inner
  }
  const quotes = quotesOf(source, root)
  const quote = source[node.start] === "'" ? "'" : quotes.value
  return [replacement(node, valueText(value, { ...quotes, value: quote }))]
}

function replacement({ start, end }: Node, text: string): Change {
  return { at: start, to: end, text }
}

/** A new last member. */
function insertion(source: string, object: Node, path: ValuePath, value: Value): Change[] {
  const whole = written(path, value, quotesOf(source, object))
  const last = [...(object.members?.values() ?? [])].sort((a, b) => b.value.end - a.value.end)[0]
  if (last === undefined) return [firstEntry(source, object, whole)]
  const span = { start: last.keyStart, end: last.value.end }
  return entryAfter(source, span, () => whole.slice(2, -2))
}

/** `{ "Router": { "default": "p,m" } }` for the path Router, default. */
function written(path: ValuePath, value: Value, quotes: Quotes): string {
  const [key, ...rest] = path
  if (key === undefined) return valueText(value, quotes)
  return `{ ${keyText(String(key), quotes)}: ${written(rest, value, quotes)} }`
}

function withValue(root: unknown, path: ValuePath, value: Value): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(root) && typeof key === 'number') {
    return root.map((item: unknown, at) => (at === key ? withValue(item, rest, value) : item))
  }
  const isObject = typeof root === 'object' && root !== null && !Array.isArray(root)
  const members = isObject ? (root as Record<string, unknown>) : {}
  return { ...members, [key]: withValue(members[key], rest, value) }
}

/** Adds an item to a list in a JSON5 text, or the list; everything else stays as it is. */
import { isDeepStrictEqual } from 'node:util'
import JSON5 from 'json5'
import { nodeAt, outline } from './json5-locations.ts'
import { setValue } from './set-value.ts'
import { applied, entryAfter, firstEntry, quotesOf, type Value, valueText } from './text-style.ts'

/**
 * The text with `value` as the last item of the list under `key` of the root; the list is added when
 * there is none. Throws `Unexpected` when the text is not JSON5.
 */
export function appendItem(source: string, key: string, value: Value): string {
  const before = JSON5.parse<Readonly<Record<string, unknown>> | null>(source)
  const list = before?.[key]
  if (!Array.isArray(list)) return setValue(source, [key], [value])
  const root = outline(source)
  const node = nodeAt(root, [key])
  const last = node.items?.at(-1)
  const quotes = quotesOf(source, last?.members === undefined ? root : last)
  const changes =
    last === undefined
      ? [firstEntry(source, node, `[${valueText(value, quotes)}]`)]
      : entryAfter(source, last, (indent) => valueText(value, quotes, indent))
  const changed = applied(source, changes)
  const wanted = { ...before, [key]: [...(list as unknown[]), value] }
  if (isDeepStrictEqual(JSON5.parse<unknown>(changed), wanted)) return changed
  throw new Error(`the text cannot be changed at ${key} without harm`)
}

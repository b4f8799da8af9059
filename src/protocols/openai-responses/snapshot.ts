import { agrees, type AnswerItem, kindOf, partsOf } from './answer-item.ts'
import type { ItemList } from './item-list.ts'
import { remainder } from './remainder.ts'
import type { OutputItem } from './wire.ts'

/** An item of the snapshot that ends an answer. */
export interface SnapshotItem {
  readonly item: OutputItem
  /** The same item as it was streamed; undefined if it was not. */
  readonly streamed: AnswerItem | undefined
  /** For each part of a message or of reasoning the end that was not streamed; undefined: not known. */
  readonly missing: readonly string[] | undefined
}

/**
 * Holds the snapshot at the end against what was streamed. Its ids and places are often others: an
 * item is the streamed one of the same id, else one that says the same, else the next one of its
 * kind. Text and thoughts are held against all that was streamed, since servers cut an answer into
 * other items there.
 */
export function compared(
  snapshot: readonly OutputItem[],
  streamed: ItemList,
): readonly SnapshotItem[] {
  const output = snapshot.filter((item, at) => !snapshot.slice(0, at).some(isTwin(item)))
  const pairs = paired(output, streamed.all)
  const missing = new Map([
    ...missingOf('message', output, { streamed, pairs }),
    ...missingOf('reasoning', output, { streamed, pairs }),
  ])
  return output.map((item) => ({
    item,
    streamed: pairs.get(item),
    missing: missing.get(item),
  }))
}

/** Whether an item stands there before under the same ids. */
function isTwin(item: OutputItem): (other: OutputItem) => boolean {
  const id = item.id ?? item.call_id
  return (other) =>
    Boolean(id) &&
    id === (other.id ?? other.call_id) &&
    kindOf(item) === kindOf(other) &&
    partsOf(item).join('') === partsOf(other).join('')
}

type Pairs = ReadonlyMap<OutputItem, AnswerItem>

const TESTS: readonly ((streamed: AnswerItem, item: OutputItem) => boolean)[] = [
  ({ ids }, { id, item_id }) => ids.has(id) || ids.has(item_id),
  (streamed, item) => streamed.callId !== '' && streamed.callId === item.call_id,
  (streamed, item) => {
    const whole = partsOf(item, streamed.source).join('')
    return whole !== '' && streamed.text !== '' && agrees(streamed, whole)
  },
  () => true,
]

function paired(output: readonly OutputItem[], streamed: readonly AnswerItem[]): Pairs {
  const pairs = new Map<OutputItem, AnswerItem>()
  const free = new Set(streamed)
  for (const isSame of TESTS) {
    for (const item of output) {
      if (pairs.has(item)) continue
      const match = [...free].find((one) => isOfKind(one, item) && isSame(one, item))
      if (match === undefined) continue
      pairs.set(item, match)
      free.delete(match)
    }
  }
  return pairs
}

function isOfKind(streamed: AnswerItem, item: OutputItem): boolean {
  if (streamed.kind !== kindOf(item)) return false
  return streamed.name === '' || !item.name || streamed.name === item.name
}

function missingOf(
  kind: string,
  output: readonly OutputItem[],
  { streamed, pairs }: { readonly streamed: ItemList; readonly pairs: Pairs },
): readonly (readonly [OutputItem, readonly string[]])[] {
  const items = output
    .filter((item) => kindOf(item) === kind)
    .map((item) => ({ item, parts: partsOf(item, pairs.get(item)?.source) }))
  const all = items.flatMap(({ parts }) => parts)
  const rest = remainder(all, streamed.textOf(kind))?.missing
  if (rest === undefined) return []
  let at = 0
  return items.map(({ item, parts }) => {
    const from = at
    at += parts.length
    return [item, rest.slice(from, at)]
  })
}

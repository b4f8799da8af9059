import { isEmptyObject } from '../../lib/json.ts'
import type { AnswerItem } from './answer-item.ts'
import { remainder } from './remainder.ts'

/**
 * What of a whole message or of whole reasoning did not come yet, part by part. It is held against
 * all that came of the item, since the pieces may count their parts otherwise (vLLM counts
 * `content_index` over the answer), and against the items that follow it, since it may hold those too.
 */
export function missingOfItem(
  item: AnswerItem,
  parts: readonly string[],
  all: readonly AnswerItem[],
): readonly string[] {
  const following = all.slice(all.indexOf(item)).filter(({ kind }) => kind === item.kind)
  const isRepeated = item.isFinished && item.confirmed === item.text.length
  for (const items of isRepeated ? [] : [following, [item]]) {
    const rest = remainder(parts, items.map(unconfirmed).join(''))
    if (rest === undefined) continue
    confirm(items, rest.left.length)
    return rest.missing
  }
  const rest = remainder(parts, item.text)
  item.confirmed = item.text.length
  if (rest !== undefined) return rest.missing
  return parts.map((part, at) => (item.parts.has(at) || item.text.includes(part) ? '' : part))
}

function unconfirmed({ text, confirmed }: AnswerItem): string {
  return text.slice(confirmed)
}

/** All of the items but the last `left` units came again. */
function confirm(items: readonly AnswerItem[], left: number): void {
  let open = left
  for (const item of items.toReversed()) {
    const rest = Math.min(open, item.text.length - item.confirmed)
    item.confirmed = item.text.length - rest
    open -= rest
  }
}

/** What of a whole part of an item did not come yet. A part that differs from its pieces is left out. */
export function missingOfPart(item: AnswerItem, part: number, whole: string): string {
  const pieces = item.parts.get(part)
  if (pieces !== undefined) return whole.startsWith(pieces) ? whole.slice(pieces.length) : ''
  const rest = item.text.slice(item.partsConfirmed)
  // Told again under another number. If it is another part after all, the whole item brings it.
  if (rest === '' && item.text.endsWith(whole)) return ''
  return remainder([whole], rest)?.missing[0] ?? whole
}

/** What of a call's whole arguments did not come yet; an empty object may stand before them. */
export function missingArguments({ text }: AnswerItem, whole: string): string {
  if (whole.startsWith(text)) return whole.slice(text.length)
  return isEmptyObject(text) ? whole : ''
}

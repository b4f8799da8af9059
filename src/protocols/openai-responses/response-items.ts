/** The items of a Responses answer: which one an event belongs to, and what the client lacks of it. */

import { isEmptyObject, isSameObject, isWholeObject } from '../../lib/json.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { isServedCall } from './response-tool-calls.ts'
import type { OutputItem, OutputPart, StreamEvent } from './types.ts'

/** One item of an answer, and how much of it the client has. */
export interface AnswerItem {
  /** Tells it apart from the answer's other items. */
  readonly key: string
  /** `message`, `reasoning`, `call`, or the type of an item of the server's own tools. */
  readonly kind: string
  readonly ids: Set<unknown>
  readonly index: number | undefined
  callId: string
  /** Of a call; '' until it is known. */
  name: string
  /** All that came of it so far: text, thoughts or arguments. */
  text: string
  /** The same by the part that it came for. */
  readonly parts: Map<number, string>
  /** How much of `text` came again as whole parts, in UTF-16 units. */
  partsConfirmed: number
  /** How much of `text` came again as a whole item. */
  confirmed: number
  /** The item as it was announced; undefined if it was not. */
  announced: OutputItem | undefined
  isFinished: boolean
  /** Which of its two fields a reasoning item's thoughts came from. */
  source: 'summary' | 'content' | undefined
  isSealed: boolean
}

export function kindOf(item: OutputItem): string {
  const type = item.type ?? ''
  if (type === 'custom_tool_call') return isServedCall(item) ? type : 'call'
  return type === 'function_call' ? 'call' : type
}

/** Which of a whole reasoning item's two fields has content. */
export function sourceOf({ summary }: OutputItem): 'summary' | 'content' {
  return texts(summary).some(Boolean) ? 'summary' : 'content'
}

/** The texts of a whole item, part by part: of a message, of reasoning, of a call's arguments. */
export function partsOf(item: OutputItem, source?: AnswerItem['source']): readonly string[] {
  switch (item.type) {
    case 'message':
      return texts(item.content)
    case 'reasoning':
      return texts((source ?? sourceOf(item)) === 'summary' ? item.summary : item.content)
    case 'function_call':
    case 'custom_tool_call':
      return [argumentsOf(item)]
    default:
      return []
  }
}

export function argumentsOf({ type, arguments: args, input }: OutputItem): string {
  return argumentsPiece(type === 'custom_tool_call' ? { input } : args)
}

/** Some servers send a string instead of parts, as in Chat Completions. */
function texts(parts: unknown): readonly string[] {
  if (typeof parts === 'string') return [parts]
  if (!Array.isArray(parts)) return []
  return (parts as readonly (OutputPart | null)[]).map((part) => part?.text ?? part?.refusal ?? '')
}

/** Whether a whole item's text can be that of an item of which `item.text` came. */
export function agrees(item: AnswerItem, whole: string): boolean {
  const { text } = item
  if (whole.startsWith(text) || text.startsWith(whole)) return true
  return item.kind === 'call' && (isEmptyObject(text) || isSameObject(text, whole))
}

// --- Which item an event belongs to ---

/**
 * The items of an answer, and which of them an event belongs to. Neither ids nor indexes can be
 * relied on: Copilot gives an item another id in each event, gateways give all items one
 * `output_index`, vLLM counts both indexes over the whole answer and sends a finished call under
 * another `call_id` (and its id as `item_id`); some leave all of them out. So ids come first, then
 * the index, then the content.
 */
export class ItemList {
  readonly all: AnswerItem[] = []
  readonly #texts = new Map<string, string>()
  readonly #byId = new Map<string, AnswerItem>()

  /** The item that a piece belongs to; a new one if it belongs to none. */
  ofPiece(kind: string, event: StreamEvent): AnswerItem {
    const { output_index: index, item_id: id } = event
    const named = this.#named(kind, [id])
    if (named && (isOpen(named) || kind === 'call')) return named
    const placed = named ? undefined : this.#lastAt(kind, index, isOpen)
    return placed && !beginsAnother(placed, id) ? placed : this.add(kind, index, [id])
  }

  /** The item of which `text` is a whole part. */
  ofPart(kind: string, event: StreamEvent, text: string): AnswerItem {
    const { output_index: index, item_id: id } = event
    const known =
      this.#named(kind, [id]) ??
      this.#lastAt(kind, index, (item) => isOpen(item) || item.text.includes(text)) ??
      this.#lastAt(kind, undefined, (item) => isRest(item, text))
    return known ?? this.add(kind, index, [id])
  }

  /** The item that is announced. */
  ofAnnounced(item: OutputItem, event: StreamEvent): AnswerItem {
    const kind = kindOf(item)
    const ids = [item.id, item.item_id, event.item_id]
    const named = this.#named(kind, ids)
    if (named && !(named.isFinished && hasOtherCallId(named, item))) return named
    const begun = this.#lastAt(
      kind,
      event.output_index,
      (other) => (isOpen(other) && other.announced === undefined) || hasCallId(other, item),
    )
    return begun ? this.#known(begun, ids) : this.add(kind, event.output_index, ids)
  }

  /** The item that comes whole. */
  ofFinished(item: OutputItem, event: StreamEvent): AnswerItem {
    const kind = kindOf(item)
    const ids = [item.id, item.item_id, event.item_id]
    const whole = partsOf(item).join('')
    const index = event.output_index ?? undefined
    const named = this.#named(kind, ids)
    if (named && !isReused(named, { item, whole, index })) return named
    const known = named
      ? undefined
      : (this.#placed(item, whole, index) ?? this.#saying(item, whole))
    return known ? this.#known(known, ids) : this.add(kind, index, ids)
  }

  add(kind: string, index?: number | null, ids: readonly unknown[] = []): AnswerItem {
    const item: AnswerItem = {
      key: String(this.all.length),
      kind,
      ids: new Set(),
      index: index ?? undefined,
      callId: '',
      name: '',
      text: '',
      parts: new Map(),
      partsConfirmed: 0,
      confirmed: 0,
      announced: undefined,
      isFinished: false,
      source: undefined,
      isSealed: false,
    }
    this.all.push(item)
    return this.#known(item, ids)
  }

  /** Keeps what came of an item. */
  keep(item: AnswerItem, part: number, text: string): void {
    item.text += text
    item.parts.set(part, (item.parts.get(part) ?? '') + text)
    this.#texts.set(item.kind, this.textOf(item.kind) + text)
  }

  /** All that came of the items of a kind, in the order in which it came. */
  textOf(kind: string): string {
    return this.#texts.get(kind) ?? ''
  }

  #known(item: AnswerItem, ids: readonly unknown[]): AnswerItem {
    for (const id of ids) {
      if (typeof id !== 'string' || id === '') continue
      item.ids.add(id)
      this.#byId.set(id, item)
    }
    return item
  }

  /** Some servers give items of different kinds one id. */
  #named(kind: string, ids: readonly unknown[]): AnswerItem | undefined {
    for (const id of ids) {
      const item = typeof id === 'string' ? this.#byId.get(id) : undefined
      if (item?.kind === kind) return item
    }
    return undefined
  }

  /** The newest of a kind at an index; anywhere if there is no index. */
  #lastAt(
    kind: string,
    index: number | null | undefined,
    isIt: (item: AnswerItem) => boolean,
  ): AnswerItem | undefined {
    return this.all.findLast(
      (item) =>
        item.kind === kind && (typeof index !== 'number' || item.index === index) && isIt(item),
    )
  }

  #placed(item: OutputItem, whole: string, index: number | undefined): AnswerItem | undefined {
    const last = (isIt: (other: AnswerItem) => boolean): AnswerItem | undefined =>
      this.#lastAt(kindOf(item), index, (other) => mayBe(other, item, whole) && isIt(other))
    return (
      last((other) => hasCallId(other, item)) ??
      last(isOpen) ??
      last((other) => other.text === whole && !hasOtherCallId(other, item))
    )
  }

  /** The item with this content, whatever its index: the one that came first is finished first. */
  #saying(item: OutputItem, whole: string): AnswerItem | undefined {
    const kind = kindOf(item)
    const may = this.all.filter(
      (other) => other.kind === kind && isRest(other, whole) && mayBe(other, item, whole),
    )
    return may.find((other) => hasCallId(other, item)) ?? may[0]
  }
}

function isOpen({ isFinished }: AnswerItem): boolean {
  return !isFinished
}

/** Whether a call whose arguments are whole is followed by one with another id. */
function beginsAnother(item: AnswerItem, id: string | null | undefined): boolean {
  return item.kind === 'call' && Boolean(id) && item.ids.size > 0 && isWholeObject(item.text)
}

/** Whether the text and the part of the item that has not come whole yet begin alike. */
function isRest(item: AnswerItem, text: string): boolean {
  if (text === '') return false
  if (item.kind === 'call') return isOpen(item) && item.text !== '' && agrees(item, text)
  const rest = item.text.slice(item.confirmed)
  return rest !== '' && (text.startsWith(rest) || rest.startsWith(text))
}

function hasCallId({ callId }: AnswerItem, { call_id: id }: OutputItem): boolean {
  return callId !== '' && callId === id
}

function hasOtherCallId({ callId }: AnswerItem, { call_id: id }: OutputItem): boolean {
  return callId !== '' && Boolean(id) && callId !== id
}

/** Whether a whole item with an id that is not known can be one of which something came. */
function mayBe(known: AnswerItem, item: OutputItem, whole: string): boolean {
  if (known.kind !== 'call') return true
  if (known.name !== '' && Boolean(item.name) && known.name !== item.name) return false
  return agrees(known, whole) || !isIdentified(known, item)
}

function isIdentified({ ids, callId }: AnswerItem, item: OutputItem): boolean {
  return (ids.size > 0 || callId !== '') && Boolean(item.id ?? item.item_id ?? item.call_id)
}

interface WholeItem {
  readonly item: OutputItem
  readonly whole: string
  readonly index: number | undefined
}

/** Whether a known id names another item than before: some servers give all items one. */
function isReused(known: AnswerItem, { item, whole, index }: WholeItem): boolean {
  if (!known.isFinished || agrees(known, whole)) return false
  return hasOtherCallId(known, item) || known.index !== index
}

// --- What of a whole item is missing ---

/** What is missing of parts that come whole after their text came in pieces. */
interface Remainder {
  /** For each part the end of it that did not come yet. */
  readonly missing: readonly string[]
  /** The end of the text that is in none of the parts. */
  readonly left: string
}

/**
 * Compares whole parts with all the text that came, wherever it was cut; undefined if they differ.
 * @example remainder(['Hel', 'lo.'], 'Hello') // { missing: ['', '.'], left: '' }
 */
export function remainder(parts: readonly string[], text: string): Remainder | undefined {
  const missing: string[] = []
  let left = text
  for (const part of parts) {
    if (left.startsWith(part)) {
      missing.push('')
      left = left.slice(part.length)
    } else if (part.startsWith(left)) {
      missing.push(part.slice(left.length))
      left = ''
    } else return undefined
  }
  return { missing, left }
}

/**
 * What of a whole message or of whole reasoning did not come yet, part by part. It is compared
 * with all that came of the item, since the pieces may count their parts otherwise (vLLM counts
 * `content_index` over the answer), and with the items that follow it, since it may hold those too.
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
  // Repeated under another number. If it is another part after all, the whole item brings it.
  if (rest === '' && item.text.endsWith(whole)) return ''
  return remainder([whole], rest)?.missing[0] ?? whole
}

/** What of a call's whole arguments did not come yet; an empty object may stand before them. */
export function missingArguments({ text }: AnswerItem, whole: string): string {
  if (whole.startsWith(text)) return whole.slice(text.length)
  return isEmptyObject(text) ? whole : ''
}

// --- The snapshot at the end ---

/** An item of the snapshot that ends an answer. */
interface SnapshotItem {
  readonly item: OutputItem
  /** The same item as it was streamed; undefined if it was not. */
  readonly streamed: AnswerItem | undefined
  /** For each part of a message or of reasoning the end that was not streamed; undefined: not known. */
  readonly missing: readonly string[] | undefined
}

/**
 * Compares the snapshot at the end with what was streamed. Its ids and indexes often differ: an item
 * is the streamed one of the same id, else one with the same content, else the next one of its kind.
 * Text and thoughts are compared with all that was streamed, since servers may cut the answer into
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

/** Whether an earlier item of the snapshot has the same id and content. */
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

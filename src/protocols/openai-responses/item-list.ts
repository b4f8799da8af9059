import { isWholeObject } from '../../lib/json.ts'
import { agrees, type AnswerItem, kindOf, partsOf } from './answer-item.ts'
import type { OutputItem, WireEvent } from './wire.ts'

/**
 * The items of an answer, and which of them an event speaks of. Neither ids nor places can be
 * relied on: Copilot gives an item another id in each event, gateways give all items one
 * `output_index`, vLLM counts both indices over the whole answer and tells a finished call under
 * another `call_id` (and its id as `item_id`); some leave all of them out. So ids come first, then
 * the place, then what the item says.
 */
export class ItemList {
  readonly all: AnswerItem[] = []
  readonly #texts = new Map<string, string>()
  readonly #byId = new Map<string, AnswerItem>()

  /** The item that a piece belongs to; a new one if it belongs to none. */
  ofPiece(kind: string, event: WireEvent): AnswerItem {
    const { output_index: index, item_id: id } = event
    const named = this.#named(kind, [id])
    if (named && (isOpen(named) || kind === 'call')) return named
    const placed = named ? undefined : this.#lastAt(kind, index, isOpen)
    return placed && !beginsAnother(placed, id) ? placed : this.add(kind, index, [id])
  }

  /** The item of which `text` is a whole part. */
  ofPart(kind: string, event: WireEvent, text: string): AnswerItem {
    const { output_index: index, item_id: id } = event
    const known =
      this.#named(kind, [id]) ??
      this.#lastAt(kind, index, (item) => isOpen(item) || item.text.includes(text)) ??
      this.#lastAt(kind, undefined, (item) => isRest(item, text))
    return known ?? this.add(kind, index, [id])
  }

  /** The item that is announced. */
  ofAnnounced(item: OutputItem, event: WireEvent): AnswerItem {
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

  /** The item that is told whole. */
  ofFinished(item: OutputItem, event: WireEvent): AnswerItem {
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

  /** The newest of a kind at a place; anywhere if no place is told. */
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

  /** The item that says this, whatever its place: what came of it first is finished first. */
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

/** Whether the text begins as what came of the item and was not told whole yet, or the other way. */
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

interface Whole {
  readonly item: OutputItem
  readonly whole: string
  readonly index: number | undefined
}

/** Whether a known id names another item than before: some servers give all items one. */
function isReused(known: AnswerItem, { item, whole, index }: Whole): boolean {
  if (!known.isFinished || agrees(known, whole)) return false
  return hasOtherCallId(known, item) || known.index !== index
}

/** JSON text as bytes, where what is the same as in an earlier value keeps its bytes and is not written again. */
import { isSameJson } from './json-equality.ts'

/** A value's JSON text, with the positions of its parts. */
export interface JsonBytes {
  readonly bytes: Buffer
  readonly fields: ReadonlyMap<string, WrittenField>
}

/** A value and its position in the bytes; ends are exclusive. */
interface WrittenField {
  readonly value: unknown
  readonly start: number
  readonly end: number
  /** Of an array, in place of `value`. */
  readonly items?: WrittenItems
}

/** The first item begins behind the bracket, each other one behind the comma. */
interface WrittenItems {
  readonly values: readonly unknown[]
  readonly ends: readonly number[]
}

/**
 * The bytes of `JSON.stringify(value)`, for an object of values that JSON has.
 * @param earlier of a value whose fields, and items of whose arrays, may be the same; they must not have
 * been changed since.
 */
export function jsonBytes(value: object, earlier: JsonBytes | undefined): JsonBytes {
  const text = new Text(earlier?.bytes)
  const fields = new Map<string, WrittenField>()
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue
    text.write(`${fields.size === 0 ? '{' : ','}${JSON.stringify(key)}:`)
    fields.set(key, writeField(field, earlier?.fields.get(key), text))
  }
  text.write(fields.size === 0 ? '{}' : '}')
  return { bytes: text.bytes(), fields }
}

function writeField(value: unknown, before: WrittenField | undefined, text: Text): WrittenField {
  const start = text.length
  if (Array.isArray(value)) {
    const items = writeItems(value, before, text)
    return { value: undefined, start, end: text.length, items }
  }
  if (before && !before.items && isSameJson(value, before.value)) {
    text.copy(before.start, before.end)
    return { value: before.value, start, end: text.length }
  }
  text.write(JSON.stringify(value))
  return { value, start, end: text.length }
}

/**
 * Of what is the same, the value from before is kept: it is in the old part of the heap by now, and the
 * one that came now is garbage at once, which costs the collector nothing.
 */
function writeItems(
  items: readonly unknown[],
  before: WrittenField | undefined,
  text: Text,
): WrittenItems {
  const { start, items: known } = before?.items ? (before as WrittenList) : NOTHING
  const moved = text.length - start
  const same = sameItems(items, known.values)
  const values = known.values.slice(0, same)
  const ends = known.ends.slice(0, same).map((end) => end + moved)
  if (same > 0) text.copy(start, known.ends[same - 1] as number)
  for (let at = same; at < items.length; at += 1) {
    text.write(at === 0 ? '[' : ',')
    const isSame = at < known.values.length && isSameJson(items[at], known.values[at])
    if (isSame) text.copy((known.ends[at - 1] as number) + 1, known.ends[at] as number)
    else text.write(textOf(items[at]) ?? 'null')
    values.push(isSame ? known.values[at] : items[at])
    ends.push(text.length)
  }
  text.write(items.length === 0 ? '[]' : ']')
  return { values, ends }
}

type WrittenList = Required<Pick<WrittenField, 'start' | 'items'>>

const NOTHING: WrittenList = { start: 0, items: { values: [], ends: [] } }

/** How many items are the same at the beginnings of two lists. */
function sameItems(items: readonly unknown[], known: readonly unknown[]): number {
  const most = Math.min(items.length, known.length)
  let same = 0
  while (same < most && isSameJson(items[same], known[same])) same += 1
  return same
}

/** Undefined for what JSON does not have. */
function textOf(value: unknown): string | undefined {
  return JSON.stringify(value)
}

/** Text that is put together from new characters and from ranges of earlier bytes. */
class Text {
  readonly #earlier: Buffer | undefined
  readonly #parts: Uint8Array[] = []
  #new = ''
  /** In bytes. */
  length = 0

  constructor(earlier: Buffer | undefined) {
    this.#earlier = earlier
  }

  write(text: string): void {
    this.#new += text
    this.length += Buffer.byteLength(text)
  }

  /** Adds a range of the earlier bytes; the end is exclusive. */
  copy(start: number, end: number): void {
    if (this.#earlier === undefined) return
    this.#endText()
    this.#parts.push(this.#earlier.subarray(start, end))
    this.length += end - start
  }

  bytes(): Buffer {
    this.#endText()
    return Buffer.concat(this.#parts, this.length)
  }

  #endText(): void {
    if (this.#new !== '') this.#parts.push(Buffer.from(this.#new))
    this.#new = ''
  }
}

import { bareError } from '../../messages/bare-error.ts'
import { asGatewayError, type GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import { Repair } from './repair.ts'
import type { AnyEvent, RepairParts } from './repair-message.ts'
import {
  boundary,
  createStreamInspector,
  linesOf,
  requireEnd,
  type StreamInspector,
} from './stream-inspector.ts'

/**
 * A tap for a Messages API that another maker than Anthropic built. What is right passes byte for
 * byte; events that the client could not read are put right, and what cannot be is an error in the
 * place of an answer that only looks whole.
 * @param secrets that an error must not quote.
 */
export function createMendedTap(
  parts: RepairParts,
  secrets: readonly string[] = [],
): StreamInspector {
  const { provider } = parts
  const mender = new Mender(parts, secrets)
  const tap = createStreamInspector(provider, secrets, parts.model)
  let held: Buffer = Buffer.alloc(0)

  return {
    usage: () => mender.usage,
    stopReason: () => mender.stopReason,
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const due = boundary(bytes, held.length)
      held = bytes.subarray(due)
      if (due > 0) return tap.push(mender.mended(bytes.subarray(0, due)))
      requireEnd(bytes, provider)
      return undefined
    },
    isOver: () => tap.isOver() || mender.hasFault,
    end() {
      mender.requireNoFault()
      const cut = Buffer.concat([held, BLANK_LINE])
      const rest = isWhole(held.toString('utf8')) ? mender.mended(cut) : Buffer.alloc(0)
      const due = tap.push(Buffer.concat([rest, mender.end()]))
      mender.requireNoFault()
      // Of whole events alone nothing is held.
      tap.end()
      return due
    },
  }
}

const BLANK_LINE = Buffer.from('\n\n')
const NEWLINE = '\n'

/** The beginning of a piece of content, up to its text, as all the pieces of its block begin. */
const PIECE =
  /^event: ?content_block_delta\ndata: ?\{"type": ?"content_block_delta", ?"index": ?\d+, ?"delta": ?\{"type": ?"(?:text_delta|thinking_delta|input_json_delta)", ?"(?:text|thinking|partial_json)": ?"/

/** Puts whole frames right. */
class Mender {
  readonly #parts: RepairParts
  readonly #secrets: readonly string[]
  readonly #repair: Repair
  /** Events that were right and wait for another one to be told, as they came. */
  readonly #frames = new WeakMap<AnyEvent, string>()
  /** How the next piece of the open block begins, if it is like the last one; '' for none. */
  #alike = ''
  #usage: FinalUsage | undefined
  #stopReason: string | undefined
  /** Why the answer cannot go on; what came before it is due first. */
  #fault: GatewayError | undefined

  constructor(parts: RepairParts, secrets: readonly string[]) {
    this.#parts = parts
    this.#secrets = secrets
    this.#repair = new Repair(parts)
  }

  get hasFault(): boolean {
    return this.#fault !== undefined
  }

  requireNoFault(): void {
    if (this.#fault) throw this.#fault
  }

  get usage(): FinalUsage | undefined {
    return this.#usage
  }

  get stopReason(): string | undefined {
    return this.#stopReason
  }

  /** The same bytes where nothing is wrong with them. */
  mended(frames: Buffer): Buffer {
    const text = frames.toString('latin1')
    const pieces: Uint8Array[] = []
    let right = 0
    for (let at = 0; at < text.length && this.#fault === undefined;) {
      const alike = this.#endOfAlike(text, at)
      const end = alike ?? endOfFrame(text, at)
      if (alike === undefined) {
        const mended = this.#frame(frames.toString('utf8', at, end))
        if (mended !== undefined) {
          pieces.push(frames.subarray(right, at), Buffer.from(mended))
          right = end
        }
      }
      at = end
    }
    if (pieces.length === 0) return frames
    if (this.#fault === undefined) pieces.push(frames.subarray(right))
    return Buffer.concat(pieces)
  }

  end(): Buffer {
    return Buffer.from(this.#caught(() => this.#repair.end().map(frameOf).join('')) ?? '')
  }

  /** Where a piece like the one before ends; undefined for anything else. */
  #endOfAlike(text: string, at: number): number | undefined {
    const alike = this.#alike
    if (alike === '' || !text.startsWith(alike, at)) return undefined
    const end = text.indexOf(NEWLINE, at + alike.length)
    if (text[end + 1] !== NEWLINE || !text.startsWith('"}}', end - 3)) return undefined
    return end + 2
  }

  /** Undefined for a frame that is right. */
  #frame(text: string): string | undefined {
    const { data, name } = fieldsOf(text)
    if (data.length === 0) return this.#withoutData(text)
    this.#alike = ''
    const read = this.#caught(() => {
      const events = eventsIn(data, name, this.#parts.provider)
      return { events, told: events.flatMap((event) => this.#read(event)) }
    })
    if (read === undefined) return ''
    const { events, told } = read
    const event = rightEvent(events, name)
    if (event === undefined) return told.map((one) => this.#frameOf(one)).join('')
    if (told.length !== 1 || told[0] !== event) return this.#among(told, event, text)
    if (this.#repair.isPlain) this.#alike = PIECE.exec(text)?.[0] ?? ''
    return undefined
  }

  /** A comment or a name passes; an error that stands there as it is ends the answer. */
  #withoutData(text: string): string | undefined {
    const error = rawErrorIn(text)
    if (error === undefined) return undefined
    this.#fault = upstreamError(error, this.#parts.provider).without(this.#secrets)
    return ''
  }

  /** What is told at an event that was right in itself; as it came, whenever that is. */
  #among(told: readonly AnyEvent[], event: AnyEvent, text: string): string {
    if (!told.includes(event)) this.#frames.set(event, text)
    return told.map((one) => (one === event ? text : this.#frameOf(one))).join('')
  }

  #frameOf(event: AnyEvent): string {
    return this.#frames.get(event) ?? frameOf(event)
  }

  #read(event: AnyEvent): readonly AnyEvent[] {
    this.#count(event)
    return this.#repair.read(event)
  }

  /** What was reported, in the server's own numbers. */
  #count({ usage, message, delta }: AnyEvent): void {
    const counted = usage ?? message?.usage
    if (counted) this.#usage = { ...this.#usage, ...counted } as FinalUsage
    const reason = delta?.stop_reason
    if (typeof reason === 'string') this.#stopReason = reason
  }

  #caught<T>(mend: () => T): T | undefined {
    try {
      return mend()
    } catch (thrown) {
      this.#fault = asGatewayError(thrown).without(this.#secrets)
      return undefined
    }
  }
}

function frameOf(event: AnyEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

const FRAME_END = /\r\n\r?\n|\n\r?\n|\r\r\n?/g

function endOfFrame(text: string, at: number): number {
  FRAME_END.lastIndex = at
  const found = FRAME_END.exec(text)
  return found ? found.index + found[0].length : text.length
}

/** The one event of a frame that says it under its name. */
function rightEvent(events: readonly AnyEvent[], name: string | undefined): AnyEvent | undefined {
  const [event, ...others] = events
  if (event === undefined || others.length > 0) return undefined
  return event.type === name && !RETYPED.has(event) ? event : undefined
}

/** Whether only the blank line is missing behind an event, or an error as it is. */
function isWhole(text: string): boolean {
  const { data, name } = fieldsOf(text)
  if (data.length === 0) return rawErrorIn(text) !== undefined
  return eventOf(data.join('\n'), name) !== undefined
}

const FIELD = /^(?:data|event|id|retry)?:/

/** An error in JSON that is no event, also under llama.cpp's `error:`. */
function rawErrorIn(frame: string): object | undefined {
  const lines = linesOf(frame).filter((line) => !FIELD.test(line))
  // Google's gateways put an error into a list.
  const [said] = [eventOf(lines.join('\n').replace(/^error:/, ''), undefined)].flat()
  if (typeof said !== 'object') return undefined
  return said.error ? said : bareError(said)
}

interface Fields {
  readonly name: string | undefined
  readonly data: readonly string[]
}

function fieldsOf(text: string): Fields {
  let name: string | undefined
  const data: string[] = []
  for (const line of linesOf(text)) {
    if (line.startsWith('data:')) data.push(line.slice('data:'.length))
    else if (line.startsWith('event:')) name = line.slice('event:'.length).trim()
  }
  return { name, data }
}

/** Events whose type stood in their name alone. */
const RETYPED = new WeakSet<object>()

/** The events of a frame: one, unless a server leaves out the blank lines. */
function eventsIn(
  data: readonly string[],
  name: string | undefined,
  provider: string,
): readonly AnyEvent[] {
  const whole = data.join('\n').trim()
  if (whole === '[DONE]' || whole === '') return []
  const one = eventOf(whole, name)
  if (one !== undefined) return [requireEvent(one, provider)]
  const several = data.map((line) => eventOf(line, undefined))
  if (several.every((event) => event !== undefined)) {
    return several.map((event) => requireEvent(event, provider))
  }
  throw notJsonError(whole, provider, undefined)
}

function eventOf(text: string, name: string | undefined): Partial<AnyEvent> | undefined {
  try {
    const value = JSON.parse(text) as Partial<AnyEvent> | null
    if (typeof value !== 'object' || value === null) return undefined
    if (typeof value.type === 'string' || name === undefined) return value
    const typed = { ...value, type: name }
    RETYPED.add(typed)
    return typed
  } catch {
    return undefined
  }
}

/** @throws GatewayError for an error in a shape that the client does not read, and for what is none. */
function requireEvent(event: Partial<AnyEvent>, provider: string): AnyEvent {
  const { type, error } = event
  const isBare = typeof type !== 'string'
  if (isBare || (type === 'error' && !isReadable(error))) throw upstreamError(event, provider)
  return event as AnyEvent
}

function isReadable(error: unknown): boolean {
  const { type, message } = (error ?? {}) as { type?: unknown; message?: unknown }
  return typeof type === 'string' && typeof message === 'string'
}

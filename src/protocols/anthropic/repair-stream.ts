/** Repairs the event stream of another vendor's Messages API while it passes through. */

import { bareError } from '../../messages/upstream-error-body.ts'
import { asGatewayError, type GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import { EventRepair } from './repair-events.ts'
import type { RepairContext } from './repair-message.ts'
import {
  boundary,
  createStreamInspector,
  isFieldLine,
  linesOf,
  requireEnd,
  type StreamInspector,
} from './stream-inspector.ts'
import type { AnyEvent } from './types.ts'

/**
 * A stream inspector for another vendor's Messages API. Correct events pass byte for byte; events that
 * the client could not read are repaired; what cannot be repaired becomes an error instead of an answer
 * that only looks complete.
 * @param secrets that an error must not quote.
 */
export function createRepairingInspector(
  parts: RepairContext,
  secrets: readonly string[] = [],
): StreamInspector {
  const { provider } = parts
  const repair = new StreamRepair(parts, secrets)
  const inspector = createStreamInspector(provider, secrets, parts.model)
  let held: Buffer = Buffer.alloc(0)

  return {
    usage: () => repair.usage,
    stopReason: () => repair.stopReason,
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const due = boundary(bytes, held.length)
      held = bytes.subarray(due)
      if (due > 0) return inspector.push(repair.repaired(bytes.subarray(0, due)))
      requireEnd(bytes, provider)
      return undefined
    },
    isOver: () => inspector.isOver() || repair.hasFault,
    end() {
      repair.requireNoFault()
      const cut = Buffer.concat([held, BLANK_LINE])
      const rest = isWholeEvent(held.toString('utf8')) ? repair.repaired(cut) : Buffer.alloc(0)
      const due = inspector.push(Buffer.concat([rest, repair.end()]))
      repair.requireNoFault()
      // It got only whole events, so that it holds nothing.
      inspector.end()
      return due
    },
  }
}

const BLANK_LINE = Buffer.from('\n\n')
const NEWLINE = '\n'

/** A delta event up to its text: all deltas of a block begin alike. */
const DELTA_START =
  /^event: ?content_block_delta\ndata: ?\{"type": ?"content_block_delta", ?"index": ?\d+, ?"delta": ?\{"type": ?"(?:text_delta|thinking_delta|input_json_delta)", ?"(?:text|thinking|partial_json)": ?"/

/** Repairs whole frames. */
class StreamRepair {
  readonly #parts: RepairContext
  readonly #secrets: readonly string[]
  readonly #events: EventRepair
  /** The original text of correct events that wait for another block. */
  readonly #frames = new WeakMap<AnyEvent, string>()
  /** How the next delta of the open block begins, if it is like the last one; '' if unknown. */
  #deltaStart = ''
  #usage: FinalUsage | undefined
  #stopReason: string | undefined
  /** Why the answer cannot continue; what came before is emitted first. */
  #fault: GatewayError | undefined

  constructor(parts: RepairContext, secrets: readonly string[]) {
    this.#parts = parts
    this.#secrets = secrets
    this.#events = new EventRepair(parts)
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

  /** The repaired frames; the very same bytes if they are correct. */
  repaired(frames: Buffer): Buffer {
    const text = frames.toString('latin1')
    const pieces: Uint8Array[] = []
    let right = 0
    for (let at = 0; at < text.length && this.#fault === undefined;) {
      const alike = this.#endOfSimilar(text, at)
      const end = alike ?? endOfFrame(text, at)
      if (alike === undefined) {
        const repaired = this.#frame(frames.toString('utf8', at, end))
        if (repaired !== undefined) {
          pieces.push(frames.subarray(right, at), Buffer.from(repaired))
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
    return Buffer.from(this.#attempt(() => this.#events.end().map(frameOf).join('')) ?? '')
  }

  /** Where a delta that begins like the last one ends; undefined for anything else. */
  #endOfSimilar(text: string, at: number): number | undefined {
    const alike = this.#deltaStart
    if (alike === '' || !text.startsWith(alike, at)) return undefined
    const end = text.indexOf(NEWLINE, at + alike.length)
    if (text[end + 1] !== NEWLINE || !text.startsWith('"}}', end - 3)) return undefined
    return end + 2
  }

  /** The repaired frame; undefined for a correct one. */
  #frame(text: string): string | undefined {
    const { data, name } = fieldsOf(text)
    if (data.length === 0) return this.#frameWithoutData(text)
    this.#deltaStart = ''
    const read = this.#attempt(() => {
      const events = eventsIn(data, name, this.#parts.provider)
      return { events, due: events.flatMap((event) => this.#read(event)) }
    })
    if (read === undefined) return ''
    const { events, due } = read
    const event = correctEvent(events, name)
    if (event === undefined) return due.map((one) => this.#frameOf(one)).join('')
    if (due.length !== 1 || due[0] !== event) return this.#repairedFrame(due, event, text)
    if (this.#events.isPlain) this.#deltaStart = DELTA_START.exec(text)?.[0] ?? ''
    return undefined
  }

  /** A comment or a bare event name passes; a raw error in JSON ends the answer. */
  #frameWithoutData(text: string): string | undefined {
    const error = rawErrorIn(text)
    if (error === undefined) return undefined
    this.#fault = upstreamError(error, this.#parts.provider).without(this.#secrets)
    return ''
  }

  /** What is due at a correct event; its own text unchanged, now or later. */
  #repairedFrame(due: readonly AnyEvent[], event: AnyEvent, text: string): string {
    if (!due.includes(event)) this.#frames.set(event, text)
    return due.map((one) => (one === event ? text : this.#frameOf(one))).join('')
  }

  #frameOf(event: AnyEvent): string {
    return this.#frames.get(event) ?? frameOf(event)
  }

  #read(event: AnyEvent): readonly AnyEvent[] {
    this.#readReport(event)
    return this.#events.read(event)
  }

  /** Keeps usage and stop reason as the server reported them. */
  #readReport({ usage, message, delta }: AnyEvent): void {
    const counted = usage ?? message?.usage
    if (counted) this.#usage = { ...this.#usage, ...counted } as FinalUsage
    const reason = delta?.stop_reason
    if (typeof reason === 'string') this.#stopReason = reason
  }

  #attempt<T>(mend: () => T): T | undefined {
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

/** The event of a frame that has exactly one, of the type that the frame names. */
function correctEvent(events: readonly AnyEvent[], name: string | undefined): AnyEvent | undefined {
  const [event, ...others] = events
  if (event === undefined || others.length > 0) return undefined
  return event.type === name && !NAMED_ONLY.has(event) ? event : undefined
}

/** Whether the text is a whole event, or a raw error, that lacks only its blank line. */
function isWholeEvent(text: string): boolean {
  const { data, name } = fieldsOf(text)
  if (data.length === 0) return rawErrorIn(text) !== undefined
  return eventOf(data.join('\n'), name) !== undefined
}

/** A raw error in JSON that is not an event, also after llama.cpp's `error:`. */
function rawErrorIn(frame: string): object | undefined {
  const lines = linesOf(frame).filter((line) => !isFieldLine(line))
  // Google's gateways put an error into a list.
  const [error] = [eventOf(lines.join('\n').replace(/^error:/, ''), undefined)].flat()
  if (typeof error !== 'object') return undefined
  return error.error ? error : bareError(error)
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

/** Events whose type was only in the frame's name. */
const NAMED_ONLY = new WeakSet<object>()

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
    NAMED_ONLY.add(typed)
    return typed
  } catch {
    return undefined
  }
}

/** @throws GatewayError for an error in a shape that the client does not read, and for what is no event. */
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

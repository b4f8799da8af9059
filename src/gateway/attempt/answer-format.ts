/** Finds out how an answer of the Messages API comes: as a document or as events. */
import { TextDecoder } from 'node:util'
import { invokeStreamToSse } from '../../protocols/anthropic/response.ts'
import { isFieldLine, linesOf } from '../../protocols/anthropic/stream-inspector.ts'
import { awsEventFrames } from '../../framing/aws-event-stream.ts'
import { JsonValues } from '../../lib/json-values.ts'
import { sseFrames, withoutComments } from '../../framing/sse.ts'
import { asGatewayError, GatewayError } from '../../messages/error.ts'
import { Readable } from 'node:stream'
import { collect } from '../../messages/collect.ts'
import type { StreamEvent } from '../../messages/events.ts'
import { isMessageText, upstreamError } from '../../messages/upstream-error.ts'

/**
 * How an answer of the Messages API comes, by its bytes: servers ignore `stream`, and name content
 * types as they like.
 */
type Opening =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'page' }
  /** JSON: the whole answer or error, or what there is of it. */
  | { readonly kind: 'document'; readonly json: string }
  /** Server-sent events: what was read of them already, and the rest. */
  | {
      readonly kind: 'events'
      readonly first: Uint8Array
      readonly rest: AsyncGenerator<Uint8Array>
    }

/** Counts bytes that are held. @throws GatewayError for more than ccr reads. */
type Count = (bytes: number) => void

/** Reads an answer up to where its bytes show how it comes; a document is read whole. */
export async function opening(
  bytes: AsyncGenerator<Uint8Array>,
  provider: string,
  count: Count,
): Promise<Opening> {
  const decoder = new TextDecoder()
  const beginning = new Beginning()
  const read: Uint8Array[] = []
  for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) {
    count(next.value.length)
    read.push(next.value)
    // Messages of AWS begin with a length whose first byte is 0, which begins no text.
    if (beginning.text === '' && next.value[0] === 0) {
      return opening(
        invokeStreamToSse(awsEventFrames(joined(read, bytes)), provider),
        provider,
        count,
      )
    }
    if (!beginning.decides(decoder.decode(next.value, { stream: true }))) continue
    const { text } = beginning
    if (text.startsWith('<')) return { kind: 'page' }
    const isJson = text.startsWith('{') || text.startsWith('[')
    if (isJson) return openedJson(text, decodedBy(decoder, bytes), count)
    return openedEvents(text, read, bytes)
  }
  const { text } = beginning
  return text === '' || text === ':' ? { kind: 'nothing' } : openedEvents(text, read, bytes)
}

/** The first text of an answer, up to where it shows what comes. */
class Beginning {
  text = ''
  /** Whether the first line of data has no end yet. */
  #isOpen = false

  /** Whether there is enough of it. */
  decides(piece: string): boolean {
    if (this.#isOpen) {
      this.text += piece
      return hasLineEnd(piece)
    }
    this.text = withoutComments(this.text + piece)
    if (this.text === ':' || 'data:'.startsWith(this.text)) return false
    this.#isOpen = this.text.startsWith('data:') && !hasLineEnd(this.text)
    return !this.#isOpen
  }
}

function hasLineEnd(text: string): boolean {
  return /[\r\n]/.test(text)
}

/** Events, or the whole answer as the only one. */
function openedEvents(
  text: string,
  read: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): Opening {
  const [, json = ''] = /^data:([^\r\n]*)/.exec(text) ?? []
  if (typeOf(json) === 'message') return { kind: 'document', json: json.trim() }
  return { kind: 'events', first: Buffer.concat(read), rest }
}

/** Most text that is read in the place of events, bytes. */
const WORDS_LIMIT = 2_000

/** What a server wrote where events should be, by its first bytes: text without a field of an event; else ''. */
export function wordsIn(first: Uint8Array): string {
  // As in a stream: a letter that is cut at the end is left out.
  const words = new TextDecoder().decode(first.subarray(0, WORDS_LIMIT), { stream: true }).trim()
  // Bytes that are no text say nothing.
  const isText = /^[\t\n\r\P{C}]*$/u.test(words) && !words.includes('\ufffd')
  const isMessage = isText && isMessageText(words) && !linesOf(words).some(isFieldLine)
  return isMessage ? words : ''
}

/** JSON that is one document, or an event a line. */
async function openedJson(
  beginning: string,
  rest: AsyncGenerator<string>,
  count: Count,
): Promise<Opening> {
  const values = new JsonValues()
  let piece = beginning
  for (;;) {
    const [first, ...others] = values.push(piece).values
    if (first !== undefined && isEvent(first)) {
      const due = Buffer.from([first, ...others].map(sse).join(''))
      return { kind: 'events', first: due, rest: sseOfValues(values, rest) }
    }
    if (first !== undefined) return { kind: 'document', json: first }
    const next = await rest.next().catch(brokenOff)
    if (next.done === true) return { kind: 'document', json: values.held }
    count(next.value.length)
    piece = next.value
  }
}

/** Half of a document was billed, so that no other candidate is tried. */
function brokenOff(thrown: unknown): never {
  throw asGatewayError(thrown).with({ partial: true })
}

async function* sseOfValues(
  values: JsonValues,
  rest: AsyncGenerator<string>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of rest) {
    const text = values.push(piece).values.map(sse).join('')
    if (text !== '') yield Buffer.from(text)
  }
}

function isEvent(json: string): boolean {
  const type = typeOf(json)
  return type !== 'message' && type !== 'error' && type !== ''
}

/** An event; line ends stand between the parts of JSON only. */
function sse(json: string): string {
  return `event: ${typeOf(json)}\ndata: ${json.replaceAll(/[\r\n]/g, ' ')}\n\n`
}

function typeOf(json: string): string {
  try {
    const { type } = (JSON.parse(json) ?? {}) as { type?: unknown }
    return typeof type === 'string' ? type : ''
  } catch {
    return ''
  }
}

async function* decodedBy(
  decoder: TextDecoder,
  bytes: AsyncGenerator<Uint8Array>,
): AsyncGenerator<string> {
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true })
}

async function* joined(
  read: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* read
  yield* rest
}

/**
 * The document that an event stream of the Messages API describes, as JSON.
 * @throws GatewayError for an error among the events, or an event that is no JSON.
 */
export async function collectedFrom(stream: Uint8Array, provider: string): Promise<string> {
  return JSON.stringify(await collect(eventsIn(stream, provider)))
}

async function* eventsIn(
  stream: Uint8Array,
  provider: string,
): AsyncGenerator<readonly StreamEvent[]> {
  for await (const frames of sseFrames(Readable.from([stream]))) {
    yield frames.map(({ data }) => {
      const event = eventOf(data)
      if (event.type === 'error') throw upstreamError(event, provider)
      return event
    })
  }
}

function eventOf(data: string): StreamEvent {
  try {
    return (JSON.parse(data) ?? {}) as StreamEvent
  } catch (cause) {
    const text = 'The upstream sent an event that is not JSON.'
    throw new GatewayError('api_error', text, { status: 502, cause })
  }
}

/**
 * Reads requests by what is new in them. A client sends the whole conversation with each request, and all
 * but its end are the same bytes as in the request before. The messages that are the same are neither
 * parsed again nor written again for a target.
 *
 * What is kept is only ever compared: bytes with bytes, and values with values. So a request that is read
 * with the help of an earlier one is the same as one that is read alone. Requests and their parts are
 * immutable: those that are kept are handed out again.
 */
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import {
  type Message,
  type MessagesRequest,
  parseMessages,
  parseRequest,
} from '../../messages/request.ts'
import { mayHoldHalves, wellFormed } from '../../messages/sanitize.ts'
import { TAG } from '../../routing/tag.ts'
import { type JsonBytes, jsonBytes } from './json-bytes.ts'
import {
  type MessagePositions,
  messageEnds,
  messagePositions,
  skipBlanks,
} from './message-positions.ts'

/** A request as it is read from a body. */
export interface ReadRequest {
  /** As the client sent it. */
  readonly sent: MessagesRequest
  /** With `\ufffd` for each half of a surrogate pair; the same object where there is none. */
  readonly received: MessagesRequest
  /** Whether a routing tag stands anywhere in the body. */
  readonly hasTag: boolean
  /** Writes what is sent to a target; absent: `plainBytes` does. */
  readonly bytesOf?: BytesOf
}

/**
 * The bytes of `JSON.stringify(body)`: as bytes they are outside of the heap that is collected all the
 * time. Bodies for one target resemble each other.
 */
export type BytesOf = (target: ModelRef, body: object) => Buffer

export interface RequestCache {
  /** Reads a body. @throws GatewayError as `parseRequest` does. */
  read(body: Buffer): ReadRequest
  /** Forgets everything. */
  clear(): void
}

export interface RequestCacheLimits {
  /** Conversations that are kept. */
  readonly conversations: number
  /** Memory that they take together, bytes. */
  readonly bytes: number
  /** How long a conversation is kept after its last request, ms. */
  readonly keepMs: number
  /** Smaller bodies take no time and are not kept, bytes. */
  readonly least: number
}

const LIMITS: RequestCacheLimits = {
  conversations: 8,
  bytes: 32 * 1024 * 1024,
  keepMs: 60_000,
  least: 16 * 1024,
}

/** Targets of a conversation whose bodies are kept: that of its model, and one to fall back on. */
const TARGETS = 2

/** What is kept of a conversation: its last request. */
interface Conversation {
  readonly body: Buffer
  readonly request: MessagesRequest
  /** Of `body`; undefined before the next request needs them. */
  positions: MessagePositions | undefined
  /** What was written for targets, the newest last. Undefined for a first request: many have no second one. */
  readonly written: Map<string, JsonBytes> | undefined
}

export interface RequestCacheParts {
  readonly limits?: RequestCacheLimits
  /** Called with the bytes that are free once a conversation is forgotten. */
  readonly onMemoryFreed?: ((bytes: number) => void) | undefined
}

export function createRequestCache({
  limits = LIMITS,
  onMemoryFreed,
}: RequestCacheParts = {}): RequestCache {
  /** With the timers by which they are forgotten; the newest last. */
  const kept = new Map<Conversation, NodeJS.Timeout>()

  function keep(conversation: Conversation): void {
    kept.set(conversation, setTimeout(() => expire(conversation), limits.keepMs).unref())
    trim()
  }

  function expire(conversation: Conversation): void {
    kept.delete(conversation)
    onMemoryFreed?.(heldBytes(conversation))
  }

  function forget(conversation: Conversation | undefined): void {
    if (conversation === undefined) return
    clearTimeout(kept.get(conversation))
    kept.delete(conversation)
  }

  function trim(): void {
    for (const oldest of kept.keys()) {
      const bytes = sum([...kept.keys()].map(heldBytes))
      if (kept.size <= limits.conversations && bytes <= limits.bytes) return
      forget(oldest)
    }
  }

  function read(body: Buffer): ReadRequest {
    if (body.length < limits.least) return readAlone(body)
    const before = nearest(kept.keys(), body)
    const continued = before && continuedRequest(before, body)
    const read = continued ? readFrom(continued, body) : readAlone(body)
    if (read.hasTag || read.hasHalves) return read
    const goesOn = before?.isSame === true
    const conversation: Conversation = {
      body,
      request: read.sent,
      positions: continued?.positions,
      written: goesOn ? (before.conversation.written ?? new Map()) : undefined,
    }
    if (goesOn) forget(before.conversation)
    keep(conversation)
    return {
      ...read,
      bytesOf(target, value) {
        const bytes = writtenBytes(conversation, target, value)
        trim()
        return bytes
      },
    }
  }

  return {
    read,
    clear() {
      for (const conversation of [...kept.keys()]) forget(conversation)
    },
  }
}

/** Reads each request alone. */
export const WITHOUT_CACHE: RequestCache = { read: readAlone, clear: () => undefined }

// --- Reading ---

interface Read extends ReadRequest {
  /** Whether halves of surrogate pairs may stand in the body. */
  readonly hasHalves: boolean
}

function readAlone(body: Buffer): Read {
  return checked(parseRequest(body.toString('utf8')), body)
}

/** What is kept has neither halves nor tags, so only what is new needs a look. */
function readFrom({ request, from }: Continued, body: Buffer): Read {
  return checked(request, body.subarray(from))
}

function checked(sent: MessagesRequest, bytes: Buffer): Read {
  const hasHalves = mayHoldHalves(bytes)
  const received = hasHalves ? wellFormed(sent) : sent
  return { sent, received, hasHalves, hasTag: bytes.includes(TAG) }
}

/** A conversation whose last request begins as a body does. */
interface Before {
  readonly conversation: Conversation
  readonly positions: MessagePositions
  /** How many bytes are the same. */
  readonly common: number
  /** Whether these are most of its messages: the body goes on with it, and nothing else will. */
  readonly isSame: boolean
}

/** The conversation that has the longest beginning in common with a body, at least a message. */
function nearest(kept: Iterable<Conversation>, body: Buffer): Before | undefined {
  let [conversation, common]: [Conversation | undefined, number] = [undefined, 0]
  for (const other of kept) {
    const length = commonLength(other.body, body)
    if (length > common) [conversation, common] = [other, length]
  }
  if (conversation === undefined) return undefined
  const positions = (conversation.positions ??= messagePositions(conversation.body))
  if (positions?.ends.length !== conversation.request.messages.length) return undefined
  const { start, ends, close } = positions
  if (common < (ends[0] ?? Infinity)) return undefined
  return { conversation, positions, common, isSame: common - start > (close - start) / 2 }
}

interface Continued {
  readonly request: MessagesRequest
  readonly positions: MessagePositions
  /** Where the first message begins that is not the one before's. */
  readonly from: number
}

/**
 * A request whose first messages are those of the one before, byte for byte, and whose bytes behind the
 * messages are the same, too. Both bodies are then the same JSON but for the messages between; undefined
 * where anything is different from that.
 */
function continuedRequest(before: Before, body: Buffer): Continued | undefined {
  const { conversation, positions, common } = before
  const { start, ends, close } = positions
  const count = ends.findLastIndex((end) => end <= common) + 1
  const from = ends[count - 1] ?? start
  const behind = conversation.body.subarray(close)
  const to = body.length - behind.length
  if (to < from || !body.subarray(to).equals(behind)) return undefined
  const messages = addedMessages(body.subarray(from, to))
  if (messages === undefined) return undefined
  const added = messageEnds(body, from)
  const { request } = conversation
  return {
    request: { ...request, messages: [...request.messages.slice(0, count), ...messages] },
    positions: { start, ends: [...ends.slice(0, count), ...added.ends], close: added.close },
    from,
  }
}

/** The messages of the text between a message and the end of the list; undefined where it is no such text. */
function addedMessages(text: Buffer): readonly Message[] | undefined {
  const comma = skipBlanks(text, 0)
  if (comma === text.length) return []
  if (text[comma] !== COMMA) return undefined
  try {
    const messages = parseMessages(`[${text.toString('utf8', comma + 1)}]`)
    return messages.length === 0 ? undefined : messages
  } catch {
    // Whoever parses the whole body finds the error, and says where it is.
    return undefined
  }
}

const COMMA = 0x2c

/** How many bytes two bodies have in common at their beginnings. */
function commonLength(a: Buffer, b: Buffer): number {
  const areSame = (from: number, to: number): boolean => a.compare(b, from, to, from, to) === 0
  let low = 0
  let high = Math.min(a.length, b.length)
  for (let step = 1024; low + step < high; step *= 2) {
    if (areSame(low, low + step)) low += step
    else high = low + step
  }
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (areSame(low, middle)) low = middle
    else high = middle - 1
  }
  return low
}

// --- Writing ---

export const plainBytes: BytesOf = (_, body) => Buffer.from(JSON.stringify(body))

function writtenBytes({ written: all }: Conversation, target: ModelRef, body: object): Buffer {
  if (all === undefined) return plainBytes(target, body)
  const name = formatModelRef(target)
  const next = jsonBytes(body, all.get(name))
  all.delete(name)
  all.set(name, next)
  const [oldest] = all.keys()
  if (all.size > TARGETS && oldest !== undefined) all.delete(oldest)
  return next.bytes
}

// --- Memory ---

/** What a conversation takes in memory, about: text as bytes, and once more or twice as parsed or encoded. */
function heldBytes({ body, written: all }: Conversation): number {
  const encoded = [...(all?.values() ?? [])].map(({ bytes }) => bytes.length)
  return 3 * body.length + 2 * sum(encoded)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

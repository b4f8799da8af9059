/** Forwards the client's request to an upstream that has the Messages API, and its answer back. */
import { forward, refusedBetas, withoutBetas } from '../../protocols/anthropic/request.ts'
import type { Dialect, Forwarded, Original } from '../../protocols/anthropic/types.ts'
import { createRepairingInspector } from '../../protocols/anthropic/repair-stream.ts'
import { repairMessage, type RepairContext } from '../../protocols/anthropic/repair-message.ts'
import {
  createStreamInspector,
  type StreamInspector,
} from '../../protocols/anthropic/stream-inspector.ts'
import { messageToEvents } from '../../protocols/anthropic/response.ts'
import { reportedCost } from '../../pricing/reported-cost.ts'
import { randomId } from '../../lib/ids.ts'
import { withText } from '../../lib/json-span.ts'
import { within } from '../../lib/within.ts'
import { bareError } from '../../messages/upstream-error-body.ts'
import { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import {
  isOutputLimit,
  refusedFields,
  withoutField,
  withoutFields,
} from '../../messages/refused-field.ts'
import type { Refusal } from '../../messages/refusal.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { requestFallbacks, requestWithout } from '../../messages/request-fallback.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Call } from '../../providers/configured/call.ts'
import { credentialsOf } from '../../providers/configured/secrets.ts'
import type { Answer } from '../../upstream/answer.ts'
import { htmlError } from '../../upstream/answer-errors.ts'
import { again, type Next } from './retry-without.ts'
import { collectedFrom, opening, wordsIn } from './answer-format.ts'
import { GRACE } from './stream-decoder.ts'
import {
  describedFirst,
  describedIn,
  type Exchange,
  send,
  toolIds,
  triedNext,
  tryingOf,
} from './translate.ts'
import { redirected } from './user-transformers.ts'
import type { Client } from '../client-headers.ts'
import type { Target } from '../../protocols/protocol.ts'
import type { RequestRewrite } from '../../transforms/transforms.ts'

/** A request to a Messages API. */
export interface ForwardExchange extends Exchange {
  /** Whose it is. */
  readonly dialect: Dialect
}

/**
 * Forwards a request to an Anthropic upstream and gives the upstream's bytes, whole events at a time,
 * up to the one that ends the answer. Whether they are events or a document is read from the bytes:
 * servers ignore `stream`, and name content types as they like.
 * @param query of the client's URL, with the `?`.
 * @throws GatewayError if the upstream fails or its answer is not whole.
 */
export async function* passThrough(
  exchange: ForwardExchange,
  original: Original,
  query: string,
): AsyncGenerator<Uint8Array> {
  const { request, provider } = exchange
  const streamed = request.stream === true
  const { call, answer } = await sendForwarded(exchange, original, query)
  const secrets = [...provider.secrets, ...credentialsOf(call.headers)]
  const tap = tapFor(exchange, secrets)
  let bytes = answer.body
  try {
    const opened = await opening(bytes, provider.name, bounded(exchange).add)
    if (opened.kind === 'document') {
      yield document(opened.json, { ...exchange, secrets })
      return
    }
    if (opened.kind !== 'events') throw noAnswer(opened.kind, exchange, call)
    bytes = opened.rest
    const held = gathering(exchange)
    // What is not passed on at once is held, and must not grow without bound.
    const unsent = bounded(exchange)
    let chunk = opened.first
    for (;;) {
      const events = tap.push(chunk)
      unsent.add(chunk.length)
      if (events && streamed) {
        unsent.reset()
        yield events
      } else if (events) held.add(events)
      // Whatever comes behind it, and how the connection ends, is no part of the answer.
      if (tap.isOver()) break
      const next = await nextOf(bytes, tap, exchange)
      if (next === undefined) break
      chunk = next
    }
    const last = endOf(tap, wordsIn(opened.first), { ...exchange, secrets })
    if (last) held.add(last)
    const rest = held.bytes()
    if (!streamed) yield Buffer.from(await collectedFrom(rest, provider.name))
    else if (rest.length > 0) yield rest
  } finally {
    report(tap, exchange)
    // Not awaited: it may wait for the end of the upstream's body.
    void bytes.return(undefined).catch(() => undefined)
    answer.release()
  }
}

/**
 * The end of the stream.
 * @param words what the server wrote in the place of events.
 * @throws GatewayError with these words, or that the answer was cut.
 */
function endOf(
  tap: StreamInspector,
  words: string,
  { provider, secrets }: Exchange & { readonly secrets: readonly string[] },
): Uint8Array | undefined {
  try {
    return tap.end()
  } catch (thrown) {
    const isSilent = tap.usage() === undefined && tap.stopReason() === undefined
    if (words === '' || !isSilent) throw thrown
    throw notJsonError(words, provider.name, thrown).without(secrets)
  }
}

/**
 * The next bytes; undefined at their end. An answer that is repaired needs no end behind its stop
 * reason.
 */
async function nextOf(
  bytes: AsyncGenerator<Uint8Array>,
  tap: StreamInspector,
  { dialect, grace = GRACE }: ForwardExchange,
): Promise<Uint8Array | undefined> {
  const read = bytes.next()
  const isLate = REPAIRED.has(dialect) && tap.stopReason() !== undefined
  const step = isLate ? await within(read, grace.unmarked).catch(() => OVER) : await read
  if (step === undefined) grace.onSilence?.()
  return step === undefined || step.done === true ? undefined : step.value
}

const OVER = { done: true, value: undefined } as const

/** Dialects whose answers may differ from Anthropic's, and are repaired. */
const REPAIRED: ReadonlySet<Dialect> = new Set<Dialect>(['unknown', 'compatible'])

function tapFor(exchange: ForwardExchange, secrets: readonly string[]): StreamInspector {
  const { provider, dialect } = exchange
  if (!REPAIRED.has(dialect))
    return createStreamInspector(provider.name, secrets, exchange.request.model)
  return createRepairingInspector(repairParts(exchange), secrets)
}

function repairParts({ request, provider, inputEstimate }: Exchange): RepairContext {
  return {
    provider: provider.name,
    model: request.model,
    newMessageId: () => randomId('msg_'),
    newToolId: () => randomId('toolu_'),
    takenToolIds: toolIds(request),
    toolNames: (request.tools ?? []).map(({ name }) => name),
    inputEstimate,
  }
}

interface Answered {
  readonly call: Call
  readonly answer: Answer
}

/** Sends the request, and again where what was refused can be left out or put in another way. */
async function sendForwarded(
  exchange: ForwardExchange,
  original: Original,
  query: string,
): Promise<Answered> {
  const { refused, onDropped } = exchange
  const known = unrefused(original, refused)
  onDropped(known.dropped)
  const first: Sent = known.original
  const answered = await again(tryingOf(exchange), first, {
    send: async (sent) => {
      const described = await describedIn(sent, exchange)
      const original = described ? changed(sent, described.request) : sent
      const forwarded = forward(original, exchange.target, exchange.dialect)
      onDropped(forwarded.dropped)
      const call = await callOf(exchange, forwarded, query)
      return { call, answer: await answerTo(call, exchange), dropped: described?.dropped }
    },
    changes: (sent, refusal) => changes(sent, refusal, exchange),
  })
  onDropped(answered.dropped ?? [])
  return answered
}

/** What is forwarded. */
interface Sent extends Original {
  /** Its images are described before it is sent. */
  readonly isDescribed?: true
}

function* changes(original: Sent, refusal: Refusal, exchange: Exchange): Generator<Next<Sent>> {
  const { request, headers } = original
  const betas = refusedBetas(headers, refusal)
  if (betas.length > 0) {
    const next = { ...original, headers: withoutBetas(headers, betas).headers }
    yield { next, without: betas, memory: betas }
  }
  for (const { name, isLasting } of refusedFields(request, refusal)) {
    // The Messages API has one name for it.
    if (isOutputLimit(name)) continue
    const next = changed(original, withoutField(request, name))
    yield { next, without: [name], memory: isLasting ? [name] : [] }
  }
  for (const change of requestFallbacks(request, refusal)) {
    yield* describedFirst(change, original, exchange)
    yield triedNext(change, changed(original, change.request))
  }
}

/** The request without what the target has refused before; the very same where that is nothing. */
function unrefused(
  original: Original,
  refused: readonly string[],
): { readonly original: Original; readonly dropped: readonly string[] } {
  if (refused.length === 0) return { original, dropped: [] }
  const bare = requestWithout(original.request, refused)
  const { body, dropped } = withoutFields(bare.request, refused)
  const betas = withoutBetas(original.headers, refused)
  const left = body === original.request ? original : changed(original, body)
  return {
    original: { ...left, headers: betas.headers },
    dropped: [...bare.dropped, ...dropped, ...betas.dropped],
  }
}

/** With another body; messages that are empty now are left out. */
function changed({ headers, isDescribed }: Sent, body: object): Sent {
  const request = body as MessagesRequest
  const messages = request.messages.filter(({ content }) => content.length > 0)
  return { headers, request: { ...request, messages }, ...(isDescribed ? { isDescribed } : {}) }
}

/** The answer, as the user's transformers give it back. */
async function answerTo(call: Call, exchange: Exchange): Promise<Answer> {
  const answer = await send(call, exchange)
  const { userTransformers } = exchange
  return userTransformers ? userTransformers.response(answer) : answer
}

function report(tap: StreamInspector, { target, onUsage, onStop }: Exchange): void {
  const [usage, stopReason] = [tap.usage(), tap.stopReason()]
  // Only the last event of an answer knows what all of it cost.
  const costField = stopReason === undefined ? undefined : target.costField
  if (usage) onUsage(usage, reportedCost(usage, costField))
  if (stopReason !== undefined) onStop(stopReason)
}

async function callOf(
  exchange: ForwardExchange,
  forwarded: Forwarded,
  query: string,
): Promise<Call> {
  const { request, provider, dialect, target, userTransformers } = exchange
  const { headers } = forwarded
  const outgoing = await userTransformers?.request(
    JSON.parse(Buffer.from(forwarded.body).toString('utf8')) as object,
  )
  const body = outgoing ? Buffer.from(JSON.stringify(outgoing.body)) : forwarded.body
  const plain = await provider.call(target.model, body, {
    headers,
    streamed: request.stream === true,
  })
  const call = { ...plain, url: withQuery(plain.url, QUERIED.has(dialect) ? query : '') }
  return outgoing ? redirected(call, outgoing) : call
}

/**
 * An answer that is one document; as events for a client that wants a stream.
 * @throws GatewayError for an error or anything else in its place.
 */
function document(
  json: string,
  exchange: ForwardExchange & { readonly secrets: readonly string[] },
): Uint8Array {
  const { request, dialect, target, onUsage, onStop } = exchange
  const message = messageIn(json, exchange)
  const { usage, stop_reason: stopReason } = message
  if (usage) onUsage(usage, reportedCost(usage, target.costField))
  if (typeof stopReason === 'string') onStop(stopReason)
  const isRepaired = REPAIRED.has(dialect)
  const repaired = isRepaired ? repairMessage(message, repairParts(exchange)) : message
  const { model } = request
  if (request.stream !== true) {
    const whole = Buffer.from(repaired === message ? json : JSON.stringify(repaired))
    return withText(whole, ['model'], model) ?? whole
  }
  const events = messageToEvents({ ...repaired, type: 'message', model })
  if (events === undefined) throw unusable(exchange, 'something that is no message')
  return Buffer.from(events)
}

/** @throws GatewayError for an error or anything else in the place of a message. */
function messageIn(
  json: string,
  exchange: Exchange & { readonly secrets: readonly string[] },
): Document {
  const { provider, secrets } = exchange
  const found = parsed(json)
  if (found === undefined) throw unusable(exchange, 'something that is no JSON object')
  const { type, error = type === 'message' ? undefined : bareError(found) } = found
  if (error) throw upstreamError({ error }, provider.name).without(secrets)
  if (!Array.isArray(found.content)) throw unusable(exchange, 'something that is no message')
  return found
}

/** The longest answer that is read whole, bytes. */
const ANSWER_LIMIT = 64 * 1024 * 1024

interface Gathering {
  /** @throws GatewayError for more than can be held. */
  add(bytes: Uint8Array): void
  bytes(): Buffer
}

function gathering(exchange: Exchange): Gathering {
  const pieces: Uint8Array[] = []
  const size = bounded(exchange)
  return {
    add(bytes) {
      pieces.push(bytes)
      size.add(bytes.length)
    },
    bytes: () => Buffer.concat(pieces),
  }
}

/** Counts bytes of an answer. */
interface Bounded {
  /** @throws GatewayError for more than ccr reads. */
  readonly add: (bytes: number) => void
  readonly reset: () => void
}

function bounded({ provider }: Exchange): Bounded {
  let size = 0
  return {
    add(bytes) {
      size += bytes
      if (size <= ANSWER_LIMIT) return
      const text = `${provider.name} sent a longer answer than ccr reads.`
      throw new GatewayError('api_error', text, { status: 502 })
    },
    reset: () => (size = 0),
  }
}

interface Document {
  readonly type?: unknown
  readonly error?: unknown
  readonly content?: unknown
  readonly usage?: FinalUsage
  readonly stop_reason?: unknown
}

function parsed(json: string): Document | undefined {
  try {
    const parsed: unknown = JSON.parse(json)
    // Google's gateways put an error into a list.
    const values = Array.isArray(parsed) ? (parsed as readonly unknown[]) : [parsed]
    const [value, ...others] = values
    const isOne = typeof value === 'object' && value !== null && others.length === 0
    return isOne ? value : undefined
  } catch {
    return undefined
  }
}

function noAnswer(kind: 'page' | 'nothing', exchange: Exchange, call: Call): GatewayError {
  return kind === 'page' ? htmlError(call) : unusable(exchange, 'nothing')
}

function unusable({ provider }: Exchange, what: string): GatewayError {
  return new GatewayError('api_error', `${provider.name} answered with ${what}.`, { status: 502 })
}

/** Dialects whose API takes the query of the client (`?beta=true`). */
const QUERIED: ReadonlySet<Dialect> = new Set<Dialect>(['anthropic', 'unknown', 'compatible'])

/** The URL of the provider may have a query, such as `?api-version=…`. */
function withQuery(url: string, query: string): string {
  return url.includes('?') ? `${url}${query.replace('?', '&')}` : `${url}${query}`
}

interface Received {
  readonly request: MessagesRequest
  /** The body as it came; undefined where the request was changed since. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
}

/** What is forwarded to a target: the client's bytes, unless the target's transformers change them. */
export function originalFor(
  target: Target,
  rewrite: RequestRewrite | undefined,
  sent: Received,
): Original {
  const { request, bytes, client } = sent
  const { headers } = client
  return rewrite === undefined
    ? { bytes, request, headers }
    : { request: rewrite(request, target), headers }
}

/** An attempt in another protocol: encodes the request, sends it, decodes its stream into events. */
import type { Encoded, Protocol, Target } from '../../protocols/protocol.ts'
import { framesIn } from '../../framing/frames.ts'
import { randomId } from '../../lib/ids.ts'
import { asGatewayError } from '../../messages/error.ts'
import type { FinalUsage, StreamEvent } from '../../messages/events.ts'
import { blocksOf, type MessagesRequest } from '../../messages/request.ts'
import { requestedSearch } from '../../messages/web-search.ts'
import { refusedFields, withoutField, withoutFields } from '../../messages/refused-field.ts'
import type { Change } from '../../messages/refusal.ts'
import { NO_IMAGES } from '../../messages/refused-messages.ts'
import { requestFallbacks } from '../../messages/request-fallback.ts'
import { stopSequencesOf, writerFor } from '../../messages/stop-sequences.ts'
import type { Writer } from '../../messages/writer.ts'
import { outputLimitIn } from '../../protocols/request-fields.ts'
import type { Call } from '../../providers/configured/call.ts'
import type { Provider } from '../../providers/configured/provider.ts'
import { credentialsOf } from '../../providers/configured/secrets.ts'
import { answerError, apiAnswer, htmlError } from '../../upstream/answer-errors.ts'
import type { Answer } from '../../upstream/answer.ts'
import type { Upstream } from '../../upstream/send.ts'
import { again, type Next, type Trying } from './retry-without.ts'
import type { DescribeImages } from '../request-context.ts'
import { type BytesOf, plainBytes } from '../incremental/request-cache.ts'
import { decode, type Grace } from './stream-decoder.ts'
import { type RequestTransformers, redirected } from './user-transformers.ts'

/** One attempt: a request to one target, and what is learnt of it. */
export interface Exchange {
  readonly request: MessagesRequest
  readonly provider: Provider
  readonly target: Target
  readonly upstream: Upstream
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  readonly inputEstimate: number
  /**
   * Called once with the usage that the provider reports, also of an answer that is cut off.
   * @param reportedUsd what the answer cost, where the provider reports it.
   */
  readonly onUsage: (usage: FinalUsage, reportedUsd: number | undefined) => void
  /** Called with the stop reason of the answer. */
  readonly onStop: (reason: string) => void
  /** The client's name for a tool, where `request` has another one. */
  readonly clientName?: ((name: string) => string) | undefined
  /** What the target has refused before; it is left out. */
  readonly refused: readonly string[]
  /** Called with what the target refused, once it has answered without it. */
  readonly onRefused: (what: string) => void
  /** Gives the request with its images described, where the target turns out to take none. */
  readonly describeImages?: DescribeImages | undefined
  /** How long the target's stream may stay open behind the end of an answer. */
  readonly grace?: Grace
  /** Called with the names of what is left out of the request. */
  readonly onDropped: (names: readonly string[]) => void
  /** The user's transformers, for this request. */
  readonly userTransformers?: RequestTransformers | undefined
  /** Writes what is sent; absent: `JSON.stringify`. */
  readonly bytesOf?: BytesOf | undefined
}

/**
 * The events of an answer in another protocol; always streamed upstream.
 * @param write what a batch of events is given as. Each chunk of an answer would pass through one more
 * generator if the caller did that.
 * @throws GatewayError if the upstream fails or its answer is not whole.
 */
export async function* translate<T>(
  exchange: Exchange,
  protocol: Protocol,
  encoded: Encoded,
  write: (events: readonly StreamEvent[]) => T,
): AsyncGenerator<T> {
  const { provider, target, onUsage, onStop } = exchange
  const { call, answer, limit } = await sendEncoded(exchange, protocol, encoded)
  const writer = newWriter(exchange)
  try {
    const decoder = protocol.decoder(writer, target, limit)
    const frames = framesIn(answer.body, () => htmlError(call))
    for await (const events of decode(frames, decoder, writer, exchange.grace)) {
      if (events.length === 0) continue
      const end = events.find((event) => event.type === 'message_delta')
      if (end) onStop(end.delta.stop_reason)
      yield write(events)
    }
  } catch (thrown) {
    const secrets = [...provider.secrets, ...credentialsOf(call.headers)]
    const error = asGatewayError(thrown).without(secrets)
    throw writer.hasContent() ? error.with({ partial: true }) : error
  } finally {
    if (writer.reported) onUsage(writer.reported, writer.charged)
    answer.release()
  }
}

interface Answered {
  readonly call: Call
  readonly answer: Answer
  /** Most output tokens that the body allowed. */
  readonly limit: number | undefined
}

interface Sent {
  readonly request: MessagesRequest
  /** The request in the target's protocol, without `fields`. */
  readonly body: object
  /** What the target has refused of the body. */
  readonly fields: readonly string[]
  /** Its images are described before it is sent. */
  readonly isDescribed?: true
}

/** Sends the request, and again where what was refused can be left out or put in another way. */
async function sendEncoded(
  exchange: Exchange,
  protocol: Protocol,
  encoded: Encoded,
): Promise<Answered> {
  const { request, target, refused, onDropped } = exchange
  const { body, dropped } = withoutFields(encoded.body, refused)
  onDropped(dropped)
  const encode = (sent: Pick<Sent, 'request' | 'fields'>): object =>
    withoutFields(protocol.encode(sent.request, target).body, sent.fields).body
  const first: Sent = { request, body, fields: refused }
  const answered = await again(tryingOf(exchange), first, {
    async send(sent) {
      const described = await describedIn(sent, exchange)
      const body = described ? encode({ ...sent, ...described }) : sent.body
      return { ...(await sendBody(body, exchange)), dropped: described?.dropped }
    },
    *changes(sent, refusal): Generator<Next<Sent>> {
      for (const { name, isLasting } of refusedFields(sent.body, refusal)) {
        const left = withoutField(sent.body, name)
        const next = { ...sent, body: left, fields: [...sent.fields, name] }
        yield { next, without: [name], memory: isLasting ? [name] : [] }
      }
      for (const change of requestFallbacks(sent.request, refusal)) {
        yield* describedFirst(change, sent, exchange)
        const next = { ...sent, request: change.request }
        yield triedNext(change, { ...next, body: encode(next) })
      }
    },
  })
  onDropped(answered.dropped ?? [])
  return answered
}

/** Images described, before they are left out. */
export function* describedFirst<T extends { readonly isDescribed?: true }>(
  { without }: Change,
  sent: T,
  { describeImages }: Pick<Exchange, 'describeImages'>,
): Generator<Next<T>> {
  if (without !== NO_IMAGES || describeImages === undefined || sent.isDescribed) return
  yield { next: { ...sent, isDescribed: true }, without: [], memory: [NO_IMAGES] }
}

/** The request with its images described, where it is to be sent so. */
export async function describedIn(
  { request, isDescribed }: { readonly request: MessagesRequest; readonly isDescribed?: true },
  { describeImages }: Pick<Exchange, 'describeImages'>,
): Promise<Awaited<ReturnType<DescribeImages>> | undefined> {
  return isDescribed && describeImages?.(request)
}

/** A change of the request as it is tried. */
export function triedNext<T>({ without, memory, mayRepeat = false }: Change, next: T): Next<T> {
  return { next, without: [without], memory: memory === undefined ? [] : [memory], mayRepeat }
}

/** What a request that is sent again goes by. */
export function tryingOf({ provider, target, signal, onDropped, onRefused }: Exchange): Trying {
  const to = { provider: provider.name, model: target.model }
  return { to, signal, onDropped, onRefused }
}

async function sendBody(body: object, exchange: Exchange): Promise<Answered> {
  const { provider, target, userTransformers, bytesOf = plainBytes } = exchange
  const outgoing = await userTransformers?.request(body)
  const bytes = outgoing ? plainBytes(target, outgoing.body) : bytesOf(target, body)
  const plain = await provider.call(target.model, bytes, {
    headers: { accept: 'text/event-stream, application/json' },
  })
  const call = outgoing ? redirected(plain, outgoing) : plain
  const answer = await send(call, exchange)
  return {
    call,
    answer: userTransformers ? await userTransformers.response(answer) : answer,
    limit: outputLimitIn(body),
  }
}

/** @throws GatewayError for an answer that is no success, with the upstream's reason in it. */
export async function send(call: Call, { upstream, signal, provider }: Exchange): Promise<Answer> {
  const answer = await upstream.send(call, signal)
  if (answer.status >= 200 && answer.status < 300) return apiAnswer(answer, call)
  try {
    throw await answerError(answer, call, provider.secrets)
  } finally {
    answer.release()
  }
}

function newWriter({ request, inputEstimate, clientName }: Exchange): Writer {
  const parts = {
    // The client drops all thinking of answers whose model is not the one that it requested.
    model: request.model,
    messageId: randomId('msg_'),
    newToolId: () => randomId('toolu_'),
    takenToolIds: toolIds(request),
    toolNames: (request.tools ?? []).map(({ name }) => name),
    clientName,
    inputEstimate,
    search: requestedSearch(request, () => randomId('srvtoolu_')),
  }
  return writerFor(parts, stopSequencesOf(request))
}

/** The ids of the calls that the conversation holds. */
export function* toolIds(request: MessagesRequest): Generator<string> {
  for (const message of request.messages) {
    if (message.role !== 'assistant') continue
    for (const block of blocksOf(message.content)) {
      if (block.type === 'tool_use' && typeof block['id'] === 'string') yield block['id']
    }
  }
}

/** Reads answers in the Messages API that do not arrive as Anthropic's event stream. */

import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import {
  type Frame,
  serialize,
  type StopReason,
  type StreamEvent,
  type Usage,
} from '../../messages/events.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { type Block, isContent } from '../../messages/request.ts'
import { upstreamError } from '../../messages/upstream-error.ts'
import type { Writer } from '../../messages/writer.ts'
import { stopReason as chatStopReason } from '../openai-chat/response-stop-reason.ts'
import type { Target } from '../protocol.ts'
import type { AnyEvent, AnyMessage } from './types.ts'

// --- Answers in place of another protocol ---

/** The fields of a delta that hold content. */
interface DeltaFields {
  readonly text?: unknown
  readonly thinking?: unknown
  readonly partial_json?: unknown
}

/** Whether a frame is an event, or the whole answer, of the Messages API. */
export function isMessagesEvent(frame: object): boolean {
  const { type, content, message } = frame as AnyEvent & AnyMessage
  return type === 'message' ? Array.isArray(content) : type === 'message_start' && Boolean(message)
}

/**
 * Reads an answer in the Messages API from a server that was called in another protocol: from a user's
 * transformer, or a gateway that chooses the API by its URL.
 */
export class MessagesReader {
  readonly #writer: Writer
  readonly #target: Target
  #usage: Partial<Usage> = {}
  isOver = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  /** @param frame one event, or the whole answer. */
  read(frame: object): void {
    const event = frame as AnyEvent & AnyMessage
    const { type, index = 0, delta, error } = event
    this.isOver ||= type === 'message_stop'
    if (error) throw upstreamError(event, this.#target.provider)
    this.#count(event.usage ?? event.message?.usage)
    if (type === 'message') this.#document(event)
    else if (type === 'content_block_start') this.#block(event.content_block as Block, index)
    else if (type === 'content_block_delta') this.#content((delta ?? {}) as DeltaFields, index)
    else if (type === 'message_delta') this.#stop(delta?.stop_reason)
  }

  #document({ content, stop_reason: reason }: AnyMessage): void {
    for (const [at, block] of (content as readonly Block[]).entries()) this.#block(block, at)
    this.#stop(reason)
  }

  #block(block: Block, index: number): void {
    this.#content(block as DeltaFields, index)
    if (block.type !== 'tool_use') return
    const { id, name, input } = block
    const args = argumentsPiece(input)
    const part = { id: id as string | undefined, name: name as string | undefined }
    // The start of every call has an empty input.
    this.#writer.tool(String(index), { ...part, args: args === '{}' ? '' : args })
  }

  #content({ text, thinking, partial_json: args }: DeltaFields, index: number): void {
    if (typeof text === 'string') this.#writer.text(text)
    if (typeof thinking === 'string' && thinking !== '') {
      this.#writer.thinking(thinking)
      this.#writer.signature(signatureFrom(this.#target, {}))
    }
    if (typeof args === 'string') this.#writer.tool(String(index), { args })
  }

  #count(usage: AnyEvent['usage']): void {
    if (!usage) return
    this.#usage = { ...this.#usage, ...usage }
    this.#writer.usage(this.#usage as Usage)
  }

  #stop(reason: unknown): void {
    if (typeof reason !== 'string') return
    if (isFailure(reason)) {
      const text = `${this.#target.provider} broke off its answer (stop reason "${reason}").`
      throw new GatewayError('api_error', text, { status: 502 })
    }
    this.#writer.stop(stopReasonOf(reason, false) as StopReason)
  }
}

// --- Whole answers as events ---

/**
 * A whole answer as the event stream that the client expects: some servers ignore `stream: true`.
 * Undefined for anything but a message. Blocks go whole into their start, except those that the client
 * reads from deltas.
 */
export function messageToEvents(document: unknown): string | undefined {
  if (!isMessage(document)) return undefined
  const { content, stop_reason, stop_sequence = null, usage, ...rest } = document
  const started = { ...rest, content: [], stop_reason: null, stop_sequence: null, usage }
  const events = [
    { type: 'message_start', message: started },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: { ...block, ...EMPTY[block.type] } },
      ...deltasOf(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ]
  return serialize(events as unknown as readonly StreamEvent[])
}

interface Message {
  readonly content: readonly Block[]
  readonly stop_reason?: unknown
  readonly stop_sequence?: unknown
  readonly usage?: unknown
}

function isMessage(document: unknown): document is Message {
  const { type, content } = (document ?? {}) as { type?: unknown; content?: unknown }
  return type === 'message' && isContent(content) && typeof content !== 'string'
}

/** The empty fields in the start of a block whose content comes in deltas. */
const EMPTY: Readonly<Record<string, object | undefined>> = {
  text: { text: '' },
  thinking: { thinking: '', signature: '' },
  tool_use: { input: {} },
  server_tool_use: { input: {} },
}

function deltasOf(block: Block): readonly object[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text_delta', text: block['text'] }]
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block['thinking'] },
        { type: 'signature_delta', signature: block['signature'] ?? '' },
      ]
    case 'tool_use':
    case 'server_tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) }]
    default:
      return []
  }
}

// --- Streams of Bedrock's InvokeModel ---

/**
 * The answer of Bedrock's InvokeModelWithResponseStream for Claude: events of the Messages API, each
 * as `{bytes: base64}` in an event of AWS; as a server-sent event stream.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 * @throws GatewayError for an exception in the stream, or an event that cannot be read.
 */
export async function* invokeStreamToSse(
  batches: AsyncIterable<readonly Frame[]>,
  provider: string,
): AsyncGenerator<Uint8Array> {
  for await (const frames of batches) {
    let text = ''
    for (const frame of frames) text += eventOf(frame, provider)
    if (text !== '') yield Buffer.from(text)
  }
}

function eventOf({ event, data }: Frame, provider: string): string {
  if (event === 'exception') throw upstreamError(parseJson(data), provider)
  const { bytes } = parseJson(data) as { bytes?: unknown }
  if (typeof bytes !== 'string') return ''
  const json = Buffer.from(bytes, 'base64').toString()
  const { type } = parseJson(json) as { type?: unknown }
  return typeof type === 'string' ? `event: ${type}\ndata: ${json}\n\n` : ''
}

function parseJson(text: string): object {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch (cause) {
    throw new GatewayError('api_error', 'The upstream sent an event that is not JSON.', {
      status: 502,
      cause,
    })
  }
}

// --- Stop reason ---

/** Whether a stop reason means that the answer failed before its end. */
export function isFailure(reason: unknown): boolean {
  return typeof reason === 'string' && chatStopReason(reason) === undefined
}

/** Reasons of Chat Completions, which bridges pass on. */
const CHAT_STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** Why the answer ended: `tool_use` if, and only if, it has a call for the client to run. */
export function stopReasonOf(given: unknown, hasCall: boolean): unknown {
  if (typeof given !== 'string') return given
  const reason =
    (Object.hasOwn(CHAT_STOP_REASONS, given) ? CHAT_STOP_REASONS[given] : undefined) ?? given
  if (hasCall) return reason === 'end_turn' ? 'tool_use' : reason
  return reason === 'tool_use' ? 'end_turn' : reason
}

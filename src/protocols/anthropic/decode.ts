import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { StopReason, Usage } from '../../messages/events.ts'
import { upstreamError } from '../../messages/upstream-error.ts'
import type { Block } from '../../messages/request.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../protocol.ts'
import { type AnyEvent, type AnyMessage, isFailure, stopReasonOf } from './repair-message.ts'

/** The fields of a piece that say something. */
interface Said {
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
 * An answer in the Messages API from a server that was asked in another: what a user's transformer
 * makes for such a server, and gateways that tell the API by their URL.
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

  /** @param frame JSON of one event, or of the whole answer. */
  read(frame: object): void {
    const event = frame as AnyEvent & AnyMessage
    const { type, index = 0, delta, error } = event
    this.isOver ||= type === 'message_stop'
    if (error) throw upstreamError(event, this.#target.provider)
    this.#count(event.usage ?? event.message?.usage)
    if (type === 'message') this.#document(event)
    else if (type === 'content_block_start') this.#block(event.content_block as Block, index)
    else if (type === 'content_block_delta') this.#say((delta ?? {}) as Said, index)
    else if (type === 'message_delta') this.#stop(delta?.stop_reason)
  }

  #document({ content, stop_reason: reason }: AnyMessage): void {
    for (const [at, block] of (content as readonly Block[]).entries()) this.#block(block, at)
    this.#stop(reason)
  }

  #block(block: Block, index: number): void {
    this.#say(block as Said, index)
    if (block.type !== 'tool_use') return
    const { id, name, input } = block
    const args = argumentsPiece(input)
    const part = { id: id as string | undefined, name: name as string | undefined }
    // An empty input stands in the start of every call.
    this.#writer.tool(String(index), { ...part, args: args === '{}' ? '' : args })
  }

  #say({ text, thinking, partial_json: args }: Said, index: number): void {
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

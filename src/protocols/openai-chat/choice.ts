import { argumentsPiece } from '../../messages/call-arguments.ts'
import { textOr } from '../../messages/sanitize.ts'
import { GatewayError } from '../../messages/error.ts'
import { upstreamError } from '../../messages/upstream-error.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../protocol.ts'
import { GrowingText } from './growing-text.ts'
import { ServedCalls } from './served-calls.ts'
import { stopReason } from './stop.ts'
import { type Piece, putsTags, TagReader } from './tags.ts'
import { Thoughts } from './thoughts.ts'
import { beginsCall, CallNames, saysSomething, ToolCallKeys } from './tool-calls.ts'
import { usageOf } from './usage.ts'
import type { Choice, ContentPart, Delta, ToolCallDelta } from './wire.ts'

/** Tells the writer what the pieces of the one choice say. */
export class ChoiceReader {
  readonly #writer: Writer
  readonly #target: Target
  readonly #calls: ToolCallKeys
  readonly #served = new ServedCalls()
  readonly #names = new CallNames()
  readonly #thoughts: Thoughts
  /** For models that put their reasoning between tags. */
  readonly #tags: TagReader | undefined
  /** Whether text or a call came: then no thinking may end the answer. */
  #said = false
  #isDocument = false
  #hasPieces = false
  #hasCalls = false
  readonly #content = new GrowingText()

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
    this.#calls = new ToolCallKeys((key) => writer.toolIsWhole(key))
    this.#thoughts = new Thoughts(writer, target)
    this.#tags = putsTags(target.model) ? new TagReader() : undefined
  }

  read(choice: Choice): void {
    if (choice.error) throw upstreamError(choice.error, this.#target.provider)
    if (choice.delta) this.#delta(choice.delta)
    if (choice.message) {
      this.#isDocument = true
      if (!choice.delta) this.#message(choice.message)
    }
    if (choice.usage) this.#writer.usage(usageOf(choice.usage))
    if (choice.finish_reason) this.#finish(choice.finish_reason)
  }

  /** A further choice, which ccr never asks for: some servers put the calls beside the text into one. */
  readFurther(choice: Choice): void {
    const said = choice.delta ?? choice.message
    this.#toolCalls(said?.tool_calls)
  }

  /** Whether the answer came as one document, which is whole without a finish reason. */
  get isDocument(): boolean {
    return this.#isDocument
  }

  /** The whole answer; some servers tell it once more behind its pieces. */
  #message(message: Delta): void {
    const { content, reasoning_content = null, reasoning = null, tool_calls = null } = message
    if (!this.#hasPieces) return this.#delta(message)
    if (!this.#said) this.#thoughts.read({ reasoning_content, reasoning }, true)
    if (typeof content === 'string') this.#text(this.#content.rest(content))
    if (!this.#hasCalls) this.#delta({ tool_calls })
  }

  #delta(delta: Delta): void {
    this.#hasPieces = true
    this.#thoughts.read(delta)
    if (typeof delta.content === 'string') this.#text(this.#content.read(delta.content))
    else if (delta.content) for (const part of delta.content) this.#part(part)
    this.#text(delta.refusal ?? '')
    this.#toolCalls(delta.tool_calls)
    // The only call of an answer, as Chat Completions had it before there were several.
    const only = { function: delta.function_call ?? null }
    if (saysSomething(only)) this.#call(only, 'only')
  }

  /** The answer is over: text and names that were held belong to it. */
  end(): void {
    this.#release()
    if (!this.#said) this.#thoughts.close()
    for (const [key, name] of this.#names.rest()) this.#writer.tool(key, { name })
  }

  /** More may come: proxies mark every chunk of some models with a finish reason. */
  #finish(finish: string): void {
    const reason = stopReason(finish)
    if (reason === undefined) {
      throw new GatewayError(
        'api_error',
        `${this.#target.provider} broke off its answer (finish reason "${finish}").`,
        { status: 502 },
      )
    }
    this.#writer.stop(reason)
  }

  #text(text: string): void {
    if (text === '') return
    if (this.#tags === undefined) this.#say(text)
    else this.#tell(this.#tags.read(text))
  }

  #release(): void {
    this.#text(this.#content.release())
    if (this.#tags !== undefined) this.#tell(this.#tags.release())
  }

  #tell(pieces: readonly Piece[]): void {
    for (const { kind, text } of pieces) {
      if (kind === 'text') this.#say(text)
      else this.#thoughts.text(text, 'content')
    }
  }

  #say(text: string): void {
    if (!this.#said) this.#thoughts.close()
    this.#said = true
    this.#writer.text(text)
  }

  #toolCalls(calls: Delta['tool_calls']): void {
    if (!calls) return
    for (const call of this.#served.without(calls)) {
      if (saysSomething(call)) this.#call(call, this.#calls.key(call))
    }
  }

  #call(call: ToolCallDelta, key: string): void {
    this.#hasCalls = true
    if (beginsCall(call)) {
      this.#release()
      this.#thoughts.closeForCall(call)
      this.#said = true
    }
    const args = argumentsPiece(call.function?.arguments)
    const name = this.#names.read(key, textOr(call.function?.name), args !== '')
    this.#writer.tool(key, { id: call.id ?? undefined, name, args })
  }

  #part(part: ContentPart): void {
    if (typeof part.text === 'string') this.#text(part.text)
    if (typeof part.thinking === 'string') this.#thoughts.text(part.thinking)
    else if (part.thinking) for (const piece of part.thinking) this.#thoughts.text(piece.text ?? '')
  }
}

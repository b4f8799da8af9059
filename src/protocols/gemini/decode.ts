import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Frame } from '../../messages/frame.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Decoder, Target } from '../protocol.ts'
import { PartialArguments } from './partial.ts'
import { Sources } from './sources.ts'
import { isFinish, stopReason } from './stop.ts'
import { usageOf } from './usage.ts'
import type { Candidate, Chunk, FunctionCall, Part } from './wire.ts'

/**
 * Reads the chunks of `streamGenerateContent`, one a frame or all in one JSON array, or the one
 * document of `generateContent`. Its end is the finish reason; usage and sources may follow it.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const answer = new Answer(writer, target)
  return {
    isDone: () => false,
    push(frame) {
      // The end mark of Chat Completions, which proxies put behind every stream.
      if (frame.data === '[DONE]') return
      for (const chunk of parse(frame, target.provider)) answer.read(chunk)
    },
    end: () => answer.end(),
  }
}

function parse(frame: Frame, provider: string): readonly Chunk[] {
  try {
    const value = JSON.parse(frame.data) as unknown
    const chunks: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (!chunks.every(isChunk)) throw new TypeError('not an object')
    return chunks
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}

function isChunk(value: unknown): value is Chunk & Part {
  return typeof value === 'object' && value !== null
}

class Answer {
  readonly #writer: Writer
  readonly #target: Target
  readonly #sources = new Sources()
  #calls = 0
  /** The call whose arguments come in pieces. */
  #open: { readonly key: string; readonly args: PartialArguments } | undefined
  /** Whether anything was said since the newest thought: no thinking can stand before it any more. */
  #said = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(chunk: Chunk): void {
    if (chunk.error) throw upstreamError(chunk, this.#target.provider)
    const usage = chunk.usageMetadata ? usageOf(chunk.usageMetadata) : undefined
    if (usage) this.#writer.usage(usage)
    // Only the first candidate: ccr never asks for more.
    const candidate = chunk.candidates?.[0]
    if (candidate) this.#candidate(candidate)
    const { blockReason, blockReasonMessage } = chunk.promptFeedback ?? {}
    if (blockReason && !candidate) {
      this.#writer.text(blockReasonMessage ?? '')
      this.#writer.stop('refusal')
    }
  }

  end(): void {
    if (!this.#writer.stopped) throw this.#broken('no finish reason')
    for (const query of this.#sources.queries) this.#writer.searched(query)
    this.#writer.sources(this.#sources.pages, this.#sources.text())
    this.#writer.finish()
  }

  #candidate(candidate: Candidate): void {
    this.#sources.read(candidate)
    for (const part of partsIn(candidate)) this.#part(part)
    const { finishReason, finishMessage } = candidate
    if (!isFinish(finishReason)) return
    const reason = stopReason(finishReason)
    if (reason === undefined) {
      throw this.#broken(
        [`finish reason "${finishReason}"`, finishMessage].filter(Boolean).join(': '),
      )
    }
    this.#closeCall(reason !== 'max_tokens')
    if (reason === 'refusal') this.#writer.text(finishMessage ?? '')
    this.#writer.stop(reason)
  }

  #part(part: Part): void {
    if (part.functionCall) {
      this.#signature(part.thoughtSignature, part.functionCall.name)
      this.#call(part.functionCall)
      return
    }
    if (part.thought === true) {
      this.#think(shownText(part))
      this.#signature(part.thoughtSignature)
      return
    }
    this.#signature(part.thoughtSignature)
    this.#text(shownText(part))
  }

  #think(text: string): void {
    if (text === '') return
    this.#said = false
    this.#writer.thinking(text)
    this.#writer.signature(this.#seal({}))
  }

  #text(text: string): void {
    if (text === '') return
    this.#said = true
    this.#writer.text(text)
  }

  /**
   * Keeps a signature in the thinking block before the part that it belongs to. The one that comes
   * behind a text, with the last part of an answer, has no such place: the client shows nothing of
   * an answer that ends in thinking. Google does not demand that one back.
   */
  #signature(payload: string | undefined, tool?: string): void {
    if (!payload || (tool === undefined && this.#said)) return
    this.#writer.signature(this.#seal({ payload, ...(tool === undefined ? {} : { tool }) }))
  }

  #seal(state: { readonly payload?: string; readonly tool?: string }): string {
    return signatureFrom(this.#target, state)
  }

  /**
   * A call whole at once, or a piece of one: its name, then arguments, then an empty end. Arguments
   * without a name belong to the call before them.
   */
  #call(call: FunctionCall): void {
    if (call.name) {
      this.#closeCall(true)
      this.#begin(call)
    } else if (call.args) {
      this.#closeCall(true)
      this.#writer.tool(String(this.#calls), { id: call.id, args: argumentsPiece(call.args) })
    }
    for (const piece of call.partialArgs ?? []) this.#open?.args.add(piece)
    if (call.willContinue !== true) this.#closeCall(true)
  }

  #begin(call: FunctionCall): void {
    this.#calls += 1
    this.#said = true
    const key = String(this.#calls)
    const comesInPieces = call.willContinue === true || call.partialArgs !== undefined
    const args = comesInPieces ? '' : argumentsPiece(call.args ?? {})
    this.#writer.tool(key, { id: call.id, name: call.name, args })
    this.#open = comesInPieces ? { key, args: new PartialArguments() } : undefined
  }

  #closeCall(whole: boolean): void {
    if (this.#open) this.#writer.tool(this.#open.key, { args: this.#open.args.text(whole) })
    this.#open = undefined
  }

  #broken(why: string): GatewayError {
    return new GatewayError(
      'api_error',
      `${this.#target.provider} broke off its answer before it was complete (${why}).`,
      { status: 502 },
    )
  }
}

/** The candidate's parts, as far as they are any. */
function partsIn({ content }: Candidate): readonly Part[] {
  const parts: unknown = content?.parts
  return Array.isArray(parts) ? parts.filter(isChunk) : []
}

/** What a part shows; Google's own code runs as text. Images cannot be shown, only told. */
function shownText({ text, executableCode, codeExecutionResult, inlineData }: Part): string {
  if (typeof text === 'string') return text
  if (executableCode) {
    const language = (executableCode.language ?? '').toLowerCase()
    return `\n\`\`\`${language}\n${executableCode.code ?? ''}\n\`\`\`\n`
  }
  if (codeExecutionResult) return `\n\`\`\`\n${codeExecutionResult.output ?? ''}\n\`\`\`\n`
  return inlineData
    ? `[the model answered with a file that cannot be shown: ${inlineData.mimeType}]`
    : ''
}

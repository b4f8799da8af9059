/** Reads what Gemini's `generateContent` answers, as a stream or as one document. */

import { MOST_LEVELS } from '../../lib/depth.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError, tooDeep } from '../../messages/error.ts'
import type { Frame, StopReason, Usage } from '../../messages/events.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { thinkingTokens } from '../../messages/sanitize.ts'
import type { Page } from '../../messages/web-search.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Writer } from '../../messages/writer.ts'
import { promptUsage } from '../usage.ts'
import type { Decoder, Target } from '../protocol.ts'
import { Pages } from '../server-tools.ts'
import type {
  Candidate,
  Chunk,
  FunctionCall,
  Grounding,
  Part,
  PartialArg,
  WireUsage,
} from './types.ts'

/**
 * Decodes the chunks of `streamGenerateContent`, one per frame or all in one JSON array, or the
 * single document of `generateContent`. The finish reason ends the answer; usage and sources may
 * follow it.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const reader = new ResponseReader(writer, target)
  return {
    isDone: () => false,
    push(frame) {
      // The end mark of Chat Completions, which proxies append to every stream.
      if (frame.data === '[DONE]') return
      for (const chunk of parse(frame, target.provider)) reader.read(chunk)
    },
    end: () => reader.end(),
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

// --- Chunks ---

class ResponseReader {
  readonly #writer: Writer
  readonly #target: Target
  readonly #sources = new Sources()
  #calls = 0
  /** The call whose arguments arrive in pieces. */
  #open: { readonly key: string; readonly args: PartialArguments } | undefined
  /** Whether text or a call followed the last thought, so that a signature can no longer join it. */
  #hasContent = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(chunk: Chunk): void {
    if (chunk.error) throw upstreamError(chunk, this.#target.provider)
    const usage = chunk.usageMetadata ? usageOf(chunk.usageMetadata) : undefined
    if (usage) this.#writer.usage(usage)
    // Only the first candidate: ccr never requests more.
    const candidate = chunk.candidates?.[0]
    if (candidate) this.#candidate(candidate)
    const { blockReason, blockReasonMessage } = chunk.promptFeedback ?? {}
    if (blockReason && !candidate) {
      this.#writer.text(blockReasonMessage ?? '')
      this.#writer.stop('refusal')
    }
  }

  end(): void {
    if (!this.#writer.stopped) throw this.#incomplete('no finish reason')
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
      throw this.#incomplete(
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
      this.#thinking(textOf(part))
      this.#signature(part.thoughtSignature)
      return
    }
    this.#signature(part.thoughtSignature)
    this.#text(textOf(part))
  }

  #thinking(text: string): void {
    if (text === '') return
    this.#hasContent = false
    this.#writer.thinking(text)
    this.#writer.signature(this.#sign({}))
  }

  #text(text: string): void {
    if (text === '') return
    this.#hasContent = true
    this.#writer.text(text)
  }

  /**
   * Keeps a signature in the thinking block before the part that it belongs to. A signature after the
   * text, with the last part of an answer, is dropped: the client shows nothing of an answer that
   * ends in thinking, and Google does not require that one back.
   */
  #signature(payload: string | undefined, tool?: string): void {
    if (!payload || (tool === undefined && this.#hasContent)) return
    this.#writer.signature(this.#sign({ payload, ...(tool === undefined ? {} : { tool }) }))
  }

  #sign(state: { readonly payload?: string; readonly tool?: string }): string {
    return signatureFrom(this.#target, state)
  }

  /**
   * A whole call, or a piece of one: its name, then arguments, then an empty end. Arguments without a
   * name belong to the previous call.
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
    this.#hasContent = true
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

  #incomplete(why: string): GatewayError {
    return new GatewayError(
      'api_error',
      `${this.#target.provider} broke off its answer before it was complete (${why}).`,
      { status: 502 },
    )
  }
}

/** The candidate's parts that are objects. */
function partsIn({ content }: Candidate): readonly Part[] {
  const parts: unknown = content?.parts
  return Array.isArray(parts) ? parts.filter(isChunk) : []
}

/** A part's text; code that Google ran becomes text, and a file becomes a note about it. */
function textOf({ text, executableCode, codeExecutionResult, inlineData }: Part): string {
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

// --- Tool calls ---

/**
 * Collects a call's arguments that arrive in pieces, each under a JSON path (Vertex,
 * `streamFunctionCallArguments`).
 */
export class PartialArguments {
  #args: unknown = {}
  /** The paths of strings that continue. */
  readonly #open = new Set<string>()

  add({ jsonPath = '$', willContinue, ...piece }: PartialArg): void {
    const path = stepsOf(jsonPath)
    const value = valueOf(piece)
    const isContinued = this.#open.has(jsonPath) && typeof value === 'string'
    this.#args = withValueAt(this.#args, path, (before) =>
      isContinued && typeof before === 'string' ? before + value : value,
    )
    if (willContinue === true) this.#open.add(jsonPath)
    else this.#open.delete(jsonPath)
  }

  /** The arguments so far as JSON text; without the closing bracket if they are not whole. */
  text(whole: boolean): string {
    const text = JSON.stringify(this.#args)
    return whole ? text : text.slice(0, -1)
  }
}

function valueOf({ stringValue, numberValue, boolValue }: PartialArg): unknown {
  return stringValue ?? numberValue ?? boolValue ?? null
}

/** The highest index of a list: every item before it would be written out. */
const MAX_INDEX = 100_000

/**
 * The steps of a path such as `$.foo.bar[0]['a b']`.
 * @throws GatewayError if it is deeper, or an index higher, than any real arguments.
 */
function stepsOf(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = []
  for (const match of path.matchAll(/\[(\d+)\]|\[(['"])(.{0,256}?)\2\]|\.?([^.[\]$]+)/g)) {
    const [, index, , quoted, name] = match
    steps.push(index === undefined ? (quoted ?? name ?? '') : Number(index))
    if (steps.length > MOST_LEVELS || Number(index) > MAX_INDEX) throw tooDeep()
  }
  return steps
}

/** The value with what is at a path replaced; missing objects and lists on the way are created. */
function withValueAt(
  value: unknown,
  [step, ...rest]: readonly (string | number)[],
  change: (before: unknown) => unknown,
): unknown {
  if (step === undefined) return change(value)
  if (typeof step === 'number') {
    const list: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : []
    list[step] = withValueAt(list[step], rest, change)
    return list
  }
  const object = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const before = Object.hasOwn(object, step) ? object[step] : undefined
  return { ...object, [step]: withValueAt(before, rest, change) }
}

// --- Web search ---

/** Collects the pages of Google Search that an answer is based on, and the texts that it cites. */
export class Sources {
  readonly #pages = new Pages()
  readonly #queries = new Set<string>()

  read({ groundingMetadata, citationMetadata }: Candidate): void {
    if (groundingMetadata) this.#readGrounding(groundingMetadata)
    const cited = citationMetadata?.citationSources ?? citationMetadata?.citations ?? []
    for (const { uri, title } of cited) this.#pages.add(uri, title)
  }

  #readGrounding({ webSearchQueries: queries, groundingChunks: chunks }: Grounding): void {
    for (const query of queries ?? []) this.#queries.add(query)
    for (const { web, retrievedContext } of chunks ?? []) {
      const page = web ?? retrievedContext
      this.#pages.add(page?.uri, page?.title)
    }
  }

  get queries(): Iterable<string> {
    return this.#queries
  }

  get pages(): readonly Page[] {
    return this.#pages.all
  }

  /** A list for the end of the answer; '' without pages. */
  text(): string {
    const { pages } = this
    if (pages.length === 0) return ''
    return `\n\nSources:\n${pages.map(({ url, title }) => `- [${title}](${url})`).join('\n')}`
  }
}

// --- Stop reason ---

/** `finishReason` of a candidate. https://ai.google.dev/api/generate-content#FinishReason */
const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  STOP: 'end_turn',
  MAX_TOKENS: 'max_tokens',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  LANGUAGE: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  MODEL_ARMOR: 'refusal',
  IMAGE_SAFETY: 'refusal',
  IMAGE_PROHIBITED_CONTENT: 'refusal',
  IMAGE_RECITATION: 'refusal',
}

/** Finish reasons of a failed answer; a retry may help. */
const FAILURES: ReadonlySet<string> = new Set([
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
  'NO_IMAGE',
  'IMAGE_OTHER',
])

/** Some servers send this with every chunk before the last. */
const UNFINISHED = 'FINISH_REASON_UNSPECIFIED'

/** Whether a finish reason ends the answer. */
export function isFinish(reason: string | undefined): reason is string {
  return reason !== undefined && reason !== '' && reason !== UNFINISHED
}

/** The stop reason; undefined for a failure. An unknown finish reason means a normal end. */
export function stopReason(finish: string): StopReason | undefined {
  if (FAILURES.has(finish)) return undefined
  return Object.hasOwn(STOP_REASONS, finish) ? STOP_REASONS[finish] : 'end_turn'
}

// --- Usage ---

/**
 * The provider's usage with every token counted once; undefined where it has no counts (Vertex's
 * first chunks hold only the traffic type).
 * `promptTokenCount` includes cached tokens, but not those of tool use. Thoughts are output; they are
 * added to the candidates' tokens, unless the total shows that these include them.
 * https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function usageOf(wire: WireUsage): Usage | undefined {
  if (wire.promptTokenCount === undefined && wire.candidatesTokenCount === undefined) {
    return undefined
  }
  const prompt = wire.promptTokenCount ?? 0
  const toolUse = wire.toolUsePromptTokenCount ?? 0
  const candidates = wire.candidatesTokenCount ?? 0
  const thoughts = wire.thoughtsTokenCount ?? 0
  const included = wire.totalTokenCount === prompt + toolUse + candidates
  const counted = promptUsage(wire.promptTokenCount, wire.cachedContentTokenCount, 0)
  return {
    ...counted,
    input_tokens: counted.input_tokens + toolUse,
    output_tokens: included ? candidates : candidates + thoughts,
    ...thinkingTokens(wire.thoughtsTokenCount),
  }
}

/** Chat Completions chunks, or one whole document, as calls of the writer. */

import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Frame, Usage } from '../../messages/events.ts'
import { textOr, thinkingTokens } from '../../messages/sanitize.ts'
import { bareError } from '../../messages/upstream-error-body.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Page } from '../../messages/web-search.ts'
import type { Writer } from '../../messages/writer.ts'
import { reportedCost } from '../../pricing/reported-cost.ts'
import { isMessagesEvent, MessagesReader } from '../anthropic/response.ts'
import { decoder as responsesDecoder } from '../openai-responses/response.ts'
import type { Decoder, Target } from '../protocol.ts'
import { Pages } from '../server-tools.ts'
import { promptUsage } from '../usage.ts'
import { Thoughts } from './response-reasoning.ts'
import { stopReason } from './response-stop-reason.ts'
import { GrowingText, type Piece, putsTags, TagReader } from './response-text.ts'
import {
  beginsCall,
  CallNames,
  saysSomething,
  ServedCalls,
  ToolCallKeys,
} from './response-tool-calls.ts'
import type {
  ChatUsage,
  Choice,
  Chunk,
  ContentPart,
  Delta,
  ExecutedTool,
  ToolCallDelta,
} from './types.ts'

/**
 * Reads Chat Completions chunks; an answer that was not streamed is one chunk whose `message` is
 * read like a `delta`.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const reader = new ChoiceReader(writer, target)
  const sources = new Sources()
  let done = false
  /** For a server that answers in the Messages API instead. */
  let messages: MessagesReader | undefined
  /** For one that answers in the Responses API. */
  let responses: Decoder | undefined
  const read = (chunk: Chunk): void => {
    const error = chunk.error || (isAnswer(chunk) ? undefined : bareError(chunk))
    if (error) throw upstreamError(chunk.error ? chunk : error, target.provider)
    const usage = chunk.usage ?? chunk.x_groq?.usage
    if (usage) writer.usage(usageOf(usage), reportedCost(usage, target.costField))
    sources.read(chunk)
    if (chunk.choices) readChoices(reader, chunk.choices)
    done ||= isWholeAnswer(chunk)
  }
  return {
    endsWithMark: true,
    isDone() {
      return responses?.isDone() ?? done
    },
    push(frame) {
      if (responses !== undefined) {
        responses.push(frame)
        return
      }
      if (frame.data.startsWith('[DONE]')) {
        done = true
        return
      }
      const chunk = parse(frame, target.provider)
      if (isResponsesEvent(chunk, frame)) {
        responses = responsesDecoder(writer, target)
        responses.push(frame)
        return
      }
      if (isMessagesEvent(chunk)) messages ??= new MessagesReader(writer, target)
      if (messages !== undefined) {
        messages.read(chunk)
        done ||= messages.isOver
        return
      }
      read(chunk)
    },
    end() {
      if (responses !== undefined) {
        responses.end()
        return
      }
      reader.end()
      if (!writer.stopped)
        requireComplete((done || reader.isDocument) && writer.hasContent(), target)
      for (const query of sources.queries) writer.searched(query)
      writer.sources(sources.pages, sources.text())
      if (!writer.stopped) writer.stop('end_turn')
      writer.finish()
    },
  }
}

// --- Chunks ---

function readChoices(reader: ChoiceReader, [choice, ...others]: readonly Choice[]): void {
  if (choice) reader.read(choice)
  for (const other of others) reader.readFurther(other)
}

/** Whether it is of the Responses API, by its name or as a document. */
function isResponsesEvent(chunk: Chunk, { event }: Frame): boolean {
  const { type, object, choices } = chunk as { type?: unknown; object?: unknown; choices?: unknown }
  if (choices !== undefined) return false
  const name = typeof type === 'string' ? type : event
  return name.startsWith('response.') || object === 'response'
}

/** Whether this is all of an answer that was not streamed: nothing more is waited for. */
function isWholeAnswer({ object, choices, usage }: Chunk): boolean {
  const { delta, message, finish_reason: finish } = choices?.[0] ?? {}
  return object === 'chat.completion' && !delta && Boolean(message && finish && usage)
}

function isAnswer({ choices, usage }: Chunk): boolean {
  return Boolean(choices ?? usage)
}

function requireComplete(isComplete: boolean, target: Target): void {
  if (isComplete) return
  throw new GatewayError(
    'api_error',
    `${target.provider} ended its answer before it was complete (no finish reason).`,
    { status: 502 },
  )
}

function parse(frame: Frame, provider: string): Chunk {
  try {
    const chunk = JSON.parse(frame.data) as unknown
    if (typeof chunk !== 'object' || chunk === null) throw new TypeError('not an object')
    // Some servers name the error in the frame's event and send the bare error object.
    return frame.event === 'error' && !('error' in chunk) ? { error: chunk } : chunk
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}

// --- The choice: text, reasoning and tool calls ---

/** Passes the pieces of the one choice to the writer. */
class ChoiceReader {
  readonly #writer: Writer
  readonly #target: Target
  readonly #calls: ToolCallKeys
  readonly #served = new ServedCalls()
  readonly #names = new CallNames()
  readonly #thoughts: Thoughts
  /** For models that put their reasoning between tags. */
  readonly #tags: TagReader | undefined
  /** Whether text or a call came: then no thinking may end the answer. */
  #hasAnswer = false
  #isDocument = false
  #hasPieces = false
  #hasCalls = false
  /** Whether calls came in the list `tool_calls`. */
  #hasListed = false
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
    const delta = choice.delta ?? choice.message
    this.#toolCalls(delta?.tool_calls)
  }

  /** The answer is over: text and names that were held belong to it. */
  end(): void {
    this.#release()
    if (!this.#hasAnswer) this.#thoughts.close()
    for (const [key, name] of this.#names.rest()) this.#writer.tool(key, { name })
  }

  /** Whether the answer came as one document, which is whole without a finish reason. */
  get isDocument(): boolean {
    return this.#isDocument
  }

  // Chunks

  /** The whole answer; some servers send it once more after its pieces. */
  #message(message: Delta): void {
    const { content, reasoning_content = null, reasoning = null, tool_calls = null } = message
    if (!this.#hasPieces) return this.#delta(message)
    if (!this.#hasAnswer) this.#thoughts.read({ reasoning_content, reasoning }, true)
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
    // The only call of an answer, as Chat Completions had it before there were several. Servers that
    // fill both fields mean one call.
    const only = { function: delta.function_call ?? null }
    if (!this.#hasListed && saysSomething(only)) this.#call(only, 'only')
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

  // Text

  #part(part: ContentPart): void {
    if (typeof part.text === 'string') this.#text(part.text)
    if (typeof part.thinking === 'string') this.#thoughts.text(part.thinking)
    else if (part.thinking) for (const piece of part.thinking) this.#thoughts.text(piece.text ?? '')
  }

  #text(text: string): void {
    if (text === '') return
    if (this.#tags === undefined) this.#writeText(text)
    else this.#writePieces(this.#tags.read(text))
  }

  #release(): void {
    this.#text(this.#content.release())
    if (this.#tags !== undefined) this.#writePieces(this.#tags.release())
  }

  #writePieces(pieces: readonly Piece[]): void {
    for (const { kind, text } of pieces) {
      if (kind === 'text') this.#writeText(text)
      else this.#thoughts.text(text, 'content')
    }
  }

  #writeText(text: string): void {
    if (!this.#hasAnswer) this.#thoughts.close()
    this.#hasAnswer = true
    this.#writer.text(text)
  }

  // Tool calls

  #toolCalls(calls: Delta['tool_calls']): void {
    if (!calls) return
    for (const call of this.#served.without(calls)) {
      if (!saysSomething(call)) continue
      this.#hasListed = true
      this.#call(call, this.#calls.key(call))
    }
  }

  #call(call: ToolCallDelta, key: string): void {
    this.#hasCalls = true
    if (beginsCall(call)) {
      this.#release()
      this.#thoughts.closeForCall(call)
      this.#hasAnswer = true
    }
    const args = argumentsPiece(call.function?.arguments)
    const name = this.#names.read(key, textOr(call.function?.name), args !== '')
    this.#writer.tool(key, { id: call.id ?? undefined, name, args })
  }
}

// --- Web search ---

/** The pages that an answer cites, and the queries of the server's search. */
export class Sources {
  readonly #pages = new Pages()
  readonly queries: string[] = []

  read(chunk: Chunk): void {
    const choice = chunk.choices?.[0]
    const delta = choice?.delta ?? choice?.message
    if (delta) this.#cited(delta)
    this.#found(chunk)
  }

  #cited({ annotations, executed_tools: tools }: Delta): void {
    if (annotations) {
      for (const { url_citation: cited } of annotations) this.#pages.add(cited?.url, cited?.title)
    }
    if (tools) for (const tool of tools) this.#ran(tool)
  }

  #found({ search_results: results, citations, web_search: pages }: Chunk): void {
    if (pages) for (const page of pages) this.#pages.add(page.link ?? page.url, page.title)
    if (results) for (const found of results) this.#pages.add(found.url, found.title)
    else if (citations) for (const url of citations) this.#pages.add(textOr(url))
  }

  #ran({ type, arguments: args, search_results: found }: ExecutedTool): void {
    const results = found?.results
    if (results) for (const page of results) this.#pages.add(page.url, page.title)
    else if (type !== 'search') return
    this.queries.push(queryIn(args))
  }

  get pages(): readonly Page[] {
    return this.#pages.all
  }

  /** A list for the end of the text, numbered as Perplexity's text counts them; '' without any. */
  text(): string {
    const { pages } = this
    if (pages.length === 0) return ''
    const lines = pages.map(({ url, title }, at) => `${String(at + 1)}. [${title}](${url})`)
    return `\n\nSources:\n${lines.join('\n')}`
  }
}

function queryIn(args: string | null | undefined): string {
  try {
    const { query } = JSON.parse(textOr(args)) as { query?: unknown }
    return typeof query === 'string' ? query : ''
  } catch {
    return ''
  }
}

// --- Usage ---

/**
 * The provider's count with every token counted once: `prompt_tokens` includes cached ones, the
 * Messages API's `input_tokens` does not. `completion_tokens` includes reasoning, except where the
 * total shows that it does not (xAI: 12 prompt + 2 completion + 340 reasoning = 354 total).
 */
export function usageOf(wire: ChatUsage): Usage {
  const prompt = wire.prompt_tokens ?? 0
  return {
    ...promptUsage(wire.prompt_tokens, cachedTokens(wire), writtenTokens(wire)),
    output_tokens: outputTokens(wire, prompt),
    ...thinkingTokens(wire.completion_tokens_details?.reasoning_tokens),
  }
}

function cachedTokens(wire: ChatUsage): number {
  return (
    wire.prompt_tokens_details?.cached_tokens ??
    wire.prompt_cache_hit_tokens ??
    wire.cached_tokens ??
    wire.cache_read_input_tokens ??
    0
  )
}

function writtenTokens({ prompt_tokens_details: details, ...wire }: ChatUsage): number {
  return (
    details?.cache_write_tokens ??
    details?.cache_creation_input_tokens ??
    wire.cache_creation_input_tokens ??
    0
  )
}

function outputTokens(wire: ChatUsage, prompt: number): number {
  const completion = wire.completion_tokens ?? 0
  const reasoning = wire.completion_tokens_details?.reasoning_tokens ?? 0
  const apart = wire.total_tokens === prompt + completion + reasoning
  return apart ? completion + reasoning : completion
}

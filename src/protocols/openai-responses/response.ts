/** Responses events, or one whole document, as calls of the writer. */

import { isEmptyObject, isWholeObject } from '../../lib/json.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Frame, StopReason, Usage } from '../../messages/events.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { thinkingTokens } from '../../messages/sanitize.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import { bareError } from '../../messages/upstream-error-body.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Writer } from '../../messages/writer.ts'
import { reportedCost } from '../../pricing/reported-cost.ts'
import type { Decoder, Target } from '../protocol.ts'
import { promptUsage } from '../usage.ts'
import {
  type AnswerItem,
  argumentsOf,
  compared,
  ItemList,
  kindOf,
  missingArguments,
  missingOfItem,
  missingOfPart,
  partsOf,
  sourceOf,
} from './response-items.ts'
import {
  Citations,
  IMAGE_NOTE,
  mayWrap,
  searchLine,
  servedText,
  unwrapped,
} from './response-tool-calls.ts'
import type {
  OutputItem,
  OutputPart,
  ResponseObject,
  ResponsesUsage,
  StreamEvent,
} from './types.ts'

/** Reads Responses events, or the one document of an answer that was not streamed. */
export function decoder(writer: Writer, target: Target, limit?: number): Decoder {
  const items = new AnswerItems(writer, target)
  let done = false

  const finish = (response: ResponseObject): void => {
    const reason = stopReason(response, limit)
    if (reason === undefined || response.error) {
      throw upstreamError(response.error ?? response.status, target.provider)
    }
    items.end(response.output ?? [])
    const { usage } = response
    if (usage) writer.usage(usageOf(usage), reportedCost(usage, target.costField))
    writer.stop(reason)
    done = true
  }

  return {
    isDone() {
      return done
    },
    push(frame) {
      if (done || frame.data === '[DONE]') return
      const event = parse(frame, target.provider)
      const error = errorIn(event)
      if (error !== undefined) throw upstreamError(error, target.provider)
      const whole = wholeAnswer(event)
      if (whole !== undefined) finish(whole)
      else items.read(event)
    },
    end() {
      if (!done) {
        throw new GatewayError(
          'api_error',
          `${target.provider} ended its answer before it was complete (no response.completed).`,
          { status: 502 },
        )
      }
      writer.finish()
    },
  }
}

// --- Events ---

function errorIn(event: StreamEvent): unknown {
  if (event.type === 'error' || event.error) return event
  return event.type === undefined && !event.output ? bareError(event) : undefined
}

/** The events that carry the whole answer and end it, with the status that each means. */
const STATUS: Readonly<Record<string, string>> = {
  'response.completed': 'completed',
  'response.done': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
  'response.cancelled': 'cancelled',
}

function wholeAnswer(event: StreamEvent): ResponseObject | undefined {
  if (event.type === undefined) return event.output ? event : undefined
  if (!Object.hasOwn(STATUS, event.type)) return undefined
  return { status: STATUS[event.type] ?? null, ...event.response }
}

function parse(frame: Frame, provider: string): StreamEvent {
  try {
    const event = JSON.parse(frame.data) as StreamEvent
    // Some servers name the event only in the frame. `in` throws for what is no object.
    return 'type' in event || frame.event === '' ? event : { ...event, type: frame.event }
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}

// --- Items: text, reasoning and tool calls ---

const NO_NAMES = new ToolNames([])

/** Passes the items of an answer to the writer, everything once, whether it comes in pieces or whole. */
class AnswerItems {
  readonly #writer: Writer
  readonly #target: Target
  readonly #items = new ItemList()
  readonly #citations = new Citations()
  /** The part of the newest thoughts, until something else comes; another part begins a paragraph. */
  #paragraph: string | undefined
  /** Whether the newest thoughts have a signature. */
  #isSealed = false
  #text = ''

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(event: StreamEvent): void {
    switch (event.type) {
      case 'response.output_item.added':
        if (event.item) this.#begin(event.item, event)
        return
      case 'response.output_item.done':
        if (event.item) this.#whole(event.item, this.#items.ofFinished(event.item, event))
        return
      case 'response.output_text.annotation.added':
        return this.#citations.add(event.annotation)
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return this.#piece('message', event.content_index, event)
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#piece('reasoning', event.summary_index, event)
      case 'response.function_call_arguments.delta':
        return this.#piece('call', 0, event)
      default:
        this.#readPart(event)
    }
  }

  /**
   * The answer is whole.
   * @param output its items once more; read as far as they were not streamed.
   */
  end(output: readonly OutputItem[]): void {
    const isThinking = this.#paragraph !== undefined || !this.#writer.hasContent()
    for (const { item, streamed, missing } of compared(output, this.#items)) {
      // State that comes after what it led to cannot go into the answer any more.
      if (streamed && !isThinking) streamed.isSealed = true
      this.#whole(item, streamed ?? this.#items.add(kindOf(item)), missing)
    }
    for (const item of this.#items.all) this.#endItem(item)
    this.#writer.sources(this.#citations.pages, this.#citations.missingFrom(this.#text))
  }

  /** Some servers send what an item is, or all of it, only when it begins. */
  #endItem(item: AnswerItem): void {
    const { announced, kind, text } = item
    if (announced && !item.isFinished) {
      if (kind === 'call' && text !== '') this.#whole({ ...announced, arguments: text }, item)
      else if (kind === 'call' || (kind === 'message' && text === '')) this.#whole(announced, item)
    }
    // The writer ends the answer in an error for a call without a name.
    if (kind === 'call' && item.name === '') this.#writer.tool(item.key, {})
  }

  // Events

  #begin(output: OutputItem, event: StreamEvent): void {
    const item = this.#items.ofAnnounced(output, event)
    item.announced ??= output
    if (item.kind === 'call') this.#name(item, output)
  }

  #piece(kind: string, part: number | null | undefined, event: StreamEvent): void {
    const text = event.delta ?? ''
    if (text === '') return
    const item = this.#items.ofPiece(kind, event)
    if (kind === 'call') this.#writeArguments(item, text)
    else if (kind === 'message') this.#writeText(item, part ?? 0, text)
    else if (isFromSource(item, event)) this.#writeThinking(item, part ?? 0, text)
  }

  #readPart(event: StreamEvent): void {
    if (event.type === 'response.function_call_arguments.done') return this.#wholeArguments(event)
    const part = wholePartIn(event)
    if (part?.text) this.#wholePart(event, part.kind, { at: part.at ?? 0, text: part.text })
  }

  #wholePart(
    event: StreamEvent,
    kind: 'message' | 'reasoning',
    { at, text }: { readonly at: number; readonly text: string },
  ): void {
    const item = this.#items.ofPart(kind, event, text)
    if (!isFromSource(item, event)) return
    const missing = missingOfPart(item, at, text)
    if (kind === 'message') this.#writeText(item, at, missing)
    else this.#writeThinking(item, at, missing)
    item.parts.set(at, text)
    item.partsConfirmed = item.text.length
  }

  /** @param missing what of its parts did not come yet, where that is known already. */
  #whole(output: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    switch (kindOf(output)) {
      case 'message':
        this.#wholeMessage(output, item, missing)
        break
      case 'reasoning':
        this.#wholeReasoning(output, item, missing)
        break
      case 'call':
        this.#wholeCall(output, item)
        break
      default:
        if (!item.isFinished) this.#served(output, item)
    }
    item.isFinished = true
  }

  // Text

  #wholeMessage(output: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    const rest = missing ?? missingOfItem(item, partsOf(output), this.#items.all)
    for (const [at, text] of rest.entries()) this.#writeText(item, at, text)
    if (rest.some(Boolean)) item.confirmed = item.text.length
    for (const part of partsIn(output)) {
      for (const annotation of part?.annotations ?? []) this.#citations.add(annotation)
    }
  }

  #writeText(item: AnswerItem, part: number, text: string): void {
    if (text === '') return
    this.#items.keep(item, part, text)
    this.#endThinking()
    this.#text += text
    this.#writer.text(text)
  }

  // Reasoning

  /** The state follows the thoughts that it belongs to; alone it makes an empty thinking block. */
  #wholeReasoning(output: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    const source = item.source ?? sourceOf(output)
    const rest = missing ?? missingOfItem(item, partsOf(output, source), this.#items.all)
    for (const [at, text] of rest.entries())
      this.#writeThinking(item, source === 'summary' ? at : 0, text)
    if (rest.some(Boolean)) item.confirmed = item.text.length
    const { encrypted_content: state } = output
    if (!state || item.isSealed) return
    item.isSealed = true
    this.#writeSignature(state)
  }

  /** Thoughts of another item or another part of a summary begin a paragraph. */
  #writeThinking(item: AnswerItem, part: number, text: string): void {
    if (text === '') return
    this.#items.keep(item, part, text)
    const paragraph = `${item.key} ${String(part)}`
    const before = this.#paragraph
    this.#paragraph = paragraph
    const isSame = before === undefined || before === paragraph
    this.#writer.thinking(isSame ? text : `\n\n${text}`)
    if (!this.#isSealed) this.#writeSignature()
  }

  /** Marks who made the thoughts, with the vendor's state where there is some. */
  #writeSignature(payload?: string): void {
    this.#isSealed = true
    this.#writer.signature(signatureFrom(this.#target, payload ? { payload } : {}))
  }

  /** Something other than a thought comes. */
  #endThinking(): void {
    this.#isSealed = false
    this.#paragraph = undefined
  }

  // Tool calls

  /** A call is passed on once its name is known, and one that may hold others once it is whole. */
  #name(item: AnswerItem, { id, call_id, name }: OutputItem): void {
    item.callId ||= call_id ?? ''
    if (!name || (item.name !== '' && item.text !== '')) return
    item.name = joinedName(item.name, name, NO_NAMES)
    this.#endThinking()
    if (mayWrap(item.name)) return
    this.#writer.tool(item.key, { id: call_id ?? id ?? undefined, name, args: item.text })
  }

  #wholeArguments(event: StreamEvent): void {
    const text = argumentsPiece(event.arguments)
    if (text === '') return
    const item = this.#items.ofPart('call', event, text)
    const { name, item_id: id } = event
    if (name) item.announced ??= { type: 'function_call', name, id: id ?? null }
    this.#writeArguments(item, missingArguments(item, text))
  }

  #wholeCall(output: OutputItem, item: AnswerItem): void {
    const args = argumentsOf(output)
    this.#endThinking()
    this.#name(item, output)
    if (!mayWrap(item.name)) {
      this.#writeArguments(item, missingArguments(item, args))
      return
    }
    if (item.isFinished) return
    const calls = unwrapped({ name: item.name, args: args || item.text })
    for (const [at, call] of calls.entries()) {
      // Only one of them can have the id; the writer makes ids for the others.
      const id = output.call_id ?? output.id ?? undefined
      this.#writer.tool(`${item.key}.${String(at)}`, { ...call, id })
    }
  }

  /** Pieces that come after the whole call add nothing. */
  #writeArguments(item: AnswerItem, args: string): void {
    const before = item.text
    if (args === '' || item.isFinished || (args === before && isWholeObject(args))) return
    // Some servers send an empty object before the arguments.
    item.text = isEmptyObject(before) ? args : before + args
    if (item.name !== '' && !mayWrap(item.name)) this.#writer.tool(item.key, { args })
  }

  // The server's tools

  /** What tools of the server did. */
  #served(output: OutputItem, item: AnswerItem): void {
    switch (output.type) {
      case 'web_search_call': {
        const { action } = output
        if (action?.type === 'search') this.#writer.searched(action.query ?? undefined)
        this.#citations.found(action)
        return this.#writeThinking(item, 0, searchLine(action))
      }
      case 'image_generation_call':
        return this.#writeText(item, 0, IMAGE_NOTE)
      default:
        return this.#writeThinking(item, 0, servedText(output))
    }
  }
}

/** Reasoning that a server sends both raw and as a summary is shown in the form that came first. */
function isFromSource(item: AnswerItem, { type }: StreamEvent): boolean {
  const source = type?.includes('summary') === true ? 'summary' : 'content'
  item.source ??= source
  return item.source === source
}

function partsIn({ content }: OutputItem): readonly (OutputPart | null)[] {
  return Array.isArray(content) ? (content as readonly (OutputPart | null)[]) : []
}

// --- Whole parts ---

/** A part of an item that comes whole. */
export interface WholePart {
  readonly kind: 'message' | 'reasoning'
  /** Its number; of raw reasoning none, since only a summary has paragraphs. */
  readonly at?: number | null | undefined
  readonly text: string | null | undefined
}

/** The whole part in an event; undefined for every other event. */
export function wholePartIn(event: StreamEvent): WholePart | undefined {
  const { type, content_index: at, summary_index: paragraph, part } = event
  switch (type) {
    case 'response.output_text.done':
      return { kind: 'message', at, text: event.text }
    case 'response.refusal.done':
      return { kind: 'message', at, text: event.refusal }
    case 'response.reasoning_summary_text.done':
      return { kind: 'reasoning', at: paragraph, text: event.text }
    case 'response.reasoning_summary_part.done':
      return { kind: 'reasoning', at: paragraph, text: part?.text }
    case 'response.reasoning_text.done':
      return { kind: 'reasoning', text: event.text }
    case 'response.content_part.done':
      return part ? contentPart(part, at) : undefined
    default:
      return undefined
  }
}

function contentPart({ type, text, refusal }: OutputPart, at: WholePart['at']): WholePart {
  if (type === 'reasoning_text') return { kind: 'reasoning', text }
  return { kind: 'message', at, text: text ?? refusal }
}

// --- Stop reason ---

/** `incomplete_details.reason` of an answer whose status is `incomplete`. */
const INCOMPLETE: ReadonlyMap<unknown, StopReason> = new Map([
  ['max_output_tokens', 'max_tokens'],
  ['content_filter', 'refusal'],
  ['max_tool_calls', 'end_turn'],
])

/**
 * Why a whole answer ended; undefined for a status that means failure. An incomplete one whose
 * reason is unknown was cut, so the client should ask for the rest. So was one that is exactly as long
 * as it could be: llama.cpp, Ollama and LiteLLM call it `completed` (run on 2026-11-30:
 * docs/verified.md).
 */
export function stopReason(
  { status, incomplete_details, usage, output }: ResponseObject,
  limit?: number,
): StopReason | undefined {
  if (status === 'failed' || status === 'cancelled') return undefined
  if (status !== 'incomplete') {
    const isFull = limit !== undefined && usage?.output_tokens === limit
    const calls = output?.some((item) => kindOf(item) === 'call') === true
    return isFull && !calls ? 'max_tokens' : 'end_turn'
  }
  return INCOMPLETE.get(incomplete_details?.reason) ?? 'max_tokens'
}

// --- Usage ---

/**
 * The provider's count with every token counted once: `input_tokens` includes cached ones, the
 * Messages API's does not; `output_tokens` includes reasoning in both.
 */
export function usageOf(usage: ResponsesUsage): Usage {
  const { cached_tokens: cached, cache_write_tokens: written } = usage.input_tokens_details ?? {}
  return {
    ...promptUsage(usage.input_tokens, cached, written),
    output_tokens: usage.output_tokens ?? 0,
    ...thinkingTokens(usage.output_tokens_details?.reasoning_tokens),
  }
}

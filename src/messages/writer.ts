/**
 * Turns what a decoder reports, in any order, into a legal sequence of events: `message_start`
 * first, one open block at a time, one `message_delta` with the true stop reason and usage, then
 * `message_stop`. Decoders say what, the writer decides when.
 */

import { CallArguments } from './call-arguments.ts'
import { GatewayError } from './error.ts'
import type {
  BlockDelta,
  FinalUsage,
  StartedBlock,
  StopReason,
  StreamEvent,
  Usage,
} from './events.ts'
import { sanitizeUsage, requireText, textOr } from './sanitize.ts'
import { joinedName, ToolNames } from './tool-names.ts'
import { type Page, type RequestedSearch, Searches } from './web-search.ts'

export interface WriterParts {
  /** The answer's model as the client sees it: the one that it requested. */
  readonly model: string
  readonly messageId: string
  /** A fresh id for a tool call whose id cannot be used. */
  readonly newToolId: () => string
  /** Tool ids that the conversation already holds: the client drops calls whose id comes again. */
  readonly takenToolIds: Iterable<string>
  /** The names of the tools that the model was offered. */
  readonly toolNames?: Iterable<string>
  /** The client's name for a tool that the model calls by this one; the same if absent. */
  readonly clientName?: ((name: string) => string) | undefined
  /** Input tokens for `message_start`, before the provider has counted. */
  readonly inputEstimate: number
  /** The web search that the client requested; absent without one. */
  readonly search?: RequestedSearch | undefined
}

/** Content that may wait for an earlier block to end, in UTF-16 units. */
const HELD_LIMIT = 64 * 1024 * 1024

/** One piece of a tool call, as an upstream sends it. */
export interface ToolPart {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly args?: string | undefined
}

export class Writer {
  readonly #parts: WriterParts
  readonly #taken: Set<string>
  #events: StreamEvent[] = []
  /** The head is the block being emitted; the others wait for it to end. */
  #queue: OpenBlock[] = []
  /** The newest call under each key. */
  readonly #calls = new Map<string, OpenBlock>()
  readonly #toolNames: ToolNames
  #index = 0
  #started = false
  #toolSeen = false
  /** Whether a text or a call was begun. */
  #shown = false
  #heldSize = 0
  #usage: FinalUsage | undefined
  #charged: number | undefined
  readonly #searches = new Searches()
  #stop: { reason: StopReason; sequence: string | null } | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#taken = new Set(parts.takenToolIds)
    this.#toolNames = new ToolNames(parts.toolNames ?? [])
  }

  /** Whether the answer's stop reason is known, hence whether its content is whole. */
  get stopped(): boolean {
    return this.#stop !== undefined
  }

  /** What the provider has counted so far; undefined for nothing. */
  get reported(): FinalUsage | undefined {
    return this.#usage
  }

  /** What the answer cost according to the provider, in USD; undefined if it did not report it. */
  get charged(): number | undefined {
    return this.#charged
  }

  /** Whether the answer has any content so far. */
  hasContent(): boolean {
    return this.#index > 0 || this.#queue.length > 0
  }

  /** @throws GatewayError `api_error` if it is no text, as for every piece of content. */
  text(chunk: string): void {
    if (requireText(chunk) !== '') this.#append(this.#last('text'), chunk)
  }

  thinking(chunk: string): void {
    if (requireText(chunk) !== '') this.#append(this.#last('thinking'), chunk)
  }

  /** The opaque state that belongs to the thinking block spoken of last; opens one if there is none. */
  signature(signature: string): void {
    this.#last('thinking').signature = signature
  }

  /**
   * A piece of the tool call that the upstream identifies by `key`. A second complete object
   * under one key is another call, unless it repeats the first.
   * @throws GatewayError `api_error` if it adds to arguments that were whole, or is no text.
   */
  tool(key: string, part: ToolPart): void {
    let call = this.#calls.get(key) ?? this.#call(key)
    this.#identify(call, part)
    let rest = this.#argue(call, key, requireText(part.args ?? ''))
    while (rest !== '') {
      call = this.#call(key, this.#calls.get(key))
      this.#identify(call, { id: part.id })
      rest = this.#argue(call, key, rest)
    }
  }

  #call(key: string, before?: OpenBlock): OpenBlock {
    const call = this.#open('tool_use', before)
    this.#calls.set(key, call)
    return call
  }

  /** The id and name of a call, until its start is emitted. */
  #identify(call: OpenBlock, { id, name }: ToolPart): void {
    if (call.started) return
    if (call.id === '') call.id = textOr(id)
    if (call.before === undefined) call.name = joinedName(call.name, textOr(name), this.#toolNames)
  }

  /** Takes arguments of a call. Gives those that begin another one. */
  #argue(call: OpenBlock, key: string, args: string): string {
    const { due, rest } = call.args.add(args)
    if (call.closed) requireNothingNew(due)
    else this.#append(call, due)
    this.#requireRoom(call.args.heldSize)
    this.#settle(call, key)
    return rest
  }

  /** A call that may repeat the one before it is shown once it is known that it does not. */
  #settle(call: OpenBlock, key: string): void {
    const { before, args } = call
    if (before === undefined || !args.isWhole || args.isEmpty) return
    if (isRepetition(call)) {
      this.#leaveOut(call)
      this.#calls.set(key, before)
      return
    }
    call.before = undefined
    this.#append(call, '')
  }

  #leaveOut(call: OpenBlock): void {
    this.#heldSize -= call.held.length
    this.#queue = this.#queue.filter((block) => block !== call)
  }

  /** Whether a tool call's arguments are a whole JSON object, so that more would break them. */
  toolIsWhole(key: string): boolean {
    return this.#calls.get(key)?.args.isWhole === true
  }

  /**
   * Usage so far; a later value replaces an earlier one.
   * @param charged USD, for the ledger only: the client's usage has no such field.
   */
  usage(usage: Usage, charged?: number): void {
    this.#usage = sanitizeUsage(usage)
    this.#charged = charged ?? this.#charged
  }

  /** The server searched the web. */
  searched(query = ''): void {
    this.#searches.add(query)
  }

  /**
   * The pages that the answer is based on; called once, when it is complete.
   * @param text the same as text, for clients that requested no search; '' for none.
   */
  sources(pages: readonly Page[], text: string): void {
    if (this.#parts.search === undefined) this.text(text)
    else this.#searches.pages = pages
  }

  /** The pages that a search found which is over: it stands before what follows. */
  found(pages: readonly Page[]): void {
    this.#searches.pages = pages
    for (let head = this.#queue[0]; head !== undefined;) head = this.#closeHead(head)
    this.#showSearch()
  }

  stop(reason: StopReason, sequence: string | null = null): void {
    this.#stop = { reason, sequence: textOr(sequence) || null }
  }

  /** The events that became due since the last call. */
  take(): readonly StreamEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /**
   * Ends the message.
   * @throws GatewayError `api_error` if no stop reason was given or a tool call has no name.
   */
  finish(): void {
    const stop = this.#stop
    if (stop === undefined) {
      throw new GatewayError('api_error', 'The answer ended before it was complete.')
    }
    this.#start()
    for (let head = this.#queue[0]; head !== undefined;) head = this.#closeLast(head)
    this.#showSearch()
    this.#events.push(
      {
        type: 'message_delta',
        delta: { stop_reason: this.#trueReason(stop.reason), stop_sequence: stop.sequence },
        usage: { ...(this.#usage ?? { output_tokens: 0 }), ...this.#searches.usage() },
      },
      { type: 'message_stop' },
    )
  }

  #showSearch(): void {
    const events = this.#searches.events(this.#parts, this.#index)
    if (events.length === 0) return
    this.#start()
    this.#events.push(...events)
    this.#index += 2
  }

  /** Upstreams say `stop` after tool calls and `tool_calls` without any; the client needs the truth. */
  #trueReason(given: StopReason): StopReason {
    if (this.#toolSeen) return given === 'end_turn' ? 'tool_use' : given
    return given === 'tool_use' ? 'end_turn' : given
  }

  /** The newest block if it is of this kind, else a new one. */
  #last(kind: 'text' | 'thinking'): OpenBlock {
    const last = this.#queue.at(-1)
    return last?.kind === kind ? last : this.#open(kind)
  }

  /** @param before the call that a new one may repeat. */
  #open(kind: BlockKind, before?: OpenBlock): OpenBlock {
    for (let head = this.#queue[0]; head !== undefined && isWhole(head, kind);) {
      head = this.#closeHead(head)
    }
    const block = openBlock(kind, before)
    this.#queue.push(block)
    return block
  }

  #append(block: OpenBlock, chunk: string): void {
    if (block === this.#queue[0] && !this.#mustWait(block)) {
      this.#startBlock(block)
      this.#delta(block, chunk)
      return
    }
    block.held += chunk
    this.#heldSize += chunk.length
    this.#requireRoom()
  }

  #requireRoom(more = 0): void {
    if (this.#heldSize + more <= HELD_LIMIT) return
    throw new GatewayError('api_error', 'The upstream interleaved more than ccr can hold back.')
  }

  /**
   * Thinking behind a text or a call waits until something follows it: the client shows nothing of
   * an answer that ends in thinking. A call waits for the end of its name, which arguments show.
   */
  #mustWait(block: OpenBlock): boolean {
    const { kind, name, args, before } = block
    if (block.started || kind === 'text') return false
    if (kind === 'thinking') return this.#shown
    return before !== undefined || !args.hasContent || !this.#toolNames.isWhole(name)
  }

  /** Ends the head where nothing more comes. Gives the next one. */
  #closeLast(head: OpenBlock): OpenBlock | undefined {
    const isAfterthought = this.#shown && this.#queue.every(({ kind }) => kind === 'thinking')
    return isAfterthought ? undefined : this.#closeHead(head)
  }

  /** Gives the next head, of which what may be shown is. */
  #closeHead(head: OpenBlock): OpenBlock | undefined {
    if (isRepetition(head)) this.#leaveOut(head)
    else this.#close(head)
    const next = this.#queue[0]
    if (next !== undefined && !this.#mustWait(next)) this.#startBlock(next)
    return next
  }

  #close(head: OpenBlock): void {
    if (head.kind === 'tool_use' && head.name === '') {
      throw new GatewayError('api_error', 'The upstream sent a tool call without a name.')
    }
    this.#startBlock(head)
    this.#delta(head, head.args.end())
    if (head.signature !== '') {
      this.#emitDelta({ type: 'signature_delta', signature: head.signature })
    }
    this.#events.push({ type: 'content_block_stop', index: this.#index })
    head.closed = true
    this.#index += 1
    this.#queue.shift()
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    const { messageId, model, inputEstimate } = this.#parts
    this.#events.push({
      type: 'message_start',
      message: {
        id: messageId,
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens: inputEstimate,
          output_tokens: 0,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
        },
      },
    })
  }

  #startBlock(block: OpenBlock): void {
    if (block.started) return
    block.started = true
    if (block.kind !== 'thinking') this.#shown = true
    this.#start()
    this.#events.push({
      type: 'content_block_start',
      index: this.#index,
      content_block: this.#shape(block),
    })
    const held = block.held
    block.held = ''
    this.#heldSize -= held.length
    this.#delta(block, held)
  }

  #shape(block: OpenBlock): StartedBlock {
    switch (block.kind) {
      case 'text':
        return { type: 'text', text: '' }
      case 'thinking':
        return { type: 'thinking', thinking: '', signature: '' }
      case 'tool_use':
        this.#toolSeen = true
        return {
          type: 'tool_use',
          id: this.#toolId(block.id),
          name: this.#parts.clientName?.(block.name) ?? block.name,
          input: {},
        }
    }
  }

  /** The upstream's id if the client can keep it apart from all others, else a fresh one. */
  #toolId(given: string): string {
    const id = given === '' || this.#taken.has(given) ? this.#parts.newToolId() : given
    this.#taken.add(id)
    return id
  }

  #delta(block: OpenBlock, chunk: string): void {
    if (chunk === '') return
    this.#emitDelta(DELTA[block.kind](chunk))
  }

  #emitDelta(delta: BlockDelta): void {
    this.#events.push({ type: 'content_block_delta', index: this.#index, delta })
  }
}

/** Whether a call only repeats the one before it under the same key and id. */
function isRepetition({ id, args, before }: OpenBlock): boolean {
  return before !== undefined && (id === '' || id === before.id) && args.repeats(before.args)
}

/** Some upstreams send an empty piece at the end of a call. */
function requireNothingNew(args: string): void {
  if (args.trim() === '') return
  throw new GatewayError('api_error', 'The upstream sent more arguments for a finished tool call.')
}

// --- Blocks ---

type BlockKind = 'text' | 'thinking' | 'tool_use'

/** A piece of a block's content as its event. */
const DELTA: Readonly<Record<BlockKind, (chunk: string) => BlockDelta>> = {
  text: (text) => ({ type: 'text_delta', text }),
  thinking: (thinking) => ({ type: 'thinking_delta', thinking }),
  tool_use: (partial_json) => ({ type: 'input_json_delta', partial_json }),
}

interface OpenBlock {
  readonly kind: BlockKind
  id: string
  name: string
  started: boolean
  closed: boolean
  signature: string
  /** Content not yet emitted: of a block that waits, or of a tool whose name is not known yet. */
  held: string
  readonly args: CallArguments
  /** The call of which this may be a repetition, until that is known. */
  before: OpenBlock | undefined
}

function openBlock(kind: BlockKind, before?: OpenBlock): OpenBlock {
  return {
    kind,
    id: '',
    name: before?.name ?? '',
    started: false,
    closed: false,
    signature: '',
    held: '',
    args: new CallArguments(),
    before,
  }
}

/**
 * Whether nothing more can come for a block now that another began. Text and thinking end there; a
 * tool call ends when its arguments are a whole JSON object, since more would break it. An empty one
 * may be followed by the real arguments while calls come.
 */
function isWhole(block: OpenBlock, next: BlockKind): boolean {
  if (block.kind !== 'tool_use') return true
  return block.name !== '' && block.args.isWhole && !(next === 'tool_use' && block.args.isEmpty)
}

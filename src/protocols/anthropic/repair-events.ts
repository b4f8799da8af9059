/** Repairs the events of another vendor's answer, one by one. */

import { CallArguments, decodedArguments } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Block } from '../../messages/request.ts'
import { textOr } from '../../messages/sanitize.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import {
  acceptsDelta,
  argumentsDelta,
  argumentsIn,
  blockShape,
  completedStart,
  type ContentDelta,
  deltaEvent,
  deltaOf,
  endEvent,
  isCall,
  isCompleteStart,
  isRepeated,
  type OpenBlock,
  remainingDeltas,
  type RepairContext,
  startEvent,
  toolIdChooser,
} from './repair-message.ts'
import { isFailure, stopReasonOf } from './response.ts'
import type { AnyEvent } from './types.ts'

/**
 * Repairs the events of another vendor's Messages API: the client reads only events in Anthropic's
 * order. A correct event comes back as the very same object, so that its bytes can pass unchanged; what
 * cannot be repaired is an error, never half an answer.
 */
export class EventRepair {
  readonly #parts: RepairContext
  readonly #idFor: (id: unknown) => string
  readonly #toolNames: ToolNames
  readonly #open = new OpenBlocks()
  #count = 0
  #started = false
  #over = false
  #hasCall = false
  #outputTokens = 0
  /** Content of `message_start`. */
  #startContent: readonly Block[] = []
  #end: AnyEvent | undefined
  /** Whether content followed the emitted end. */
  #isEndStale = false

  constructor(parts: RepairContext) {
    this.#parts = parts
    this.#idFor = toolIdChooser(parts)
    this.#toolNames = new ToolNames(parts.toolNames ?? [])
  }

  /** Whether further pieces like the last one, which passed unchanged, will pass unchanged as well. */
  get isPlain(): boolean {
    const { only } = this.#open
    return only !== undefined && only.args === undefined
  }

  /**
   * The events for the client that follow from one of the server's.
   * @throws GatewayError `api_error` if the answer cannot be repaired.
   */
  read(event: AnyEvent): readonly AnyEvent[] {
    if (this.#over) return []
    switch (event.type) {
      case 'message_start':
        this.#startMessage(event)
        break
      case 'content_block_start':
        this.#startBlock(event)
        break
      case 'content_block_delta':
        this.#delta(event)
        break
      case 'content_block_stop':
        this.#stopBlock(event)
        break
      case 'message_delta':
        this.#messageDelta(event)
        break
      case 'message_stop':
        this.#finish(event)
        break
      default:
        this.#over = event.type === 'error'
        this.#open.emit(event)
    }
    return this.#open.take()
  }

  /** The stream ended: its last event, if only that is missing. */
  end(): readonly AnyEvent[] {
    return this.#end === undefined ? [] : this.read({ type: 'message_stop' })
  }

  #startMessage(event?: AnyEvent): void {
    if (this.#started) return
    this.#started = true
    const message = event?.message
    const { usage, content } = message ?? {}
    if (typeof usage?.output_tokens === 'number') this.#outputTokens = usage.output_tokens
    if (Array.isArray(content)) this.#startContent = content.filter(isBlock)
    this.#open.emit(
      event && isCompleteStart(message) ? event : completedStart(message, this.#parts),
    )
  }

  #startBlock(event: AnyEvent): void {
    const { content_block: block, index } = event
    // Its deltas show what it is.
    if (!isBlock(block)) return
    const before = this.#open.at(index)
    if (before && isRepeated(before, block)) {
      before.name = joinedName(before.name, textOr(block['name']), this.#toolNames)
      return
    }
    if (before) this.#closeBlock(before)
    this.#add(block, index, event)
  }

  #add(block: Block, at: number | undefined, event?: AnyEvent): OpenBlock {
    this.#startMessage()
    this.#closeText()
    this.#isEndStale = true
    const { startDeltas, ...shape } = blockShape(block, this.#idFor)
    const index = this.#count
    this.#count += 1
    this.#hasCall ||= block.type === 'tool_use'
    const { kind, name } = shape
    const opened = {
      ...shape,
      upstream: at ?? index,
      index,
      pending: [],
      held: [],
      isHeld: isCall(kind) && (name === '' || this.#toolNames.mayGoOn(name)),
      hasContent: startDeltas.length > 0,
      stopped: false,
    }
    this.#open.add(opened)
    const isSame = event && shape.start === event.content_block && event.index === index
    this.#emit(opened, isSame ? event : startEvent(index, shape.start))
    for (const delta of startDeltas) this.#emit(opened, deltaEvent(index, delta))
    return opened
  }

  #delta(event: AnyEvent): void {
    const delta = deltaOf(event.delta, this.#parts.provider)
    if (delta === undefined) return
    const block = this.#blockFor(event.index, delta)
    if (block === undefined) return
    const { text } = delta
    if (text !== '') block.hasContent = true
    if (delta.wire.type === 'signature_delta') block.signature = ''
    const isSame = delta.wire === event.delta && event.index === block.index
    const emitted = isSame ? event : deltaEvent(block.index, delta.wire)
    const { args } = block
    if (args !== undefined && delta.wire.type === 'input_json_delta') {
      this.#addArguments(block, args, text, emitted)
    } else this.#emit(block, emitted)
  }

  /** Arguments of a call; a second complete object is another call, unless it repeats the first. */
  #addArguments(block: OpenBlock, args: CallArguments, text: string, event: AnyEvent): void {
    const { next } = block
    if (text.trim() !== '') this.#release(block)
    const { due, rest } = (next ?? args).add(text)
    if (next === undefined && block.input === undefined) this.#emitArguments(block, due, event)
    let call = this.#currentCall(block)
    for (let more = rest; more !== '';) {
      call.next = new CallArguments()
      more = call.next.add(more).rest
      call = this.#currentCall(call)
    }
  }

  /** Emits the arguments that are due, in their original pieces if these are exactly what is due. */
  #emitArguments(block: OpenBlock, due: string, event: AnyEvent): void {
    const pieces = [...block.held, event]
    if (due === '' && (block.held.length > 0 || argumentsIn(event) !== '')) {
      block.held = pieces
      return
    }
    block.held = []
    if (pieces.map(argumentsIn).join('') !== due) {
      this.#emit(block, deltaEvent(block.index, argumentsDelta(due)))
    } else for (const piece of pieces) this.#emit(block, piece)
  }

  /** The call that further arguments belong to: a new one once those after complete ones are complete. */
  #currentCall(block: OpenBlock): OpenBlock {
    const { next, args } = block
    if (next === undefined || args === undefined || !next.isWhole || next.isEmpty) return block
    block.next = undefined
    if (next.repeats(args)) return block
    this.#closeBlock(block)
    return this.#addCall(block, next)
  }

  #addCall({ kind, name, upstream }: OpenBlock, args: CallArguments): OpenBlock {
    const block = { type: kind, id: '', name, input: {} }
    const call = this.#add(block, upstream)
    call.args = args
    call.hasContent = true
    this.#release(call)
    this.#emit(call, deltaEvent(call.index, argumentsDelta(decodedArguments(args.text))))
    return call
  }

  /** Emits a held call once its name is known. */
  #release(block: OpenBlock, isOver = false): void {
    if (!block.isHeld || !(isOver || this.#toolNames.isWhole(block.name))) return
    if (block.name === '') throw this.#invalid('a tool call without a name')
    const [start] = block.pending
    const { content_block: shape } = start ?? {}
    if (isBlock(shape) && shape['name'] !== block.name) {
      block.pending[0] = startEvent(block.index, { ...shape, name: block.name })
    }
    this.#open.release(block)
  }

  /** The open block that a piece belongs to; a new one for text and thoughts without one. */
  #blockFor(index: number | undefined, delta: ContentDelta): OpenBlock | undefined {
    const named = this.#open.at(index)
    if (named && acceptsDelta(named, delta)) return named
    const other = this.#open.accepting(delta)
    if (other) return other
    if (delta.text.trim() === '') return undefined
    switch (delta.wire.type) {
      case 'text_delta':
        return this.#add({ type: 'text', text: '' }, index)
      case 'thinking_delta':
        return this.#add({ type: 'thinking', thinking: '', signature: '' }, index)
      case 'input_json_delta':
        if (delta.text.trim() === '{}') return undefined
        throw this.#invalid('a piece of a tool call that it did not begin')
      default:
        return undefined
    }
  }

  #stopBlock(event: AnyEvent): void {
    const named = this.#open.at(event.index)
    if (named === undefined) return
    const { upstream } = named
    const blocks = this.#open.all().filter((block) => block.upstream === upstream)
    for (const block of blocks) this.#closeBlock(block, event)
  }

  #closeBlock(block: OpenBlock, event?: AnyEvent): void {
    const { index, next, args } = block
    this.#release(block, true)
    this.#emitRest(block)
    const isSame = event?.index === index
    this.#emit(block, isSame ? event : { type: 'content_block_stop', index })
    this.#open.close(block)
    if (next && args && !next.repeats(args)) this.#closeBlock(this.#addCall(block, next))
  }

  #emitRest(block: OpenBlock): void {
    const { index, args, input, held } = block
    const rest = args?.end() ?? ''
    const isAsItCame = rest === held.map(argumentsIn).join('')
    if (rest !== '' && input === undefined) {
      const whole = deltaEvent(index, argumentsDelta(rest))
      for (const event of isAsItCame ? held : [whole]) this.#emit(block, event)
    }
    for (const delta of remainingDeltas(block)) this.#emit(block, deltaEvent(index, delta))
  }

  /** Text and thoughts end where something else begins; calls may be open side by side. */
  #closeText(): void {
    const last = this.#open.at(undefined)
    if (last && !isCall(last.kind)) this.#closeBlock(last)
  }

  #closeAll(): void {
    for (const block of this.#open.all()) this.#closeBlock(block)
  }

  #emit(block: OpenBlock, event: AnyEvent): void {
    if (this.#open.emitFor(block, event)) return
    throw this.#invalid('more blocks at once than ccr can hold back')
  }

  #messageDelta(event: AnyEvent): void {
    this.#startMessage()
    const given = event.delta?.stop_reason ?? this.#end?.delta?.stop_reason
    if (isFailure(given)) throw this.#invalid(`the stop reason "${String(given)}" for a failure`)
    if (typeof given === 'string') this.#closeContent()
    const reason = stopReasonOf(given, this.#hasCall)
    const isRight = event.delta && event.delta.stop_reason === reason && isCounted(event)
    const emitted = isRight ? event : endEvent(event, reason, this.#outputTokens)
    if (typeof given === 'string') {
      this.#end = emitted
      this.#isEndStale = false
    }
    this.#open.emit(emitted)
  }

  #closeContent(): void {
    this.#closeAll()
    const early = this.#startContent
    this.#startContent = []
    if (this.#count > 0) return
    for (const block of early) {
      this.#add(block, undefined)
      this.#closeAll()
    }
  }

  #finish(event: AnyEvent): void {
    if (this.#end === undefined) this.#inferEnd()
    else if (this.#isEndStale) {
      this.#closeAll()
      const reason = stopReasonOf(this.#end.delta?.stop_reason, this.#hasCall)
      this.#open.emit(endEvent(this.#end, reason, this.#outputTokens))
    }
    this.#open.emit(event)
    this.#over = true
  }

  /** Ends an answer that lacks only its stop reason; an answer that broke off inside a block is an error. */
  #inferEnd(): void {
    if (!this.#open.isEmpty) throw this.#invalid('the end of its answer before the end of a block')
    this.#closeContent()
    if (this.#count === 0)
      throw this.#invalid('an answer without content and without a stop reason')
    const reason = stopReasonOf('end_turn', this.#hasCall)
    this.#open.emit(endEvent({ type: 'message_delta' }, reason, this.#outputTokens))
  }

  #invalid(what: string): GatewayError {
    return new GatewayError('api_error', `${this.#parts.provider} sent ${what}.`, { status: 502 })
  }
}

function isBlock(block: unknown): block is Block {
  return typeof (block as { type?: unknown } | null | undefined)?.type === 'string'
}

function isCounted({ usage }: AnyEvent): boolean {
  return typeof usage?.output_tokens === 'number'
}

// --- Open blocks ---

/** How many events may wait for an earlier block to end. */
const MAX_WAITING = 200_000

/**
 * The blocks of an answer that have not ended, in order, and the events that are due. Blocks are
 * emitted one after the other, so that events of a later block wait.
 */
class OpenBlocks {
  #out: AnyEvent[] = []
  readonly #blocks: OpenBlock[] = []
  #held = 0

  /** The events that became due since the last call. */
  take(): readonly AnyEvent[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** Adds an event that belongs to no block. */
  emit(event: AnyEvent): void {
    this.#out.push(event)
  }

  /** Adds an event of a block; false if more wait than allowed. */
  emitFor(block: OpenBlock, event: AnyEvent): boolean {
    if (block === this.#blocks[0] && !block.isHeld) {
      this.#out.push(event)
      return true
    }
    block.pending.push(event)
    this.#held += 1
    return this.#held <= MAX_WAITING
  }

  add(block: OpenBlock): void {
    this.#blocks.push(block)
  }

  /** The block is complete. */
  close(block: OpenBlock): void {
    block.stopped = true
    while (this.#blocks[0]?.stopped) {
      this.#blocks.shift()
      this.#flush(this.#blocks[0])
    }
  }

  /** Emits what a block holds, now or at its turn. */
  release(block: OpenBlock): void {
    block.isHeld = false
    if (block === this.#blocks[0]) this.#flush(block)
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** The only open block; undefined if there are several. */
  get only(): OpenBlock | undefined {
    return this.#blocks.length === 1 ? this.#blocks[0] : undefined
  }

  /** The blocks that continue, in order. */
  all(): readonly OpenBlock[] {
    return this.#blocks.filter(({ stopped }) => !stopped)
  }

  /** The newest block under one of the server's indexes; the newest of all without an index. */
  at(index: number | undefined): OpenBlock | undefined {
    return this.#blocks.findLast(
      (block) => !block.stopped && (index === undefined || block.upstream === index),
    )
  }

  accepting(delta: ContentDelta): OpenBlock | undefined {
    return this.#blocks.findLast((block) => !block.stopped && acceptsDelta(block, delta))
  }

  #flush(block: OpenBlock | undefined): void {
    if (block === undefined || block.isHeld) return
    this.#held -= block.pending.length
    for (const event of block.pending.splice(0)) this.#out.push(event)
  }
}

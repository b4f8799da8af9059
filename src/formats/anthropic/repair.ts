import { GatewayError } from '../../messages/error.ts'
import type { Block } from '../../messages/request.ts'
import { acceptsDelta, blockShape, deltaOf, isCall, restOf } from './repair-block.ts'
import type { ContentDelta, RepairedBlock } from './repair-block.ts'
import {
  filledStart,
  isFailure,
  isRightStart,
  stopReasonOf,
  toolIdChooser,
} from './repair-message.ts'
import type { AnyEvent, RepairParts } from './repair-message.ts'

/** Content that may wait for an earlier block to end, events. */
const MOST_HELD = 200_000

/**
 * Puts the events of a Messages API right that another maker than Anthropic built: the client reads
 * only what comes in Anthropic's own order. A right event comes back as the very same object, so that
 * its bytes can pass as they are; what cannot be put right is an error, never half an answer.
 */
export class Repair {
  readonly #parts: RepairParts
  readonly #idFor: (id: unknown) => string
  #out: AnyEvent[] = []
  /** Blocks without an end, in the order of the answer; the first is the one being told. */
  #open: RepairedBlock[] = []
  #count = 0
  #started = false
  #over = false
  #hasCall = false
  #held = 0
  #outputTokens = 0
  /** Content that stands in `message_start`. */
  #early: readonly Block[] = []
  #end: AnyEvent | undefined
  /** Whether content came behind the end that was told. */
  #isEndStale = false

  constructor(parts: RepairParts) {
    this.#parts = parts
    this.#idFor = toolIdChooser(parts)
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Whether more pieces like the one that just passed as it was will pass so too. */
  get isPlain(): boolean {
    return this.#open.length === 1 && this.#open[0]?.input === undefined && this.#end === undefined
  }

  /**
   * The events to tell the client for one of the server's.
   * @throws GatewayError `api_error` for what cannot be put right.
   */
  read(event: AnyEvent): readonly AnyEvent[] {
    if (this.#over) return []
    this.#out = []
    switch (event.type) {
      case 'message_start':
        this.#start(event)
        break
      case 'content_block_start':
        this.#begin(event)
        break
      case 'content_block_delta':
        this.#delta(event)
        break
      case 'content_block_stop':
        this.#stop(event)
        break
      case 'message_delta':
        this.#close(event)
        break
      case 'message_stop':
        this.#finish(event)
        break
      default:
        this.#over = event.type === 'error'
        this.#out.push(event)
    }
    return this.#out
  }

  /** The stream ended: its last event, where only that is missing. */
  end(): readonly AnyEvent[] {
    return this.#end === undefined ? [] : this.read({ type: 'message_stop' })
  }

  #start(event: AnyEvent): void {
    if (this.#started) return
    this.#started = true
    const { message } = event
    const { usage, content } = message ?? {}
    if (typeof usage?.output_tokens === 'number') this.#outputTokens = usage.output_tokens
    if (Array.isArray(content)) this.#early = content.filter(isBlock)
    this.#out.push(isRightStart(message) ? event : filledStart(message, this.#parts))
  }

  #requireStart(): void {
    if (!this.#started) this.#start({ type: 'message_start' })
  }

  #begin(event: AnyEvent): void {
    const { content_block: block, index } = event
    // Its pieces say what it is.
    if (!isBlock(block)) return
    const before = this.#openAt(index)
    if (before && isRepeated(before, block)) return
    if (before) this.#shut(before)
    this.#add(block, event)
  }

  #add(block: Block, event: AnyEvent): void {
    this.#requireStart()
    this.#closeText()
    if (this.#end) this.#isEndStale = true
    const shape = blockShape(block, this.#idFor, this.#parts.provider)
    const index = this.#count
    this.#count += 1
    this.#hasCall ||= block.type === 'tool_use'
    const upstream = event.index ?? index
    const opened: RepairedBlock = { ...shape, upstream, index, pending: [], stopped: false }
    this.#open.push(opened)
    const isSame = shape.started === event.content_block && event.index === index
    this.#say(opened, isSame ? event : startOf(index, shape.started))
    for (const delta of shape.first) this.#say(opened, deltaEvent(index, delta))
    opened.hasContent = shape.first.length > 0
  }

  #delta(event: AnyEvent): void {
    const delta = deltaOf(event.delta, this.#parts.provider)
    if (delta === undefined) return
    const block = this.#blockFor(event.index, delta)
    if (block === undefined) return
    if (this.#end) this.#isEndStale = true
    const { text } = delta
    if (text !== '') block.hasContent = true
    if (delta.wire.type === 'signature_delta') block.signature = ''
    if (block.input !== undefined) {
      block.args += text
      return
    }
    const isSame = delta.wire === event.delta && event.index === block.index
    this.#say(block, isSame ? event : deltaEvent(block.index, delta.wire))
  }

  /** The open block that a piece belongs to, a new one for text and thoughts that have none. */
  #blockFor(index: number | undefined, delta: ContentDelta): RepairedBlock | undefined {
    const named = this.#openAt(index)
    if (named && acceptsDelta(named, delta)) return named
    const other = this.#open.findLast((block) => !block.stopped && acceptsDelta(block, delta))
    if (other) return other
    if (delta.text.trim() === '') return undefined
    switch (delta.wire.type) {
      case 'text_delta':
        return this.#opened({ type: 'text', text: '' }, index)
      case 'thinking_delta':
        return this.#opened({ type: 'thinking', thinking: '', signature: '' }, index)
      case 'input_json_delta':
        if (delta.text.trim() === '{}') return undefined
        throw this.#broken('a piece of a tool call that it did not begin')
      default:
        return undefined
    }
  }

  #opened(block: Block, index: number | undefined): RepairedBlock | undefined {
    this.#add(block, { type: 'content_block_start', ...(index === undefined ? {} : { index }) })
    return this.#open.at(-1)
  }

  #openAt(index: number | undefined): RepairedBlock | undefined {
    return this.#open.findLast(
      (block) => !block.stopped && (index === undefined || block.upstream === index),
    )
  }

  #stop(event: AnyEvent): void {
    const named = this.#openAt(event.index)
    if (named === undefined) return
    const { upstream } = named
    for (const block of [...this.#open]) {
      if (block.upstream === upstream && !block.stopped) this.#shut(block, event)
    }
  }

  #shut(block: RepairedBlock, event?: AnyEvent): void {
    const { index } = block
    for (const delta of restOf(block)) this.#say(block, deltaEvent(index, delta))
    const isSame = event?.index === index
    this.#say(block, isSame ? event : { type: 'content_block_stop', index })
    block.stopped = true
    while (this.#open[0]?.stopped) {
      this.#open.shift()
      this.#flush(this.#open[0])
    }
  }

  #flush(block: RepairedBlock | undefined): void {
    if (block === undefined) return
    this.#held -= block.pending.length
    for (const event of block.pending.splice(0)) this.#out.push(event)
  }

  /** Text and thoughts end where something else begins; calls may be told side by side. */
  #closeText(): void {
    const last = this.#open.findLast((block) => !block.stopped)
    if (last && !isCall(last.kind)) this.#shut(last)
  }

  #closeAll(): void {
    for (const block of [...this.#open]) if (!block.stopped) this.#shut(block)
  }

  /** One block after the other: what belongs to a later one waits. */
  #say(block: RepairedBlock, event: AnyEvent): void {
    if (block === this.#open[0]) {
      this.#out.push(event)
      return
    }
    block.pending.push(event)
    this.#held += 1
    if (this.#held > MOST_HELD) throw this.#broken('more blocks at once than ccr can hold back')
  }

  #close(event: AnyEvent): void {
    this.#requireStart()
    const said = event.delta?.stop_reason ?? this.#end?.delta?.stop_reason
    if (isFailure(said)) throw this.#broken(`the stop reason "${String(said)}" for a failure`)
    if (typeof said === 'string') this.#closeContent()
    const reason = stopReasonOf(said, this.#hasCall)
    const isRight = event.delta && event.delta.stop_reason === reason && isCounted(event)
    const told = isRight ? event : this.#ending(event, reason)
    if (typeof said === 'string') {
      this.#end = told
      this.#isEndStale = false
    }
    this.#out.push(told)
  }

  #ending(event: AnyEvent, reason: unknown): AnyEvent {
    const delta = { stop_sequence: null, ...event.delta, stop_reason: reason ?? null }
    const output = event.usage?.output_tokens ?? this.#outputTokens
    return { ...event, delta, usage: { ...event.usage, output_tokens: output } }
  }

  #closeContent(): void {
    this.#closeAll()
    const early = this.#early
    this.#early = []
    if (this.#count > 0) return
    for (const block of early) {
      this.#add(block, { type: 'content_block_start' })
      this.#closeAll()
    }
  }

  #finish(event: AnyEvent): void {
    if (this.#end === undefined) this.#infer()
    else if (this.#isEndStale) {
      this.#closeAll()
      const reason = stopReasonOf(this.#end.delta?.stop_reason, this.#hasCall)
      this.#out.push(this.#ending(this.#end, reason))
    }
    this.#out.push(event)
    this.#over = true
  }

  /** An answer that only does not say why it ended; one that broke off in a block is none. */
  #infer(): void {
    if (this.#open.length > 0) throw this.#broken('the end of its answer before the end of a block')
    this.#closeContent()
    if (this.#count === 0) throw this.#broken('an answer without content and without a stop reason')
    const reason = stopReasonOf('end_turn', this.#hasCall)
    this.#out.push(this.#ending({ type: 'message_delta' }, reason))
  }

  #broken(what: string): GatewayError {
    return new GatewayError('api_error', `${this.#parts.provider} sent ${what}.`, { status: 502 })
  }
}

function isBlock(block: unknown): block is Block {
  return typeof (block as { type?: unknown } | null | undefined)?.type === 'string'
}

/** The same start once more, before any content. */
function isRepeated(before: RepairedBlock, block: Block): boolean {
  if (before.hasContent || before.kind !== block.type) return false
  return !isCall(block.type) || before.id === block['id']
}

function isCounted({ usage }: AnyEvent): boolean {
  return typeof usage?.output_tokens === 'number'
}

function startOf(index: number, block: Block): AnyEvent {
  return { type: 'content_block_start', index, content_block: block }
}

function deltaEvent(index: number, delta: AnyEvent['delta']): AnyEvent {
  return { type: 'content_block_delta', index, delta }
}

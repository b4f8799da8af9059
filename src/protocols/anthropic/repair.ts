import { CallArguments, decodedArguments } from '../../messages/call-arguments.ts'
import { textOr } from '../../messages/sanitize.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Block } from '../../messages/request.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import { OpenBlocks } from './open-blocks.ts'
import {
  acceptsDelta,
  argumentsDelta,
  blockShape,
  type ContentDelta,
  deltaEvent,
  deltaOf,
  isCall,
  isRepeated,
  type RepairedBlock,
  restOf,
  startOf,
  textIn,
} from './repair-block.ts'
import {
  type AnyEvent,
  ending,
  filledStart,
  isFailure,
  isRightStart,
  type RepairParts,
  stopReasonOf,
  toolIdChooser,
} from './repair-message.ts'

/**
 * Puts the events of a Messages API right that another maker than Anthropic built: the client reads
 * only what comes in Anthropic's own order. A right event comes back as the very same object, so that
 * its bytes can pass as they are; what cannot be put right is an error, never half an answer.
 */
export class Repair {
  readonly #parts: RepairParts
  readonly #idFor: (id: unknown) => string
  readonly #toolNames: ToolNames
  readonly #open = new OpenBlocks()
  #count = 0
  #started = false
  #over = false
  #hasCall = false
  #outputTokens = 0
  /** Content that stands in `message_start`. */
  #early: readonly Block[] = []
  #end: AnyEvent | undefined
  /** Whether content came behind the end that was told. */
  #isEndStale = false

  constructor(parts: RepairParts) {
    this.#parts = parts
    this.#idFor = toolIdChooser(parts)
    this.#toolNames = new ToolNames(parts.toolNames ?? [])
  }

  /** Whether more pieces like the one that just passed as it was will pass so too. */
  get isPlain(): boolean {
    const { only } = this.#open
    return only !== undefined && only.args === undefined
  }

  /**
   * The events to tell the client for one of the server's.
   * @throws GatewayError `api_error` for what cannot be put right.
   */
  read(event: AnyEvent): readonly AnyEvent[] {
    if (this.#over) return []
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
        this.#open.tell(event)
    }
    return this.#open.take()
  }

  /** The stream ended: its last event, where only that is missing. */
  end(): readonly AnyEvent[] {
    return this.#end === undefined ? [] : this.read({ type: 'message_stop' })
  }

  #start(event?: AnyEvent): void {
    if (this.#started) return
    this.#started = true
    const message = event?.message
    const { usage, content } = message ?? {}
    if (typeof usage?.output_tokens === 'number') this.#outputTokens = usage.output_tokens
    if (Array.isArray(content)) this.#early = content.filter(isBlock)
    this.#open.tell(event && isRightStart(message) ? event : filledStart(message, this.#parts))
  }

  #begin(event: AnyEvent): void {
    const { content_block: block, index } = event
    // Its pieces say what it is.
    if (!isBlock(block)) return
    const before = this.#open.at(index)
    if (before && isRepeated(before, block)) {
      before.name = joinedName(before.name, textOr(block['name']), this.#toolNames)
      return
    }
    if (before) this.#shut(before)
    this.#add(block, index, event)
  }

  #add(block: Block, at: number | undefined, event?: AnyEvent): RepairedBlock {
    this.#start()
    this.#closeText()
    this.#isEndStale = true
    const { first, ...shape } = blockShape(block, this.#idFor)
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
      hasContent: first.length > 0,
      stopped: false,
    }
    this.#open.add(opened)
    const isSame = event && shape.started === event.content_block && event.index === index
    this.#say(opened, isSame ? event : startOf(index, shape.started))
    for (const delta of first) this.#say(opened, deltaEvent(index, delta))
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
    const told = isSame ? event : deltaEvent(block.index, delta.wire)
    const { args } = block
    if (args !== undefined && delta.wire.type === 'input_json_delta') {
      this.#argue(block, args, text, told)
    } else this.#say(block, told)
  }

  /** Arguments of a call; a second whole object is another call, unless it says the same once more. */
  #argue(block: RepairedBlock, args: CallArguments, text: string, event: AnyEvent): void {
    const { next } = block
    if (text.trim() !== '') this.#unhold(block)
    const { due, rest } = (next ?? args).add(text)
    if (next === undefined && block.input === undefined) this.#sayArguments(block, due, event)
    let call = this.#settled(block)
    for (let more = rest; more !== '';) {
      call.next = new CallArguments()
      more = call.next.add(more).rest
      call = this.#settled(call)
    }
  }

  /** What is due of arguments, in the pieces in which it came if it is just those. */
  #sayArguments(block: RepairedBlock, due: string, event: AnyEvent): void {
    const pieces = [...block.held, event]
    if (due === '' && (block.held.length > 0 || textIn(event) !== '')) {
      block.held = pieces
      return
    }
    block.held = []
    if (pieces.map(textIn).join('') !== due) {
      this.#say(block, deltaEvent(block.index, argumentsDelta(due)))
    } else for (const piece of pieces) this.#say(block, piece)
  }

  /** The call that further arguments belong to: another one, where those behind whole ones are whole too. */
  #settled(block: RepairedBlock): RepairedBlock {
    const { next, args } = block
    if (next === undefined || args === undefined || !next.isWhole || next.isEmpty) return block
    block.next = undefined
    if (next.repeats(args)) return block
    this.#shut(block)
    return this.#second(block, next)
  }

  #second({ kind, name, upstream }: RepairedBlock, args: CallArguments): RepairedBlock {
    const block = { type: kind, id: '', name, input: {} }
    const call = this.#add(block, upstream)
    call.args = args
    call.hasContent = true
    this.#unhold(call)
    this.#say(call, deltaEvent(call.index, argumentsDelta(decodedArguments(args.text))))
    return call
  }

  /** A call whose arguments come is told, once its name is known. */
  #unhold(block: RepairedBlock, isOver = false): void {
    if (!block.isHeld || !(isOver || this.#toolNames.isWhole(block.name))) return
    if (block.name === '') throw this.#broken('a tool call without a name')
    const [start] = block.pending
    const { content_block: shape } = start ?? {}
    if (isBlock(shape) && shape['name'] !== block.name) {
      block.pending[0] = startOf(block.index, { ...shape, name: block.name })
    }
    this.#open.release(block)
  }

  /** The open block that a piece belongs to, a new one for text and thoughts that have none. */
  #blockFor(index: number | undefined, delta: ContentDelta): RepairedBlock | undefined {
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
        throw this.#broken('a piece of a tool call that it did not begin')
      default:
        return undefined
    }
  }

  #stop(event: AnyEvent): void {
    const named = this.#open.at(event.index)
    if (named === undefined) return
    const { upstream } = named
    const blocks = this.#open.all().filter((block) => block.upstream === upstream)
    for (const block of blocks) this.#shut(block, event)
  }

  #shut(block: RepairedBlock, event?: AnyEvent): void {
    const { index, next, args } = block
    this.#unhold(block, true)
    this.#sayRest(block)
    const isSame = event?.index === index
    this.#say(block, isSame ? event : { type: 'content_block_stop', index })
    this.#open.close(block)
    if (next && args && !next.repeats(args)) this.#shut(this.#second(block, next))
  }

  #sayRest(block: RepairedBlock): void {
    const { index, args, input, held } = block
    const rest = args?.end() ?? ''
    const isAsItCame = rest === held.map(textIn).join('')
    if (rest !== '' && input === undefined) {
      const whole = deltaEvent(index, argumentsDelta(rest))
      for (const event of isAsItCame ? held : [whole]) this.#say(block, event)
    }
    for (const delta of restOf(block)) this.#say(block, deltaEvent(index, delta))
  }

  /** Text and thoughts end where something else begins; calls may be told side by side. */
  #closeText(): void {
    const last = this.#open.at(undefined)
    if (last && !isCall(last.kind)) this.#shut(last)
  }

  #closeAll(): void {
    for (const block of this.#open.all()) this.#shut(block)
  }

  #say(block: RepairedBlock, event: AnyEvent): void {
    if (this.#open.say(block, event)) return
    throw this.#broken('more blocks at once than ccr can hold back')
  }

  #close(event: AnyEvent): void {
    this.#start()
    const said = event.delta?.stop_reason ?? this.#end?.delta?.stop_reason
    if (isFailure(said)) throw this.#broken(`the stop reason "${String(said)}" for a failure`)
    if (typeof said === 'string') this.#closeContent()
    const reason = stopReasonOf(said, this.#hasCall)
    const isRight = event.delta && event.delta.stop_reason === reason && isCounted(event)
    const told = isRight ? event : ending(event, reason, this.#outputTokens)
    if (typeof said === 'string') {
      this.#end = told
      this.#isEndStale = false
    }
    this.#open.tell(told)
  }

  #closeContent(): void {
    this.#closeAll()
    const early = this.#early
    this.#early = []
    if (this.#count > 0) return
    for (const block of early) {
      this.#add(block, undefined)
      this.#closeAll()
    }
  }

  #finish(event: AnyEvent): void {
    if (this.#end === undefined) this.#infer()
    else if (this.#isEndStale) {
      this.#closeAll()
      const reason = stopReasonOf(this.#end.delta?.stop_reason, this.#hasCall)
      this.#open.tell(ending(this.#end, reason, this.#outputTokens))
    }
    this.#open.tell(event)
    this.#over = true
  }

  /** An answer that only does not say why it ended; one that broke off in a block is none. */
  #infer(): void {
    if (!this.#open.isEmpty) throw this.#broken('the end of its answer before the end of a block')
    this.#closeContent()
    if (this.#count === 0) throw this.#broken('an answer without content and without a stop reason')
    const reason = stopReasonOf('end_turn', this.#hasCall)
    this.#open.tell(ending({ type: 'message_delta' }, reason, this.#outputTokens))
  }

  #broken(what: string): GatewayError {
    return new GatewayError('api_error', `${this.#parts.provider} sent ${what}.`, { status: 502 })
  }
}

function isBlock(block: unknown): block is Block {
  return typeof (block as { type?: unknown } | null | undefined)?.type === 'string'
}

function isCounted({ usage }: AnyEvent): boolean {
  return typeof usage?.output_tokens === 'number'
}

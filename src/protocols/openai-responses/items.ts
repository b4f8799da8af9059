import { isEmptyObject, isWholeObject } from '../../lib/json.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../protocol.ts'
import { type AnswerItem, argumentsOf, kindOf, partsOf, sourceOf } from './answer-item.ts'
import { ItemList } from './item-list.ts'
import { missingArguments, missingOfItem, missingOfPart } from './missing.ts'
import { mayWrap, unwrapped } from './parallel.ts'
import { Citations, searchLine } from './search.ts'
import { IMAGE_NOTE, servedText } from './served.ts'
import { compared } from './snapshot.ts'
import { wholePartIn } from './whole-part.ts'
import type { OutputItem, OutputPart, WireEvent } from './wire.ts'

const NO_NAMES = new ToolNames([])

/** Tells the writer what the items of an answer say, each thing once, in pieces or whole. */
export class AnswerItems {
  readonly #writer: Writer
  readonly #target: Target
  readonly #items = new ItemList()
  readonly #citations = new Citations()
  /** The part thought last, while nothing else was said: another one begins a paragraph. */
  #paragraph: string | undefined
  /** Whether the newest thoughts have a signature. */
  #isSealed = false
  #text = ''

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(event: WireEvent): void {
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

  #readPart(event: WireEvent): void {
    if (event.type === 'response.function_call_arguments.done') return this.#wholeArguments(event)
    const part = wholePartIn(event)
    if (part?.text) this.#wholePart(event, part.kind, { at: part.at ?? 0, text: part.text })
  }

  /**
   * The answer is whole.
   * @param output its items once more; read as far as they were not streamed.
   */
  end(output: readonly OutputItem[]): void {
    const isThinking = this.#paragraph !== undefined || !this.#writer.hasContent()
    for (const { item, streamed, missing } of compared(output, this.#items)) {
      // State that comes behind what it led to has no place in the answer any more.
      if (streamed && !isThinking) streamed.isSealed = true
      this.#whole(item, streamed ?? this.#items.add(kindOf(item)), missing)
    }
    for (const item of this.#items.all) this.#endItem(item)
    this.#writer.sources(this.#citations.pages, this.#citations.missingFrom(this.#text))
  }

  /** Some servers say what an item is, or all of it, only when it begins. */
  #endItem(item: AnswerItem): void {
    const { announced, kind, text } = item
    if (announced && !item.isFinished) {
      if (kind === 'call' && text !== '') this.#whole({ ...announced, arguments: text }, item)
      else if (kind === 'call' || (kind === 'message' && text === '')) this.#whole(announced, item)
    }
    // The writer ends the answer in an error for a call without a name.
    if (kind === 'call' && item.name === '') this.#writer.tool(item.key, {})
  }

  #begin(wire: OutputItem, event: WireEvent): void {
    const item = this.#items.ofAnnounced(wire, event)
    item.announced ??= wire
    if (item.kind === 'call') this.#name(item, wire)
  }

  /** A call can be told once its name is known, and one that may hold others once it is whole. */
  #name(item: AnswerItem, { id, call_id, name }: OutputItem): void {
    item.callId ||= call_id ?? ''
    if (!name || (item.name !== '' && item.text !== '')) return
    item.name = joinedName(item.name, name, NO_NAMES)
    this.#follow()
    if (mayWrap(item.name)) return
    this.#writer.tool(item.key, { id: call_id ?? id ?? undefined, name, args: item.text })
  }

  #piece(kind: string, part: number | null | undefined, event: WireEvent): void {
    const text = event.delta ?? ''
    if (text === '') return
    const item = this.#items.ofPiece(kind, event)
    if (kind === 'call') this.#argue(item, text)
    else if (kind === 'message') this.#say(item, part ?? 0, text)
    else if (isFromSource(item, event)) this.#think(item, part ?? 0, text)
  }

  #wholePart(
    event: WireEvent,
    kind: 'message' | 'reasoning',
    { at, text }: { readonly at: number; readonly text: string },
  ): void {
    const item = this.#items.ofPart(kind, event, text)
    if (!isFromSource(item, event)) return
    const missing = missingOfPart(item, at, text)
    if (kind === 'message') this.#say(item, at, missing)
    else this.#think(item, at, missing)
    item.parts.set(at, text)
    item.partsConfirmed = item.text.length
  }

  #wholeArguments(event: WireEvent): void {
    const text = argumentsPiece(event.arguments)
    if (text === '') return
    const item = this.#items.ofPart('call', event, text)
    const { name, item_id: id } = event
    if (name) item.announced ??= { type: 'function_call', name, id: id ?? null }
    this.#argue(item, missingArguments(item, text))
  }

  /** @param missing what of its parts did not come yet, where that is known already. */
  #whole(wire: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    switch (kindOf(wire)) {
      case 'message':
        this.#wholeMessage(wire, item, missing)
        break
      case 'reasoning':
        this.#wholeReasoning(wire, item, missing)
        break
      case 'call':
        this.#wholeCall(wire, item)
        break
      default:
        if (!item.isFinished) this.#served(wire, item)
    }
    item.isFinished = true
  }

  #wholeMessage(wire: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    const rest = missing ?? missingOfItem(item, partsOf(wire), this.#items.all)
    for (const [at, text] of rest.entries()) this.#say(item, at, text)
    if (rest.some(Boolean)) item.confirmed = item.text.length
    for (const part of partsIn(wire)) {
      for (const annotation of part?.annotations ?? []) this.#citations.add(annotation)
    }
  }

  /** The state goes behind the thoughts that it belongs to; it alone makes an empty thinking block. */
  #wholeReasoning(wire: OutputItem, item: AnswerItem, missing?: readonly string[]): void {
    const source = item.source ?? sourceOf(wire)
    const rest = missing ?? missingOfItem(item, partsOf(wire, source), this.#items.all)
    for (const [at, text] of rest.entries()) this.#think(item, source === 'summary' ? at : 0, text)
    if (rest.some(Boolean)) item.confirmed = item.text.length
    const { encrypted_content: state } = wire
    if (!state || item.isSealed) return
    item.isSealed = true
    this.#seal(state)
  }

  #wholeCall(wire: OutputItem, item: AnswerItem): void {
    const args = argumentsOf(wire)
    this.#follow()
    this.#name(item, wire)
    if (!mayWrap(item.name)) {
      this.#argue(item, missingArguments(item, args))
      return
    }
    if (item.isFinished) return
    const calls = unwrapped({ name: item.name, args: args || item.text })
    for (const [at, call] of calls.entries()) {
      // Only one of them can have the id; the writer makes ids for the others.
      const id = wire.call_id ?? wire.id ?? undefined
      this.#writer.tool(`${item.key}.${String(at)}`, { ...call, id })
    }
  }

  /** What the server's own tools did. */
  #served(wire: OutputItem, item: AnswerItem): void {
    switch (wire.type) {
      case 'web_search_call': {
        const { action } = wire
        if (action?.type === 'search') this.#writer.searched(action.query ?? undefined)
        this.#citations.found(action)
        return this.#think(item, 0, searchLine(action))
      }
      case 'image_generation_call':
        return this.#say(item, 0, IMAGE_NOTE)
      default:
        return this.#think(item, 0, servedText(wire))
    }
  }

  #say(item: AnswerItem, part: number, text: string): void {
    if (text === '') return
    this.#items.keep(item, part, text)
    this.#follow()
    this.#text += text
    this.#writer.text(text)
  }

  /** Thoughts of another item or another part of a summary begin a paragraph. */
  #think(item: AnswerItem, part: number, text: string): void {
    if (text === '') return
    this.#items.keep(item, part, text)
    const paragraph = `${item.key} ${String(part)}`
    const before = this.#paragraph
    this.#paragraph = paragraph
    const isSame = before === undefined || before === paragraph
    this.#writer.thinking(isSame ? text : `\n\n${text}`)
    if (!this.#isSealed) this.#seal()
  }

  /** Marks whose thoughts these are, with the vendor's own state where there is some. */
  #seal(payload?: string): void {
    this.#isSealed = true
    this.#writer.signature(signatureFrom(this.#target, payload ? { payload } : {}))
  }

  /** Something other than a thought comes. */
  #follow(): void {
    this.#isSealed = false
    this.#paragraph = undefined
  }

  /** Pieces behind the whole of a call say nothing new. */
  #argue(item: AnswerItem, args: string): void {
    const before = item.text
    if (args === '' || item.isFinished || (args === before && isWholeObject(args))) return
    // Some servers send an empty object before the arguments.
    item.text = isEmptyObject(before) ? args : before + args
    if (item.name !== '' && !mayWrap(item.name)) this.#writer.tool(item.key, { args })
  }
}

/** Reasoning that a server tells both raw and as a summary is shown as it came first. */
function isFromSource(item: AnswerItem, { type }: WireEvent): boolean {
  const source = type?.includes('summary') === true ? 'summary' : 'content'
  item.source ??= source
  return item.source === source
}

function partsIn({ content }: OutputItem): readonly (OutputPart | null)[] {
  return Array.isArray(content) ? (content as readonly (OutputPart | null)[]) : []
}

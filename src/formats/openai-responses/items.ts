import { sealedBy } from '../../messages/opaque.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../format.ts'
import { mayWrap, unwrapped } from './parallel.ts'
import { Pieces } from './pieces.ts'
import { Citations, searchLine } from './search.ts'
import { IMAGE_NOTE, isServedCall, servedText } from './served.ts'
import type { OutputItem, OutputPart, WireEvent } from './wire.ts'

/** Tells the writer what the items of an answer say, each thing once, in pieces or whole. */
export class AnswerItems {
  readonly #writer: Writer
  readonly #target: Target
  readonly #pieces = new Pieces()
  readonly #citations = new Citations()
  /** Calls that may hold others, by key: their arguments come when they are whole. */
  readonly #wrappers = new Set<string>()
  /** The part thought last, while nothing else was said: another one begins a paragraph. */
  #paragraph: string | undefined
  #text = ''
  /**
   * Thoughts after the text began, until something follows them: the client shows nothing of an
   * answer that ends in thinking.
   */
  readonly #afterthoughts: (() => void)[] = []
  #isStreamed = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(event: WireEvent): void {
    const key = keyOf(event)
    if (key === '') return
    this.#isStreamed = true
    switch (event.type) {
      case 'response.output_item.added':
        return this.#begin(event.item, key)
      case 'response.output_item.done':
        return this.#whole(event.item, key)
      case 'response.output_text.delta':
        return this.#say(this.#pieces.piece(textKey(key, event.content_index), event.delta ?? ''))
      case 'response.output_text.done':
        return this.#say(this.#pieces.whole(textKey(key, event.content_index), event.text ?? ''))
      case 'response.refusal.delta':
        return this.#say(this.#pieces.piece(textKey(key, event.content_index), event.delta ?? ''))
      case 'response.output_text.annotation.added':
        return this.#citations.add(event.annotation)
      default:
        this.#readInner(event, key)
    }
  }

  #readInner(event: WireEvent, key: string): void {
    switch (event.type) {
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta': {
        const part = thoughtKey(key, event.summary_index ?? event.content_index)
        return this.#think(part, this.#pieces.piece(part, event.delta ?? ''))
      }
      case 'response.refusal.done':
        return this.#say(this.#pieces.whole(textKey(key, event.content_index), event.refusal ?? ''))
      case 'response.function_call_arguments.delta':
        return this.#argue(key, this.#pieces.piece(key, event.delta ?? ''))
      case 'response.function_call_arguments.done':
        return this.#argue(key, this.#pieces.whole(key, argumentsText(event.arguments)))
      default:
    }
  }

  /**
   * The answer is whole.
   * @param output its items once more; read if nothing of them was streamed.
   */
  end(output: readonly OutputItem[]): void {
    if (!this.#isStreamed) for (const [at, item] of output.entries()) this.#whole(item, String(at))
    this.#writer.sources(this.#citations.pages, this.#citations.missingFrom(this.#text))
  }

  #begin(item: OutputItem | null | undefined, key: string): void {
    if (item?.type !== 'function_call') return
    this.#follow()
    if (mayWrap(item.name)) this.#wrappers.add(key)
    else this.#writer.tool(key, { id: idOf(item), name: item.name ?? undefined })
  }

  #whole(item: OutputItem | null | undefined, key: string): void {
    switch (item?.type) {
      case 'message':
        for (const [at, part] of (item.content ?? []).entries()) this.#wholePart(part, key, at)
        return
      case 'reasoning':
        return this.#wholeReasoning(item, key)
      case 'function_call':
        return this.#wholeCall(item, key)
      case 'web_search_call':
        return this.#searched(item, key)
      case 'image_generation_call':
        return this.#say(IMAGE_NOTE)
      case 'custom_tool_call':
        return this.#customCall(item, key)
      default:
        if (item) this.#think(key, servedText(item))
    }
  }

  #customCall(item: OutputItem, key: string): void {
    if (isServedCall(item)) this.#think(key, servedText(item))
    else this.#wholeCall({ ...item, arguments: { input: item.input } }, key)
  }

  #searched({ action }: OutputItem, key: string): void {
    if (action?.type === 'search') this.#writer.searched(action.query ?? '')
    this.#citations.found(action)
    this.#think(key, searchLine(action))
  }

  #wholePart(part: OutputPart, key: string, at: number): void {
    this.#say(this.#pieces.whole(textKey(key, at), part.text ?? part.refusal ?? ''))
    for (const annotation of part.annotations ?? []) this.#citations.add(annotation)
  }

  /** The state goes behind the thoughts that it belongs to; it alone makes an empty thinking block. */
  #wholeReasoning(item: OutputItem, key: string): void {
    const parts = item.summary?.length ? item.summary : (item.content ?? [])
    for (const [at, { text }] of parts.entries()) {
      const part = thoughtKey(key, at)
      this.#think(part, this.#pieces.whole(part, text ?? ''))
    }
    if (item.encrypted_content) this.#seal(item.encrypted_content)
  }

  #wholeCall(item: OutputItem, key: string): void {
    this.#follow()
    const args = argumentsText(item.arguments)
    if (!mayWrap(item.name)) {
      const name = item.name ?? undefined
      this.#writer.tool(key, { id: idOf(item), name, args: this.#pieces.whole(key, args) })
      return
    }
    const calls = unwrapped({ name: item.name ?? '', args })
    for (const [at, call] of calls.entries()) {
      // Only one of them can have the id; the writer makes ids for the others.
      this.#writer.tool(`${key}.${String(at)}`, { ...call, id: at === 0 ? idOf(item) : undefined })
    }
  }

  #say(text: string): void {
    if (text === '') return
    this.#follow()
    this.#text += text
    this.#writer.text(text)
  }

  #think(paragraph: string, text: string): void {
    if (text === '') return
    const before = this.#paragraph
    this.#paragraph = paragraph
    const said = before === undefined || before === paragraph ? text : `\n\n${text}`
    this.#ponder(() => {
      this.#writer.thinking(said)
    })
    if (before !== paragraph) this.#seal()
  }

  /** Marks whose thoughts these are, with the vendor's own state where there is some. */
  #seal(payload?: string): void {
    const signature = sealedBy(this.#target, payload ? { payload } : {})
    this.#ponder(() => {
      this.#writer.signature(signature)
    })
  }

  #ponder(word: () => void): void {
    if (this.#text === '') word()
    else this.#afterthoughts.push(word)
  }

  /** Something other than a thought comes. */
  #follow(): void {
    for (const word of this.#afterthoughts.splice(0)) word()
    this.#paragraph = undefined
  }

  #argue(key: string, args: string): void {
    if (!this.#wrappers.has(key)) this.#writer.tool(key, { args })
  }
}

/** Servers that rewrite item ids give each event another one, so the place in the answer leads. */
function keyOf({ output_index: at, item_id: id, item }: WireEvent): string {
  return typeof at === 'number' ? String(at) : (id ?? item?.id ?? item?.call_id ?? '')
}

function textKey(key: string, index: number | null | undefined): string {
  return `${key} text ${String(index ?? 0)}`
}

function thoughtKey(key: string, index: number | null | undefined): string {
  return `${key} thought ${String(index ?? 0)}`
}

function idOf(item: OutputItem): string | undefined {
  return item.call_id ?? item.id ?? undefined
}

/** Arguments are a string by the specification; some servers send the object itself. */
function argumentsText(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}

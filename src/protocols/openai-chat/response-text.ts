/** Text in Chat Completions answers: chunks that repeat all the text so far, and reasoning between tags. */

/** Pieces of so many characters do not begin alike by chance. */
const LONG = 12

/**
 * Text that some servers send as all of it so far with every chunk (MiniMax's own example of a stream
 * cuts off what it has: https://platform.minimax.io/docs/api-reference/text-openai-api), where others
 * send what is new. The second chunk tells: that of a growing text begins with the first one. As a new
 * piece may happen to begin so too, such a chunk is held until the third.
 */
export class GrowingText {
  /** All that came. */
  #text = ''
  /** A chunk that begins with the first one. */
  #held = ''
  #kind: 'open' | 'pieces' | 'growing' = 'open'

  /** Whether chunks were seen to hold all the text so far. */
  get isGrowing(): boolean {
    return this.#kind === 'growing'
  }

  /** What of a chunk is new. */
  read(chunk: string): string {
    if (chunk === '') return ''
    if (this.#kind === 'pieces') return this.#append(chunk)
    if (this.#kind === 'growing') return this.#grow(chunk)
    if (this.#text === '') return this.#append(chunk)
    if (this.#held !== '') return this.#decide(chunk)
    if (!chunk.startsWith(this.#text)) {
      this.#kind = 'pieces'
      return this.#append(chunk)
    }
    this.#held = chunk
    return ''
  }

  /** Something else comes, or the end: what is held. */
  release(): string {
    const held = this.#held
    if (held === '') return ''
    this.#held = ''
    // Two chunks are all that there is to go by.
    if (this.#text.length < LONG || held === this.#text) return this.#append(held)
    this.#kind = 'growing'
    return this.#grow(held)
  }

  /** What a whole text that comes at the end adds to its pieces. */
  rest(whole: string): string {
    if (this.#text === '') return this.#append(whole)
    return whole.startsWith(this.#text) ? this.#append(whole.slice(this.#text.length)) : ''
  }

  #decide(chunk: string): string {
    const held = this.#held
    this.#held = ''
    const isGrowing = chunk.length > held.length && chunk.startsWith(held)
    this.#kind = isGrowing ? 'growing' : 'pieces'
    return isGrowing ? this.#grow(chunk) : this.#append(held + chunk)
  }

  #grow(chunk: string): string {
    if (this.#text.startsWith(chunk)) return ''
    return this.#append(chunk.startsWith(this.#text) ? chunk.slice(this.#text.length) : chunk)
  }

  #append(text: string): string {
    this.#text += text
    return text
  }
}

// --- Reasoning between tags ---

/**
 * Models that put their reasoning between tags at the start of their text, unless the server in front
 * of them takes it out.
 */
const TAGGING =
  /minimax|deepseek-?r1|r1-distill|qwq|qwen-?3|thinking|glm-(z1|4\.[5-9]|5)|nemotron|hunyuan|ernie|seed-oss|sonar-reasoning|exaone|smollm3|reasoning|step-?3|ring-/i

/** Whether a model may put its reasoning between tags. */
export function putsTags(model: string): boolean {
  return TAGGING.test(model)
}

interface Tag {
  readonly open: string
  readonly close: string
}

/** The second is that of MiniMax M3: https://docs.vllm.ai/en/latest/features/reasoning_outputs.html */
const TAGS: readonly Tag[] = [
  { open: '<think>', close: '</think>' },
  { open: '<mm:think>', close: '</mm:think>' },
]

type Position = 'before' | 'inside' | 'behind' | 'after'

export interface Piece {
  readonly kind: 'text' | 'thinking'
  readonly text: string
}

/**
 * Separates reasoning between tags from the text after it. The tags count only where the text begins,
 * so that an answer about such tags keeps them.
 */
export class TagReader {
  #position: Position = 'before'
  /** Text that may be the beginning of a tag, or white space beside one. */
  #held = ''
  #close = ''

  read(chunk: string): readonly Piece[] {
    const pieces: Piece[] = []
    this.#held += chunk
    while (this.#step(pieces));
    return pieces.filter(({ text }) => text !== '')
  }

  /** Something else comes, or the end: nothing more belongs to what is held. */
  release(): readonly Piece[] {
    const text = this.#held
    const kind = this.#position === 'inside' ? 'thinking' : 'text'
    this.#held = ''
    this.#position = 'after'
    return text === '' ? [] : [{ kind, text }]
  }

  /** Whether there is more to read. */
  #step(pieces: Piece[]): boolean {
    switch (this.#position) {
      case 'before':
        return this.#begin()
      case 'inside':
        return this.#inside(pieces)
      case 'behind':
        this.#held = this.#held.trimStart()
        if (this.#held !== '') this.#position = 'after'
        return this.#held !== ''
      case 'after':
        pieces.push({ kind: 'text', text: this.#held })
        this.#held = ''
        return false
    }
  }

  #begin(): boolean {
    const text = this.#held.trimStart()
    const tag = TAGS.find(({ open }) => text.startsWith(open))
    if (tag === undefined && TAGS.some(({ open }) => open.startsWith(text))) return false
    this.#position = tag === undefined ? 'after' : 'inside'
    if (tag === undefined) return true
    this.#close = tag.close
    this.#held = text.slice(tag.open.length)
    return true
  }

  #inside(pieces: Piece[]): boolean {
    const end = this.#held.indexOf(this.#close)
    const safe = end === -1 ? this.#held.length - beginning(this.#held, this.#close) : end
    pieces.push({ kind: 'thinking', text: this.#held.slice(0, safe) })
    this.#held = this.#held.slice(safe)
    if (end === -1) return false
    this.#held = this.#held.slice(this.#close.length)
    this.#position = 'behind'
    return true
  }
}

/** How many characters at the end of a text are the beginning of the closing tag. */
function beginning(text: string, close: string): number {
  let { length } = close
  while (!text.endsWith(close.slice(0, length))) length -= 1
  return length
}

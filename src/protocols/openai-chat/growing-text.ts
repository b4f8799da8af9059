/**
 * Text that some servers send as all of it so far with every chunk (MiniMax's own example of a stream
 * cuts off what it has: https://platform.minimax.io/docs/api-reference/text-openai-api), where others
 * send what is new. The second chunk tells: that of a growing text begins with the first one. As a new
 * piece may happen to begin so too, such a chunk is held until the third.
 */
export class GrowingText {
  /** All that was said. */
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
    if (this.#kind === 'pieces') return this.#say(chunk)
    if (this.#kind === 'growing') return this.#grow(chunk)
    if (this.#text === '') return this.#say(chunk)
    if (this.#held !== '') return this.#decide(chunk)
    if (!chunk.startsWith(this.#text)) {
      this.#kind = 'pieces'
      return this.#say(chunk)
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
    if (this.#text.length < LONG || held === this.#text) return this.#say(held)
    this.#kind = 'growing'
    return this.#grow(held)
  }

  /** What a whole text that is told at the end adds to what was said. */
  rest(whole: string): string {
    if (this.#text === '') return this.#say(whole)
    return whole.startsWith(this.#text) ? this.#say(whole.slice(this.#text.length)) : ''
  }

  #decide(chunk: string): string {
    const held = this.#held
    this.#held = ''
    const isGrowing = chunk.length > held.length && chunk.startsWith(held)
    this.#kind = isGrowing ? 'growing' : 'pieces'
    return isGrowing ? this.#grow(chunk) : this.#say(held + chunk)
  }

  #grow(chunk: string): string {
    if (this.#text.startsWith(chunk)) return ''
    return this.#say(chunk.startsWith(this.#text) ? chunk.slice(this.#text.length) : chunk)
  }

  #say(text: string): string {
    this.#text += text
    return text
  }
}

/** Pieces of so many characters do not begin alike by chance. */
const LONG = 12

/**
 * Models that put their reasoning between tags at the start of their text, unless the server in front
 * of them takes it out.
 */
const TAGGING =
  /minimax|deepseek-?r1|r1-distill|qwq|qwen-?3|thinking|glm-(z1|4\.[5-9]|5)|nemotron|hunyuan|ernie|seed-oss|sonar-reasoning|exaone|smollm3|reasoning|step-?3|ring-/i

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

type Place = 'before' | 'inside' | 'behind' | 'after'

export interface Piece {
  readonly kind: 'text' | 'thinking'
  readonly text: string
}

/**
 * Tells the reasoning between tags from the text behind it. The tags count only where the text begins,
 * so that an answer about such tags keeps them.
 */
export class TagReader {
  #place: Place = 'before'
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
    const kind = this.#place === 'inside' ? 'thinking' : 'text'
    this.#held = ''
    this.#place = 'after'
    return text === '' ? [] : [{ kind, text }]
  }

  /** Whether there is more to read. */
  #step(pieces: Piece[]): boolean {
    switch (this.#place) {
      case 'before':
        return this.#begin()
      case 'inside':
        return this.#inside(pieces)
      case 'behind':
        this.#held = this.#held.trimStart()
        if (this.#held !== '') this.#place = 'after'
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
    this.#place = tag === undefined ? 'after' : 'inside'
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
    this.#place = 'behind'
    return true
  }
}

/** How many characters at the end of a text are the beginning of the closing tag. */
function beginning(text: string, close: string): number {
  let { length } = close
  while (!text.endsWith(close.slice(0, length))) length -= 1
  return length
}

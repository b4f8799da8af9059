import type { MessagesRequest } from './request.ts'

/** The request's `stop_sequences`, as far as they are any. */
export function stopSequencesOf(request: MessagesRequest): readonly string[] {
  const value = request['stop_sequences']
  if (!Array.isArray(value)) return []
  return value.filter((one): one is string => typeof one === 'string' && one !== '')
}

/**
 * Ends an answer's text where a stop sequence begins, for servers that refuse such sequences or
 * forget them. The client's own classifier (auto mode) hangs on `</severity>`.
 */
export class StopSequences {
  readonly #sequences: readonly string[]
  readonly #longest: number
  /** The end of what was said, which may be the beginning of a sequence. */
  #held = ''
  /** The sequence that was met; nothing is said any more. */
  met: string | undefined

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences
    this.#longest = Math.max(...sequences.map((one) => one.length))
  }

  /** What of the text so far can be said. */
  pass(chunk: string): string {
    if (this.met !== undefined) return ''
    const text = this.#held + chunk
    const first = this.#first(text)
    if (first !== undefined) {
      this.met = first.sequence
      return text.slice(0, first.at)
    }
    const from = this.#beginning(text)
    this.#held = text.slice(from)
    return text.slice(0, from)
  }

  /** The text is over: what was held back is no sequence. */
  rest(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  #first(text: string): { at: number; sequence: string } | undefined {
    let first: { at: number; sequence: string } | undefined
    for (const sequence of this.#sequences) {
      const at = text.indexOf(sequence)
      if (at !== -1 && (first === undefined || at < first.at)) first = { at, sequence }
    }
    return first
  }

  /** Where the longest end of the text that begins a sequence is. */
  #beginning(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at += 1) {
      const end = text.slice(at)
      if (this.#sequences.some((sequence) => sequence.startsWith(end))) return at
    }
    return text.length
  }
}

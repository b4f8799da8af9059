/** Ends an answer at the request's stop sequences, also where the target does not know them. */

import type { StopReason } from './events.ts'
import type { MessagesRequest } from './request.ts'
import { requireText } from './sanitize.ts'
import { type ToolPart, Writer, type WriterParts } from './writer.ts'

/** The request's `stop_sequences`, without invalid ones. */
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
  /** The end of the text so far, which may be the beginning of a sequence. */
  #held = ''
  /** The sequence that occurred; no text passes any more. */
  met: string | undefined

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences
    this.#longest = Math.max(...sequences.map((one) => one.length))
  }

  /** The part of the text so far that can pass. */
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

  /** Where the longest end of the text that may begin a sequence starts. */
  #beginning(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at += 1) {
      const end = text.slice(at)
      if (this.#sequences.some((sequence) => sequence.startsWith(end))) return at
    }
    return text.length
  }
}

/**
 * A writer that ends the answer at a stop sequence of the request, whether or not the target knows
 * such sequences. The upstream is read to its end, for its usage.
 */
class StoppingWriter extends Writer {
  readonly #stops: StopSequences

  constructor(parts: WriterParts, sequences: readonly string[]) {
    super(parts)
    this.#stops = new StopSequences(sequences)
  }

  override text(chunk: string): void {
    super.text(this.#stops.pass(requireText(chunk)))
  }

  override thinking(chunk: string): void {
    if (this.#goesOn()) super.thinking(chunk)
  }

  override signature(signature: string): void {
    if (this.#goesOn()) super.signature(signature)
  }

  override tool(key: string, part: ToolPart): void {
    if (this.#goesOn()) super.tool(key, part)
  }

  override stop(reason: StopReason, sequence: string | null = null): void {
    const { met } = this.#stops
    if (met === undefined) super.stop(reason, sequence)
    else super.stop('stop_sequence', met)
  }

  override finish(): void {
    this.#goesOn()
    super.finish()
  }

  /** Whether no sequence has occurred; if so, emits the text that was held back. */
  #goesOn(): boolean {
    if (this.#stops.met !== undefined) return false
    super.text(this.#stops.rest())
    return true
  }
}

/** The writer that a request needs. */
export function writerFor(parts: WriterParts, sequences: readonly string[]): Writer {
  return sequences.length === 0 ? new Writer(parts) : new StoppingWriter(parts, sequences)
}

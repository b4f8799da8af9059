import { requireText } from './sanitize.ts'
import type { StopReason } from './events.ts'
import { StopSequences } from './stop-sequences.ts'
import { type ToolPart, Writer, type WriterParts } from './writer.ts'

/**
 * A writer that ends the answer at a stop sequence of the request, whether or not the target knows
 * such sequences. The upstream is heard to its end, so that its usage is told.
 */
export class StoppingWriter extends Writer {
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

  /** Whether no sequence was met; then what was held back of the text is said. */
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

import { sealedBy, stateOf } from '../../messages/opaque.ts'
import type { ThinkingBlock } from '../../messages/request.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../format.ts'
import type { ReasoningDetail } from './wire.ts'

/**
 * `reasoning_details`: reasoning as a list of texts, summaries and encrypted pieces, with the
 * signatures of whoever made them; it must go back as it came.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
 */
export class Details {
  readonly #writer: Writer
  readonly #target: Target
  #list: ReasoningDetail[] = []

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  /** Pieces of one text come one by one, each under the index of the whole. */
  add(details: readonly ReasoningDetail[]): void {
    for (const detail of details) {
      const last = this.#list.at(-1)
      if (last !== undefined && continues(last, detail)) {
        this.#list[this.#list.length - 1] = joined(last, detail)
      } else this.#list.push(detail)
    }
  }

  /** The text that a server says nowhere else, as far as these pieces go. */
  static text(details: readonly ReasoningDetail[]): string {
    return details.map(({ text, summary }) => text ?? summary ?? '').join('')
  }

  /**
   * Something else comes: what was thought is sealed into the thinking block before it, or into an
   * empty one.
   */
  close(): void {
    if (this.#list.length === 0) return
    this.#writer.signature(sealedBy(this.#target, { payload: JSON.stringify(this.#list) }))
    this.#list = []
  }
}

function continues(before: ReasoningDetail, detail: ReasoningDetail): boolean {
  const isText = detail.type === 'reasoning.text' || detail.type === 'reasoning.summary'
  return isText && before.type === detail.type && before.index === detail.index
}

function joined(before: ReasoningDetail, more: ReasoningDetail): ReasoningDetail {
  const said = Object.entries(more).filter(([, value]) => value !== null && value !== undefined)
  return {
    ...before,
    ...(Object.fromEntries(said) as ReasoningDetail),
    ...pieced('text', before, more),
    ...pieced('summary', before, more),
  }
}

function pieced(
  field: 'text' | 'summary',
  before: ReasoningDetail,
  more: ReasoningDetail,
): Partial<ReasoningDetail> {
  const text = `${before[field] ?? ''}${more[field] ?? ''}`
  return text === '' ? {} : { [field]: text }
}

/** The details that this model sealed into a thinking block; undefined for any other block. */
export function detailsIn(
  block: ThinkingBlock,
  target: Target,
): readonly ReasoningDetail[] | undefined {
  const payload = stateOf(block.signature, target)?.payload
  return payload === undefined ? undefined : (JSON.parse(payload) as ReasoningDetail[])
}

import type { ReasoningDetail } from './wire.ts'

/**
 * Reasoning as a list of texts, summaries and encrypted pieces, with the signatures of whoever made
 * them, which must go back as it came: OpenRouter's `reasoning_details`
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning) and LiteLLM's
 * `thinking_blocks` (https://docs.litellm.ai/docs/reasoning_content).
 */
export class DetailList {
  #list: ReasoningDetail[] = []
  /** The newest piece of each. */
  #newest: ReasoningDetail[] = []

  /** Pieces of one text come one by one, each under the index of the whole. */
  add(details: readonly ReasoningDetail[]): void {
    for (const detail of details) {
      const last = this.#list.at(-1)
      if (last !== undefined && continues(last, detail)) {
        this.#list[this.#list.length - 1] = joined(last, detail)
        this.#newest[this.#newest.length - 1] = { ...this.#newest.at(-1), ...said(detail) }
      } else {
        this.#list.push(detail)
        this.#newest.push(detail)
      }
    }
  }

  /**
   * What came so far; the list is empty then.
   * @param isGrowing whether each piece held all the text before it.
   */
  take(isGrowing: boolean): readonly ReasoningDetail[] {
    const [list, newest] = [this.#list.splice(0), this.#newest.splice(0)]
    return isGrowing ? newest : list
  }
}

/** The text that a server says nowhere else, as far as this piece goes. */
export function detailText({ text, summary, thinking }: ReasoningDetail): string {
  return text ?? summary ?? thinking ?? ''
}

const PIECED: ReadonlySet<string | undefined> = new Set([
  'reasoning.text',
  'reasoning.summary',
  'thinking',
])

/** Blocks of Claude have no index: their signature ends them. */
function continues(before: ReasoningDetail, detail: ReasoningDetail): boolean {
  if (!PIECED.has(detail.type) || before.type !== detail.type) return false
  return before.index === detail.index && !(before.type === 'thinking' && before['signature'])
}

function joined(before: ReasoningDetail, more: ReasoningDetail): ReasoningDetail {
  return {
    ...before,
    ...said(more),
    ...pieced('text', before, more),
    ...pieced('summary', before, more),
    ...pieced('thinking', before, more),
  }
}

function said(detail: ReasoningDetail): ReasoningDetail {
  const fields = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(fields)
}

function pieced(
  field: 'text' | 'summary' | 'thinking',
  before: ReasoningDetail,
  more: ReasoningDetail,
): Partial<ReasoningDetail> {
  const text = `${before[field] ?? ''}${more[field] ?? ''}`
  return text === '' ? {} : { [field]: text }
}

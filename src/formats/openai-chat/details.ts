import type { ReasoningDetail } from './wire.ts'

/**
 * Reasoning as a list of texts, summaries and encrypted pieces, with the signatures of whoever made
 * them, which must go back as it came: OpenRouter's `reasoning_details`
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning) and LiteLLM's
 * `thinking_blocks` (https://docs.litellm.ai/docs/reasoning_content).
 */
export class DetailList {
  #list: ReasoningDetail[] = []

  /** Pieces of one text come one by one, each under the index of the whole. */
  add(details: readonly ReasoningDetail[]): void {
    for (const detail of details) {
      const last = this.#list.at(-1)
      if (last !== undefined && continues(last, detail)) {
        this.#list[this.#list.length - 1] = joined(last, detail)
      } else this.#list.push(detail)
    }
  }

  /** What came so far; the list is empty then. */
  take(): readonly ReasoningDetail[] {
    return this.#list.splice(0)
  }

  /** The text that a server says nowhere else, as far as these pieces go. */
  static text(details: readonly ReasoningDetail[]): string {
    return details.map(({ text, summary, thinking }) => text ?? summary ?? thinking ?? '').join('')
  }
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
  const said = Object.entries(more).filter(([, value]) => value !== null && value !== undefined)
  return {
    ...before,
    ...(Object.fromEntries(said) as ReasoningDetail),
    ...pieced('text', before, more),
    ...pieced('summary', before, more),
    ...pieced('thinking', before, more),
  }
}

function pieced(
  field: 'text' | 'summary' | 'thinking',
  before: ReasoningDetail,
  more: ReasoningDetail,
): Partial<ReasoningDetail> {
  const text = `${before[field] ?? ''}${more[field] ?? ''}`
  return text === '' ? {} : { [field]: text }
}

/** The result of one model in a comparison. */
import type { AnswerCost } from '../../../pricing/answer-cost.ts'
import { inputOf, type Tokens } from '../../../pricing/cost.ts'
import type { Answer } from './answer.ts'

export interface Result {
  readonly letter: string
  readonly name: string
  readonly label: string
  /** `provider,model` that the name means. */
  readonly means: string
  readonly sessionId: string
  readonly answer: Answer
  readonly cost: AnswerCost | null
}

/** The JSON for scripts. Unknown values are null; fields are only ever added. */
export function resultJson({ letter, name, means, sessionId, answer, cost }: Result): object {
  return {
    letter,
    model: name,
    means,
    answeredBy: answer.model,
    sessionId,
    outcome: answer.outcome,
    error: answer.error,
    stopReason: answer.stopReason,
    firstTokenMs: answer.firstTokenMs,
    totalMs: answer.totalMs,
    ...tokensJson(answer.usage),
    costUsd: cost === null ? null : cost.usd,
    priceSource: cost === null ? null : cost.source,
    priceDate: cost === null ? null : cost.priceDate,
    answer: answer.text,
  }
}

/** The token counts for scripts; `inputTokens` includes the cached ones. */
export function tokensJson(usage: Tokens | null): object {
  return {
    inputTokens: usage && inputOf(usage),
    outputTokens: usage && usage.output,
    cacheReadTokens: usage && usage.cacheRead,
    cacheWriteTokens: usage && usage.cacheWrite5m + usage.cacheWrite1h,
  }
}

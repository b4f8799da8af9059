/** One model's part of a comparison, at its end. */
import { costOf, inputOf, type PriceTag, type Tokens } from '../../../pricing/cost.ts'
import type { Answer } from './answer.ts'

export interface Result {
  readonly letter: string
  readonly name: string
  readonly label: string
  /** `provider,model` that the name means. */
  readonly means: string
  readonly sessionId: string
  readonly answer: Answer
  readonly cost: Cost | null
}

/** What was paid, and who says so. */
export interface Cost {
  readonly usd: number
  readonly source: string
  /** Of the price, `2026-11-23`. */
  readonly priceDate: string | null
}

/**
 * Null, never 0, where tokens or price are unknown.
 * @param reported USD, by the provider's own word.
 */
export function costOfAnswer(
  usage: Answer['usage'],
  reported: number | null,
  tag: PriceTag | undefined,
): Cost | null {
  if (reported !== null) return { usd: reported, source: 'provider', priceDate: null }
  const amount = usage && costOf(usage, tag?.price)
  if (amount === null || tag === undefined) return null
  return { usd: amount, source: tag.source, priceDate: tag.date }
}

/** For scripts; fields are only ever added. Unknown is null. */
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

/** `inputTokens` holds those of the cache too. */
export function tokensJson(usage: Tokens | null): object {
  return {
    inputTokens: usage && inputOf(usage),
    outputTokens: usage && usage.output,
    cacheReadTokens: usage && usage.cacheRead,
    cacheWriteTokens: usage && usage.cacheWrite5m + usage.cacheWrite1h,
  }
}

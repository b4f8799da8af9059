/** What an answer cost, and who says so (pure). */
import { costOf, type PriceTag, type Tokens } from './cost.ts'

export interface AnswerCost {
  readonly usd: number
  /** `provider` for what the provider reported, else the source of the price. */
  readonly source: string
  /** Of the price, `2026-11-23`; null where the provider reported the cost. */
  readonly priceDate: string | null
}

/**
 * The cost of an answer. What the provider reports is a fact and takes precedence over every price.
 * @param tokens null where the provider reported none.
 * @param reportedUsd as the provider reported it; null where it did not.
 * @returns null, never 0 USD, where tokens or price are unknown.
 */
export function costOfAnswer(
  tokens: Tokens | null,
  reportedUsd: number | null,
  tag: PriceTag | undefined,
): AnswerCost | null {
  if (reportedUsd !== null) return { usd: reportedUsd, source: 'provider', priceDate: null }
  const usd = tokens && costOf(tokens, tag?.price)
  if (usd === null || tag === undefined) return null
  return { usd, source: tag.source, priceDate: tag.date }
}

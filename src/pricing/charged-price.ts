/** What a provider really charges for a model, from the costs that it reported (pure). */
import { costOf, type Price, type Rates, type Tokens } from './cost.ts'

/** A request whose provider reported its cost. */
export interface Charge {
  readonly tokens: Tokens
  readonly usd: number
}

/** How rates usually relate to each other: those of most makers, whatever the size of the model. */
const USUAL: Price = { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }

/** Reported costs are rounded: up to this difference they confirm the list price. */
const ROUNDING = 0.02

/**
 * The price that explains what was charged: the list price times the ratio of the charges to it. Without
 * a list price, rates in their usual proportions that add up to the charges.
 * @returns the list price where nothing was charged for yet; undefined where nothing is known at all.
 */
export function chargedPrice(
  charges: readonly Charge[],
  listed: Price | undefined,
): Price | undefined {
  const charged = charges.reduce((sum, { usd }) => sum + usd, 0)
  const expected = (price: Price): number =>
    charges.reduce((sum, { tokens }) => sum + (costOf(tokens, price) ?? 0), 0)
  const shape = listed !== undefined && expected(listed) > 0 ? listed : USUAL
  const sum = expected(shape)
  if (sum === 0) return listed
  if (listed !== undefined && charged === expected(listed)) return listed
  const ratio = charged / sum
  return shape === listed && Math.abs(ratio - 1) <= ROUNDING ? listed : scaled(shape, ratio)
}

function scaled(price: Price, ratio: number): Price {
  const rates = (of: Rates): Rates => ({
    input: of.input * ratio,
    output: of.output * ratio,
    ...(of.cacheRead === undefined ? {} : { cacheRead: of.cacheRead * ratio }),
    ...(of.cacheWrite === undefined ? {} : { cacheWrite: of.cacheWrite * ratio }),
    ...(of.cacheWrite1h === undefined ? {} : { cacheWrite1h: of.cacheWrite1h * ratio }),
  })
  const { tiers, webSearches } = price
  return {
    ...rates(price),
    ...(webSearches === undefined ? {} : { webSearches }),
    ...(tiers === undefined
      ? {}
      : { tiers: tiers.map((tier) => ({ over: tier.over, ...rates(tier) })) }),
  }
}

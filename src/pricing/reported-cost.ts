/** What a provider itself says that an answer cost (pure). */

/**
 * The field of its usage that says so.
 * - `cost`: OpenRouter's, in credits, which are USD: https://openrouter.ai/docs/use-cases/usage-accounting
 * - `cost_in_usd_ticks`: xAI's: https://docs.x.ai/developers/cost-tracking
 */
export type CostField = 'cost' | 'cost_in_usd_ticks'

const TICKS_PER_USD = 1e10

/** USD; undefined where the provider says nothing that can be believed, which is not the same as 0. */
export function reportedCost(usage: unknown, field: CostField | undefined): number | undefined {
  if (field === undefined) return undefined
  const told = objectOf(usage)
  const cost = amount(told[field])
  if (cost === undefined) return undefined
  return field === 'cost' ? withOwnKey(cost, told) : cost / TICKS_PER_USD
}

/**
 * With a key of the user's own `cost` is only the fee; the provider behind charges that key. Without
 * one `cost_details` tells the same money once more.
 */
function withOwnKey(cost: number, told: Told): number | undefined {
  if (told['is_byok'] !== true) return cost
  const behind = amount(objectOf(told['cost_details'])['upstream_inference_cost'])
  return behind === undefined ? undefined : cost + behind
}

type Told = Readonly<Record<string, unknown>>

function objectOf(value: unknown): Told {
  return typeof value === 'object' && value !== null ? (value as Told) : {}
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** The cost of an answer as the provider reports it (pure). */

/**
 * The field of the usage that holds it.
 * - `cost`: OpenRouter's, in credits, which are USD: https://openrouter.ai/docs/use-cases/usage-accounting
 * - `cost_in_usd_ticks`: xAI's: https://docs.x.ai/developers/cost-tracking
 */
export type CostField = 'cost' | 'cost_in_usd_ticks'

const TICKS_PER_USD = 1e10

/** USD; undefined where the provider reports no plausible cost, which is not the same as 0. */
export function reportedCost(usage: unknown, field: CostField | undefined): number | undefined {
  if (field === undefined) return undefined
  const fields = objectOf(usage)
  const cost = amount(fields[field])
  if (cost === undefined) return undefined
  return field === 'cost' ? withUserKey(cost, fields) : cost / TICKS_PER_USD
}

/**
 * With a key of the user's (BYOK) `cost` is only the fee, and the provider behind charges the key.
 * Without one, `cost_details` repeats the same amount.
 */
function withUserKey(cost: number, fields: Fields): number | undefined {
  if (fields['is_byok'] !== true) return cost
  const behind = amount(objectOf(fields['cost_details'])['upstream_inference_cost'])
  return behind === undefined ? undefined : cost + behind
}

type Fields = Readonly<Record<string, unknown>>

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

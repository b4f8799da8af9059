/** The note for `claude --max-budget-usd` where claude cannot hold the limit. */
import { formatModelRef } from '../../lib/model-ref.ts'
import type { SessionPrices } from './session-prices.ts'

const OPTION = '--max-budget-usd'

/**
 * @param argv the arguments of the user.
 * @param isTaken whether claude takes its prices from ccr.
 * @returns nothing where there is no limit, or one that holds.
 */
export function spendingLimitNotes(
  argv: readonly string[],
  prices: Pick<SessionPrices, 'target' | 'price'>,
  isTaken: boolean,
): string[] {
  const { target, price } = prices
  if (price === 'listed' || !hasLimit(argv)) return []
  const model = target === null ? 'the model' : formatModelRef(target)
  if (!isTaken) {
    return [
      `${OPTION} counts the price of a Claude model instead of that of ${model}: claude takes no prices from ccr here. Budgets of the config hold in any case.`,
    ]
  }
  if (price !== undefined) return []
  return [
    `${OPTION} cannot stop claude, because the price of ${model} is unknown. Set it in Prices of the config.`,
  ]
}

function hasLimit(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return words.some((word) => word === OPTION || word.startsWith(`${OPTION}=`))
}

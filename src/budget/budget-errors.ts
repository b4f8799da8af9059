/** What a budget says to clients and users. */
import { GatewayError } from '../messages/error.ts'
import type { BudgetAccount } from './budget-account.ts'

/** The time in which other daemons give back what they do not need, seconds. */
const RETRY_AFTER = '2'

/** Which account has nothing left. */
export interface Shortfall {
  readonly one: BudgetAccount
  /** Else other requests hold what is left. */
  readonly isSpent: boolean
}

export function budgetWarning(one: BudgetAccount): string {
  const { name, budget } = one
  const of = budget.limit === undefined ? '' : ` of ${usdText(budget.limit)}`
  return `The budget ${name}: ${usdText(spentBy(one))}${of} are spent.`
}

export function usdText(usd: number): string {
  return `$${usd.toFixed(usd >= 0.1 || usd === 0 ? 2 : 4)}`
}

/** With what is not written yet, USD. */
function spentBy({ spent, unwritten }: BudgetAccount): number {
  return spent.usd + unwritten
}

/**
 * A budget that is used up is `billing_error` 402, which the client shows at once; what other requests
 * hold may be free again in a moment, so the client retries.
 */
export function budgetExceeded({ one, isSpent }: Shortfall): GatewayError {
  const { name, budget } = one
  const limit = usdText(budget.limit ?? 0)
  if (!isSpent) {
    return new GatewayError(
      'rate_limit_error',
      `The budget ${name} is all but used up: ${usdText(spentBy(one))} of ${limit} are spent, running requests hold the rest.`,
      { retryAfter: RETRY_AFTER, origin: 'gateway' },
    )
  }
  return new GatewayError(
    'billing_error',
    `The budget ${name} is used up: ${usdText(spentBy(one))} of ${limit}. ccr budget shows it, Budgets in the config changes it.`,
    { shouldRetry: false, origin: 'gateway' },
  )
}

export function budgetUnavailable(name: string, why: string): GatewayError {
  return new GatewayError(
    'billing_error',
    `The budget ${name} is strict, and nobody can say what is spent: ${why}. See: ccr doctor`,
    { shouldRetry: false, origin: 'gateway' },
  )
}

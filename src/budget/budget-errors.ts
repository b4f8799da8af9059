/** What a client is told of a budget. */
import { GatewayError } from '../messages/error.ts'
import type { BudgetAccount } from './budget-account.ts'

/** For others to give back what they do not need, seconds. */
const RETRY_AFTER = '2'

/** Which account has nothing left. */
export interface Shortfall {
  readonly one: BudgetAccount
  /** Else others hold what is left. */
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
 * A budget that is used up is `billing_error` 402, which the client shows at once (client reference
 * 4.1); what others hold may be free again in a moment, so it is asked for again.
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

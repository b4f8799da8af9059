/** The state of the budgets. */
/** The state of the budgets. */
import type { BudgetConfig } from '../../../config/config.ts'
import { scopeName, warnAt } from '../../../budget/budget-account.ts'
import {
  allocatedElsewhere,
  type Scope,
  scopeKey,
  spendersIn,
  spentIn,
} from '../../../store/allocations.ts'
import type { Database } from '../../../store/sqlite.ts'
import { createStore, hasDatabase } from '../../../store/store.ts'

export interface BudgetState {
  /** `of the day for openrouter`. */
  readonly name: string
  readonly per: 'day' | 'month'
  readonly session: string | null
  readonly provider: string | null
  /** USD; null if there is none. */
  readonly limit: number | null
  readonly warn: number | null
  /** USD. */
  readonly spent: number
  /** Reserved for running requests. */
  readonly held: number
  /** Requests without a known price, which are not in `spent`. */
  readonly unpriced: number
  readonly state: 'fine' | 'warning' | 'used up'
}

/** The current state of each budget; a budget with `*` has one state per session or provider. */
export async function budgetStates(
  home: string,
  budgets: readonly BudgetConfig[],
  idOf: (preference: string) => string,
): Promise<BudgetState[]> {
  if (budgets.length === 0) return []
  if (!hasDatabase(home)) return statesIn(null, budgets, idOf)
  const store = createStore({ home })
  try {
    return await store.read((db) => statesIn(db, budgets, idOf))
  } finally {
    store.close()
  }
}

function statesIn(
  db: Database | null,
  budgets: readonly BudgetConfig[],
  idOf: (preference: string) => string,
): BudgetState[] {
  const now = Date.now()
  return budgets.flatMap((budget) =>
    scopesOf(db, budget, idOf).map((scope) => stateOf(db, { budget, scope, now })),
  )
}

function scopesOf(
  db: Database | null,
  { per = 'day', session, provider }: BudgetConfig,
  idOf: (preference: string) => string,
): Scope[] {
  const each = (
    kind: 'session' | 'provider',
    written: string | undefined,
  ): (string | undefined)[] => {
    if (written !== '*')
      return [kind === 'session' && written !== undefined ? idOf(written) : written]
    return db === null ? [] : spendersIn(db, kind, { per }, Date.now())
  }
  return each('session', session).flatMap((who) =>
    each('provider', provider).map((whom) => ({
      per,
      ...(who === undefined ? {} : { session: who }),
      ...(whom === undefined ? {} : { provider: whom }),
    })),
  )
}

interface BudgetInput {
  readonly budget: BudgetConfig
  readonly scope: Scope
  readonly now: number
}

function stateOf(db: Database | null, { budget, scope, now }: BudgetInput): BudgetState {
  const spent = db === null ? { usd: 0, unpriced: 0 } : spentIn(db, scope, now)
  const { limit } = budget
  const warn = warnAt(budget)
  const isUsedUp = limit !== undefined && spent.usd >= limit - 1e-9
  return {
    name: scopeName(scope),
    per: scope.per,
    session: scope.session ?? null,
    provider: scope.provider ?? null,
    limit: limit ?? null,
    warn: Number.isFinite(warn) ? warn : null,
    spent: spent.usd,
    held: db === null ? 0 : allocatedElsewhere(db, scopeKey(scope), '', now),
    unpriced: spent.unpriced,
    state: isUsedUp ? 'used up' : spent.usd >= warn ? 'warning' : 'fine',
  }
}

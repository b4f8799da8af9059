/** A budget as a daemon keeps it. */
import type { BudgetConfig } from '../config/config.ts'
import type { RequestRow } from '../store/ledger.ts'
import { type Scope, scopeKey, type Spent } from '../store/allocations.ts'

/** Of the limit, where the config does not say from where on it is told. */
const DEFAULT_WARN = 0.8

/** A budget, for one session or provider where it is for each of them. */
export interface BudgetAccount {
  readonly budget: BudgetConfig
  readonly scope: Scope
  readonly key: string
  readonly name: string
  /** USD that may be reserved without asking. */
  allocation: number
  /** For requests that run. */
  reserved: number
  /** Spent, but not yet written. */
  unwritten: number
  /** Until when the slice is ours, ms since 1970. */
  expires: number
  usedAt: number
  /** As it was when last looked at. */
  spent: Spent
  warned: boolean
}

/** What a budget is for when this session asks this provider; undefined: it is none of its affair. */
export function scopeFor(
  budget: BudgetConfig,
  session: { readonly id: string; readonly preference: string },
  provider: string,
): Scope | undefined {
  const { per = 'day', session: who, provider: whom } = budget
  const isMeant =
    who === undefined || who === '*' || who === session.id || who === session.preference
  if (!isMeant) return undefined
  if (whom !== undefined && whom !== '*' && whom !== provider) return undefined
  return {
    per,
    ...(who === undefined ? {} : { session: session.id }),
    ...(whom === undefined ? {} : { provider }),
  }
}

export function newBudgetAccount(budget: BudgetConfig, scope: Scope): BudgetAccount {
  return {
    budget,
    scope,
    key: scopeKey(scope),
    name: scopeName(scope),
    ...{ allocation: 0, reserved: 0, unwritten: 0, expires: 0, usedAt: 0 },
    spent: { usd: 0, unpriced: 0 },
    warned: false,
  }
}

/** `of the day`, `of the month for openrouter in session a3f2d8e1`. */
export function scopeName({ per, provider, session }: Scope): string {
  const whom = provider === undefined ? '' : ` for ${provider}`
  const where = session === undefined ? '' : ` in session ${session}`
  return `of the ${per}${whom}${where}`
}

export function warnAt({ warn, limit }: BudgetConfig): number {
  return warn ?? (limit ?? Number.POSITIVE_INFINITY) * DEFAULT_WARN
}

/** What of these rows counts for the account, USD. */
export function costIn({ scope }: BudgetAccount, rows: readonly RequestRow[]): number {
  return rows
    .filter(({ provider }) => scope.provider === undefined || scope.provider === provider)
    .reduce((sum, { cost }) => sum + (cost ?? 0), 0)
}

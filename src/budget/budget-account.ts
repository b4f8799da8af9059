/** A budget as a daemon keeps account of it. */
import type { BudgetConfig } from '../config/config.ts'
import type { RequestRow } from '../store/ledger.ts'
import { type Scope, scopeKey, type Spent } from '../store/allocations.ts'

/** The share of the limit from which on there is a warning, where the config names no level. */
const DEFAULT_WARN = 0.8

/** A budget, for one session or provider where it is for each of them. */
export interface BudgetAccount {
  readonly budget: BudgetConfig
  readonly scope: Scope
  readonly key: string
  readonly name: string
  /** USD that may be reserved without asking the database. */
  allocation: number
  /** USD set aside for requests that run. */
  reserved: number
  /** USD spent, but not written yet. */
  unwritten: number
  /** When the allocation ends, ms since 1970. */
  expires: number
  usedAt: number
  /** As it was when last looked at. */
  spent: Spent
  warned: boolean
}

/** The scope of a budget for a request of this session to this provider; undefined: it does not apply. */
export function scopeFor(
  budget: BudgetConfig,
  session: { readonly id: string; readonly preference: string },
  provider: string,
): Scope | undefined {
  const { per = 'day', session: ofSession, provider: ofProvider } = budget
  const isForSession =
    ofSession === undefined ||
    ofSession === '*' ||
    ofSession === session.id ||
    ofSession === session.preference
  if (!isForSession) return undefined
  if (ofProvider !== undefined && ofProvider !== '*' && ofProvider !== provider) return undefined
  return {
    per,
    ...(ofSession === undefined ? {} : { session: session.id }),
    ...(ofProvider === undefined ? {} : { provider }),
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
  const forProvider = provider === undefined ? '' : ` for ${provider}`
  const inSession = session === undefined ? '' : ` in session ${session}`
  return `of the ${per}${forProvider}${inSession}`
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

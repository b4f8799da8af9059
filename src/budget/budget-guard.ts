/** Keeps a session within the budgets of its config, together with all other daemons of the home. */
import { randomBytes } from 'node:crypto'
import type { BudgetConfig } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { RequestRow } from '../store/ledger.ts'
import {
  allocatedElsewhere,
  putAllocation,
  removeLostAllocations,
  scopeKey,
  spentIn,
} from '../store/allocations.ts'
import type { Database } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { type BudgetAccount, costIn, newBudgetAccount, scopeFor, warnAt } from './budget-account.ts'
import {
  budgetExceeded,
  type Shortfall,
  budgetWarning,
  budgetUnavailable,
} from './budget-errors.ts'

/** Money for one request. */
export interface Reservation {
  /** The request has ended. The cost of its row is held until the row is written. */
  settle(row?: RequestRow): void
}

export interface BudgetGuard {
  /**
   * Sets money aside for a request to a provider.
   * @param usd what it may cost; null: the price is not known, at least not before.
   * @throws GatewayError `billing_error` once a budget is used up, `rate_limit_error` while other
   * requests hold what is left.
   */
  reserve(provider: string, usd: number | null): Promise<Reservation>
  /** Called within the transaction that writes rows. */
  during(db: Database, rows: readonly RequestRow[]): void
  /** Called once rows are written. */
  written(rows: readonly RequestRow[]): void
  /** Whether money is set aside for requests that run, or whose rows are not written. */
  isNeeded(): boolean
  /** What the user should know now. */
  notes(): readonly string[]
  /** Gives back the allocations. Never throws. */
  close(): Promise<void>
}

export interface BudgetGuardParts {
  readonly budgets: readonly BudgetConfig[]
  readonly session: { readonly id: string; readonly preference: string }
  readonly store: Store
  readonly log: Logger
  readonly now?: () => number
}

/** An allocation that its daemon does not renew ends after this time, ms. */
const LASTS_MS = 30_000
/** How often allocations are renewed, ms. */
const RENEW_MS = 2_000
/** An allocation is at least this share of the limit, as long as it is no more than a quarter of what is left. */
const SHARE = 0.02
const MOST_OF_FREE = 0.25
/** The rounding error of sums, USD. */
const EPSILON = 1e-9

export function createBudgetGuard(parts: BudgetGuardParts): BudgetGuard {
  const { budgets, session, store, log, now = Date.now } = parts
  const holder = `${String(process.pid)}-${randomBytes(4).toString('hex')}`
  const accounts = new Map<string, BudgetAccount>()
  const unpriced = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let trouble: string | undefined

  const accountsFor = (provider: string): BudgetAccount[] =>
    budgets.flatMap((budget, n) => {
      const scope = scopeFor(budget, session, provider)
      if (scope === undefined) return []
      const id = `${String(n)} ${scopeKey(scope)}`
      const known = accounts.get(id) ?? newBudgetAccount(budget, scope)
      accounts.set(id, known)
      return [known]
    })

  /** Reserves from the allocations that are there; false when one is too small. */
  const reserveLocally = (wanted: readonly BudgetAccount[], usd: number): boolean => {
    const time = now()
    if (!wanted.every((one) => covers(one, usd, time))) return false
    for (const one of wanted) {
      one.allocation -= usd
      one.reserved += usd
      one.usedAt = time
    }
    return true
  }

  /** New allocations for all, or none: then the account that has nothing left. */
  const reserveFromStore = (
    db: Database,
    wanted: readonly BudgetAccount[],
    usd: number,
  ): Shortfall | number[] => {
    const time = now()
    removeLostAllocations(db, { before: time - LASTS_MS, after: time + 2 * LASTS_MS })
    const granted: { one: BudgetAccount; allocation: number; held: number }[] = []
    for (const one of wanted) {
      one.spent = spentIn(db, one.scope, time)
      const limit = one.budget.limit ?? Number.POSITIVE_INFINITY
      const held = one.reserved + one.unwritten
      const others = allocatedElsewhere(db, one.key, holder, time)
      const free = limit - one.spent.usd - held - others
      if (free <= EPSILON) {
        return { one, isSpent: one.spent.usd + one.unwritten >= limit - EPSILON }
      }
      const wish = Math.max(usd, Math.min(limit * SHARE, free * MOST_OF_FREE))
      granted.push({ one, allocation: Number.isFinite(limit) ? Math.min(wish, free) : usd, held })
    }
    const expires = time + LASTS_MS
    return granted.map(({ one, allocation, held }) => {
      const taken = Math.min(usd, allocation)
      one.allocation = allocation - taken
      one.expires = expires
      one.usedAt = time
      one.reserved += taken
      if (one.budget.limit !== undefined) {
        putAllocation(db, { key: one.key, holder, usd: allocation + held, expires })
      }
      return taken
    })
  }

  const reservation = (wanted: readonly BudgetAccount[], taken: readonly number[]): Reservation => {
    let open = true
    return {
      settle(row) {
        if (!open) return
        open = false
        if (row?.cost === null && row.output !== null) warnUnpriced(row.provider)
        const cost = row?.cost ?? 0
        wanted.forEach((one, n) => {
          const usd = taken[n] ?? 0
          one.reserved -= usd
          one.allocation = Math.max(0, one.allocation + usd - cost)
          one.unwritten += cost
          one.usedAt = now()
        })
        scheduleRenewal()
      },
    }
  }

  const reserve = async (provider: string, estimate: number | null): Promise<Reservation> => {
    const wanted = estimate === 0 ? [] : accountsFor(provider)
    if (wanted.length === 0) return NOTHING
    const usd = estimate ?? 0
    if (reserveLocally(wanted, usd))
      return reservation(
        wanted,
        wanted.map(() => usd),
      )
    const taken = await askStore(wanted, usd)
    warn(wanted)
    if ('one' in taken) throw budgetExceeded(taken)
    scheduleRenewal()
    return reservation(wanted, taken)
  }

  /** Without the store each daemon goes on with what it knows, unless a budget is strict. */
  const askStore = async (
    wanted: readonly BudgetAccount[],
    usd: number,
  ): Promise<Shortfall | number[]> => {
    try {
      const taken = await store.write((db) => reserveFromStore(db, wanted, usd))
      trouble = undefined
      return taken
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      if (trouble === undefined) log.error({ cause: why }, 'the budgets cannot be kept')
      trouble = why
      const strict = wanted.find(({ budget }) => budget.strict === true)
      if (strict) throw budgetUnavailable(strict.name, why)
      const short = wanted.find(({ budget, spent, reserved, unwritten }) => {
        return spent.usd + reserved + unwritten >= (budget.limit ?? Number.POSITIVE_INFINITY)
      })
      if (short) return { one: short, isSpent: true }
      for (const one of wanted) one.reserved += usd
      return wanted.map(() => usd)
    }
  }

  const warnUnpriced = (provider: string | null): void => {
    if (provider === null || unpriced.has(provider)) return
    unpriced.add(provider)
    log.warn({ provider }, 'a model without a known price is not in the budgets: see Prices')
  }

  const warn = (changed: Iterable<BudgetAccount>): void => {
    for (const one of changed) {
      const isOver = one.spent.usd >= warnAt(one.budget)
      if (isOver && !one.warned) log.warn({}, budgetWarning(one))
      one.warned = isOver
    }
  }

  /** Renews the allocations that are used, and gives the others back, for as long as there are any. */
  const scheduleRenewal = (): void => {
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      void store
        .write(renew)
        .catch(() => undefined) // others write, or the disk is full: next time
        .then(() => [...accounts.values()].some((one) => holds(one)) && scheduleRenewal())
    }, RENEW_MS).unref()
  }
  const renew = (db: Database): void => {
    const time = now()
    for (const one of accounts.values()) {
      const isUsed = one.reserved > EPSILON || Math.abs(time - one.usedAt) < RENEW_MS
      if (!isUsed || one.expires <= time) one.allocation = 0 // others may have it
      one.expires = time + LASTS_MS
      put(db, one, 0)
    }
  }
  /** @param writing USD that the same transaction writes as spent. */
  const put = (db: Database, one: BudgetAccount, writing: number): void => {
    if (one.budget.limit === undefined) return
    const usd = one.allocation + one.reserved + Math.max(0, one.unwritten - writing)
    putAllocation(db, { key: one.key, holder, usd: usd < EPSILON ? 0 : usd, expires: one.expires })
  }

  return {
    reserve,
    during(db, rows) {
      for (const one of accounts.values()) {
        one.spent = spentIn(db, one.scope, now())
        put(db, one, costIn(one, rows))
      }
    },
    written(rows) {
      for (const one of accounts.values()) {
        const cost = costIn(one, rows)
        one.unwritten = Math.max(0, one.unwritten - cost)
        one.spent = { ...one.spent, usd: one.spent.usd + cost }
      }
      warn(accounts.values())
    },
    isNeeded: () =>
      [...accounts.values()].some(({ reserved, unwritten }) => reserved + unwritten > EPSILON),
    notes() {
      const over = [...accounts.values()].filter(({ spent, budget }) => spent.usd >= warnAt(budget))
      return [
        ...(trouble === undefined || accounts.size === 0
          ? []
          : [`The budgets cannot be kept over all sessions: ${trouble}. See: ccr doctor`]),
        ...over.map(budgetWarning),
        ...[...unpriced].map(
          (provider) => `A model of ${provider} has no known price and is in no budget: see Prices`,
        ),
      ]
    },
    async close() {
      closed = true
      clearTimeout(timer)
      if (accounts.size === 0) return
      const give = (db: Database): void => {
        for (const { key } of accounts.values())
          putAllocation(db, { key, holder, usd: 0, expires: 0 })
      }
      await store.write(give).catch(() => undefined)
    },
  }
}

const NOTHING: Reservation = { settle: () => undefined }

/** Whether the allocation holds and is large enough; a budget without a limit needs none. */
function covers(
  { budget, allocation, expires }: BudgetAccount,
  usd: number,
  time: number,
): boolean {
  return budget.limit === undefined || (allocation > EPSILON && allocation >= usd && expires > time)
}

function holds({ allocation, reserved, unwritten }: BudgetAccount): boolean {
  return allocation + reserved + unwritten > EPSILON
}

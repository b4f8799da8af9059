/**
 * Budgets over all daemons: what was spent, and what each daemon may spend without asking again: its
 * allocation, the table `slice`. When one is made, spent and allocated together are not over a limit.
 */
import { dayOf } from './day.ts'
import type { Database } from './sqlite.ts'

/** What a budget is for; a field that is absent stands for all. */
export interface Scope {
  /** The id of a session. */
  readonly session?: string
  readonly provider?: string
  readonly per: 'day' | 'month'
}

export interface Spent {
  /** USD. */
  readonly usd: number
  /** Requests with tokens whose price is not known. */
  readonly unpriced: number
}

/** One name for a scope, in all daemons. */
export function scopeKey({ per, session = '', provider = '' }: Scope): string {
  return JSON.stringify([per, session, provider])
}

/** What was spent in the day or month of `now`. @param now ms since 1970. */
export function spentIn(db: Database, { session, provider, per }: Scope, now: number): Spent {
  const conditions = ['day >= ?', 'day <= ?']
  const values = [firstDay(per, now), dayOf(now)]
  if (session !== undefined) {
    conditions.push('session = ?')
    values.push(session)
  }
  if (provider !== undefined) {
    conditions.push('provider = ?')
    values.push(provider)
  }
  const sql = `SELECT total(usd) AS usd, total(unpriced) AS unpriced FROM spend
    WHERE ${conditions.join(' AND ')}`
  const row = db.prepare(sql).get(...values)
  return { usd: Number(row?.['usd'] ?? 0), unpriced: Number(row?.['unpriced'] ?? 0) }
}

/** The sessions or providers that spent anything in the day or month of `now`. */
export function spendersIn(
  db: Database,
  kind: 'session' | 'provider',
  { per }: Pick<Scope, 'per'>,
  now: number,
): string[] {
  const sql = `SELECT DISTINCT ${kind} AS name FROM spend WHERE day >= ? AND day <= ? ORDER BY 1`
  return db
    .prepare(sql)
    .all(firstDay(per, now), dayOf(now))
    .map(({ name }) => String(name))
}

/** The first day of the day or month of `now`. */
function firstDay(per: Scope['per'], now: number): string {
  const today = dayOf(now)
  return per === 'day' ? today : `${today.slice(0, 'YYYY-MM'.length)}-01`
}

/** What all daemons but `holder` have allocated of a scope, USD. */
export function allocatedElsewhere(db: Database, key: string, holder: string, now: number): number {
  const sql = 'SELECT total(usd) AS usd FROM slice WHERE budget = ? AND holder <> ? AND expires > ?'
  return Number(db.prepare(sql).get(key, holder, now)?.['usd'] ?? 0)
}

export interface Allocation {
  readonly key: string
  readonly holder: string
  /** USD; 0 gives it back. */
  readonly usd: number
  /** ms since 1970. */
  readonly expires: number
}

export function putAllocation(db: Database, { key, holder, usd, expires }: Allocation): void {
  if (usd === 0) {
    db.prepare('DELETE FROM slice WHERE budget = ? AND holder = ?').run(key, holder)
    return
  }
  const sql = `INSERT INTO slice (budget, holder, usd, expires) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET usd = excluded.usd, expires = excluded.expires`
  db.prepare(sql).run(key, holder, usd, expires)
}

/**
 * Removes the allocations of daemons that were killed. One that expires far in the future is from
 * before the clock was set back; a daemon that lives renews its allocation in a moment.
 * @param expires ms since 1970.
 */
export function removeLostAllocations(
  db: Database,
  expires: { readonly before: number; readonly after: number },
): void {
  const sql = 'DELETE FROM slice WHERE expires < ? OR expires > ?'
  db.prepare(sql).run(expires.before, expires.after)
}

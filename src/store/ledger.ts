/** Writes usage records into the store, in batches, after the requests that they are of. */
import { dayOf } from './day.ts'
import type { Database, Statement, Value } from './sqlite.ts'
import type { Store } from './store.ts'

/** The usage record of one request. Null: not known. Tokens as the provider counted them, each once. */
export interface RequestRow {
  /** When it came, ms since 1970. */
  readonly at: number
  readonly session: string
  /** The preference of the session; '' for the default one. */
  readonly preference: string
  readonly conversation: string | null
  /** What it was for: `main`, `subagent`, `auxiliary`, … */
  readonly class: string
  /** Why it went where it went. */
  readonly route: string | null
  readonly provider: string | null
  readonly model: string | null
  /** Neither read from a cache nor written to one. */
  readonly input: number | null
  /** With the reasoning. */
  readonly output: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly cacheWrite1h: number | null
  readonly reasoning: number | null
  /** USD. */
  readonly cost: number | null
  readonly priceSource: string | null
  readonly priceDate: string | null
  readonly ttftMs: number | null
  readonly durationMs: number
  readonly tokensPerSecond: number | null
  readonly status: number
  readonly outcome: 'ok' | 'error' | 'aborted'
  /** The kind of the error. */
  readonly error: string | null
  readonly stopReason: string | null
  readonly attempts: number
  /** What could not be passed on, by name. */
  readonly dropped: string | null
}

export interface LedgerOptions {
  readonly store: Store
  /** Called once when the store fails, and once with null when it works again. */
  readonly onTrouble: (trouble: string | null) => void
  /** Runs in the transaction of each batch, before its rows are written. */
  readonly during?: (db: Database, rows: readonly RequestRow[]) => void
  /** Called once they are written. */
  readonly written?: (rows: readonly RequestRow[]) => void
  /** Whether no request runs right now. */
  readonly isIdle?: () => boolean
  /** Rows older than so many days are removed; 0: none. */
  readonly keepDays: () => number
  readonly now?: () => number
}

export interface Ledger {
  add(row: RequestRow): void
  /** Rows that are not written yet. */
  readonly pending: number
  /** Rows that were given up, because the store could not be written for long. */
  readonly lost: number
  /** Writes what is there. Never throws. */
  flush(): Promise<void>
  /** The same for the last time. */
  close(): Promise<void>
}

/** A `kill -9` loses the records of no more than this time, and of the requests that run. */
const EVERY_MS = 500
/** While the store cannot be written. */
const RETRY_MS = 5_000
/** Rows of one transaction: so many take half a millisecond. */
const BATCH = 64
/** Rows that wait for a store that cannot be written: some megabytes. */
const MOST_PENDING = 10_000
const DAY_MS = 86_400_000
/** Old rows that are removed at a time. */
const PRUNE_BATCH = 500

export function createLedger(options: LedgerOptions): Ledger {
  const { store, onTrouble, during, written, isIdle = () => true, now = Date.now } = options
  let pending: RequestRow[] = []
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | null = null
  let trouble: string | null = null
  let prunedAt = 0
  let closed = false

  const schedule = (ms: number): void => {
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      void flush()
    }, ms).unref()
  }
  const flush = (): Promise<void> => {
    flushing ??= writeAll().finally(() => {
      flushing = null
      if (pending.length > 0) schedule(trouble === null ? EVERY_MS : RETRY_MS)
    })
    return flushing
  }
  const writeAll = async (): Promise<void> => {
    try {
      while (pending.length > 0) {
        const rows = pending.slice(0, BATCH)
        await store.write((db) => {
          during?.(db, rows)
          insert(db, rows)
        })
        pending = pending.slice(rows.length)
        written?.(rows)
        setTrouble(null)
      }
      await prune()
      if (isIdle()) store.checkpoint()
    } catch (thrown) {
      setTrouble(thrown instanceof Error ? thrown.message : String(thrown))
      lost += Math.max(0, pending.length - MOST_PENDING)
      pending = pending.slice(-MOST_PENDING)
    }
  }
  const setTrouble = (now: string | null): void => {
    if (now !== trouble) onTrouble(now)
    trouble = now
  }
  /** Old rows go once a day; the clock may be set back. */
  const prune = async (): Promise<void> => {
    const days = options.keepDays()
    if (days <= 0 || Math.abs(now() - prunedAt) < DAY_MS) return
    const before = now() - days * DAY_MS
    const removed = await store.write((db) => removeOld(db, before))
    if (removed < PRUNE_BATCH) prunedAt = now()
    else schedule(EVERY_MS)
  }

  return {
    add(row) {
      pending.push(row)
      schedule(trouble === null ? EVERY_MS : RETRY_MS)
    },
    get pending() {
      return pending.length
    },
    get lost() {
      return lost
    },
    flush,
    async close() {
      closed = true
      clearTimeout(timer)
      await flushing
      await flush()
      store.close()
    },
  }
}

const COLUMNS: Readonly<Record<keyof RequestRow, string>> = {
  at: 'at',
  session: 'session',
  preference: 'preference',
  conversation: 'conversation',
  class: 'class',
  route: 'route',
  provider: 'provider',
  model: 'model',
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  reasoning: 'reasoning',
  cost: 'cost',
  priceSource: 'price_source',
  priceDate: 'price_date',
  ttftMs: 'ttft_ms',
  durationMs: 'duration_ms',
  tokensPerSecond: 'tokens_per_second',
  status: 'status',
  outcome: 'outcome',
  error: 'error',
  stopReason: 'stop_reason',
  attempts: 'attempts',
  dropped: 'dropped',
}
const KEYS = Object.keys(COLUMNS) as readonly (keyof RequestRow)[]

const INSERT = `INSERT INTO request (${Object.values(COLUMNS).join(', ')})
  VALUES (${KEYS.map(() => '?').join(', ')})`

const SPEND = `INSERT INTO spend (day, session, provider, usd, unpriced) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET usd = usd + excluded.usd, unpriced = unpriced + excluded.unpriced`

interface Statements {
  readonly insert: Statement
  readonly spend: Statement
}

const statements = new WeakMap<Database, Statements>()

function statementsOf(db: Database): Statements {
  let known = statements.get(db)
  if (known === undefined) {
    known = { insert: db.prepare(INSERT), spend: db.prepare(SPEND) }
    statements.set(db, known)
  }
  return known
}

function insert(db: Database, rows: readonly RequestRow[]): void {
  const { insert, spend } = statementsOf(db)
  for (const row of rows) {
    insert.run(...KEYS.map((key): Value => row[key]))
    const unpriced = row.cost === null && row.output !== null ? 1 : 0
    if (row.provider === null || (row.cost ?? 0) + unpriced === 0) continue
    spend.run(dayOf(row.at + row.durationMs), row.session, row.provider, row.cost ?? 0, unpriced)
  }
}

function removeOld(db: Database, before: number): number {
  const old = `SELECT id FROM request WHERE at < ? ORDER BY at LIMIT ${String(PRUNE_BATCH)}`
  const result = db.prepare(`DELETE FROM request WHERE id IN (${old})`).run(before)
  db.prepare('DELETE FROM spend WHERE day < ?').run(dayOf(before))
  return Number((result as { readonly changes?: number | bigint }).changes ?? 0)
}

/** Sums over the usage records. */
import type { Database, Row } from './sqlite.ts'

export const GROUPINGS = ['session', 'model', 'provider', 'day', 'conversation', 'class'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface Sum {
  readonly requests: number
  readonly errors: number
  /** The client hung up before the end. */
  readonly aborted: number
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  /** For 5 minutes and for an hour. */
  readonly cacheWrite: number
  readonly reasoning: number
  /** USD, of the requests whose price is known; null when that is none. */
  readonly cost: number | null
  /** Requests with tokens whose price is not known: they are not in the cost. */
  readonly unpriced: number
  /** Means over the requests that have one. */
  readonly ttftMs: number | null
  readonly tokensPerSecond: number | null
  readonly durationMs: number | null
}

export interface Group extends Sum {
  /** The session's id, `provider,model`, the provider, `2026-11-25`, the conversation, the class. */
  readonly key: string
  /** Of a session: its preference. */
  readonly preference?: string
  /** When the first and the last of the requests came, ms since 1970. */
  readonly from: number
  readonly to: number
}

/** From one time up to another, ms since 1970; Infinity for no end. */
export interface Span {
  readonly since: number
  readonly until: number
}

const KEY: Readonly<Record<Grouping, string>> = {
  session: 'session',
  model: "coalesce(provider || ',' || model, '-')",
  provider: "coalesce(provider, '-')",
  day: "date(at / 1000, 'unixepoch', 'localtime')",
  conversation: "coalesce(conversation, '-')",
  class: 'class',
}

/** Dearest first, then by tokens; days in their order. */
const ORDER = 'coalesce(cost, 0) DESC, coalesce(input, 0) + coalesce(output, 0) DESC, key'

const SUMS = `
  count(*) AS requests,
  sum(outcome = 'error') AS errors,
  sum(outcome = 'aborted') AS aborted,
  sum(coalesce(input, 0)) AS input,
  sum(coalesce(output, 0)) AS output,
  sum(coalesce(cache_read, 0)) AS cacheRead,
  sum(coalesce(cache_write, 0) + coalesce(cache_write_1h, 0)) AS cacheWrite,
  sum(coalesce(reasoning, 0)) AS reasoning,
  sum(cost) AS cost,
  sum(cost IS NULL AND output IS NOT NULL) AS unpriced,
  avg(ttft_ms) AS ttftMs,
  avg(tokens_per_second) AS tokensPerSecond,
  avg(duration_ms) AS durationMs`

/** The requests of a time by something they have in common. */
export function usageBy(db: Database, grouping: Grouping, { since, until }: Span): Group[] {
  const sql = `SELECT ${KEY[grouping]} AS key, max(preference) AS preference,
      min(at) AS "from", max(at) AS "to", ${SUMS}
    FROM request WHERE at >= ? AND at < ?
    GROUP BY 1 ORDER BY ${grouping === 'day' ? 'key' : ORDER}`
  const rows = db.prepare(sql).all(since, last(until))
  return rows.map((row) => ({
    key: String(row['key']),
    ...(grouping === 'session' ? { preference: String(row['preference']) } : {}),
    from: Number(row['from']),
    to: Number(row['to']),
    ...sumIn(row),
  }))
}

/** All requests of a time. */
export function usageOf(db: Database, { since, until }: Span): Sum {
  const row = db.prepare(`SELECT ${SUMS} FROM request WHERE at >= ? AND at < ?`)
  return sumIn(row.get(since, last(until)) ?? {})
}

/** One conversation. */
export function conversationUsage(db: Database, conversation: string): Sum {
  const row = db.prepare(`SELECT ${SUMS} FROM request WHERE conversation = ?`)
  return sumIn(row.get(conversation) ?? {})
}

/**
 * What a conversation cost, USD, where a provider reported at least a part of it and the rest has a
 * price; otherwise null.
 */
export function chargedFor(db: Database, conversation: string): number | null {
  const sql = `SELECT total(cost) AS usd, total(price_source = 'provider') AS reported,
      total(cost IS NULL AND output IS NOT NULL) AS unpriced
    FROM request WHERE conversation = ?`
  const { usd, reported, unpriced } = db.prepare(sql).get(conversation) ?? {}
  return Number(reported) > 0 && Number(unpriced) === 0 ? Number(usd) : null
}

/** What a provider reported that a request cost, with the tokens that it counted. */
export interface ReportedCharge {
  readonly provider: string
  readonly model: string
  /** USD. */
  readonly usd: number
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite1h: number
}

/**
 * The requests since a time (ms since 1970) whose provider reported their cost, the latest ones up to a
 * limit; without what was lent, whose searches and images cost more than their tokens.
 */
export function reportedCharges(db: Database, since: number, limit: number): ReportedCharge[] {
  const sql = `SELECT provider, model, cost AS usd, input, output, cache_read AS cacheRead,
      cache_write AS cacheWrite, cache_write_1h AS cacheWrite1h
    FROM request
    WHERE at >= ? AND price_source = 'provider' AND model IS NOT NULL AND output IS NOT NULL
      AND coalesce(route, '') NOT LIKE 'lend: %'
    ORDER BY at DESC LIMIT ?`
  return db
    .prepare(sql)
    .all(since, limit)
    .map((row) => {
      const number = (name: string): number => Number(row[name] ?? 0)
      return {
        provider: String(row['provider']),
        model: String(row['model']),
        usd: number('usd'),
        input: number('input'),
        output: number('output'),
        cacheRead: number('cacheRead'),
        cacheWrite: number('cacheWrite'),
        cacheWrite1h: number('cacheWrite1h'),
      }
    })
}

/**
 * `provider,model` of those that answered in a conversation, the one with the most requests first;
 * without those that only lent what the others lack.
 */
export function modelsOf(db: Database, conversation: string): string[] {
  const sql = `SELECT ${KEY.model} AS key FROM request
    WHERE conversation = ? AND outcome <> 'error' AND coalesce(route, '') NOT LIKE 'lend: %'
      AND model IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, min(id)`
  return db
    .prepare(sql)
    .all(conversation)
    .map(({ key }) => String(key))
}

/** Since when there are requests, ms since 1970; null for none. */
export function firstRequest(db: Database): number | null {
  const at = db.prepare('SELECT min(at) AS at FROM request').get()?.['at']
  return at === null || at === undefined ? null : Number(at)
}

function last(until: number): number {
  return Math.min(until, Number.MAX_SAFE_INTEGER)
}

function sumIn(row: Row): Sum {
  const number = (name: string): number => Number(row[name] ?? 0)
  const known = (name: string): number | null => {
    const value = row[name]
    return value === null || value === undefined ? null : Number(value)
  }
  return {
    requests: number('requests'),
    errors: number('errors'),
    aborted: number('aborted'),
    input: number('input'),
    output: number('output'),
    cacheRead: number('cacheRead'),
    cacheWrite: number('cacheWrite'),
    reasoning: number('reasoning'),
    cost: known('cost'),
    unpriced: number('unpriced'),
    ttftMs: known('ttftMs'),
    tokensPerSecond: known('tokensPerSecond'),
    durationMs: known('durationMs'),
  }
}

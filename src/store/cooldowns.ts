/** Targets and keys that rest, as one daemon learnt it, for all others of the home. */
import type { Database } from './sqlite.ts'

export interface Cooldown {
  /** An account with a target or a key of it. */
  readonly lane: string
  /** When it was learnt, ms since 1970. */
  readonly at: number
  /** ms since 1970. */
  readonly until: number
}

export interface ReportedCooldown extends Cooldown {
  /** The kind of the error. */
  readonly kind: string
  /** The daemon that learnt it. */
  readonly holder: string
}

/** The longer rest wins. */
export function putCooldown(
  db: Database,
  { lane, until, kind, holder, at }: ReportedCooldown,
): void {
  db.prepare(
    `INSERT INTO rest (lane, until, learnt, holder, kind) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET until = excluded.until, learnt = excluded.learnt,
       holder = excluded.holder, kind = excluded.kind
     WHERE excluded.until > until`,
  ).run(lane, until, at, holder, kind)
}

/** The rest of a lane is over, for everybody. */
export function endCooldown(db: Database, lane: string): void {
  db.prepare('DELETE FROM rest WHERE lane = ?').run(lane)
}

/**
 * What others have learnt and still holds. What was learnt in the future does not: the clock was
 * set back since, and nobody knows when it ends.
 */
export function cooldownsElsewhere(db: Database, holder: string, now: number): Cooldown[] {
  return db
    .prepare('SELECT lane, learnt, until FROM rest WHERE holder <> ? AND until > ? AND learnt <= ?')
    .all(holder, now, now)
    .map(({ lane, learnt, until }) => ({
      lane: String(lane),
      at: Number(learnt),
      until: Number(until),
    }))
}

/** @param now within the transaction: what was learnt later is from before the clock was set back. */
export function removeOldCooldowns(db: Database, now: number): void {
  db.prepare('DELETE FROM rest WHERE until < ? OR learnt > ?').run(now, now)
}

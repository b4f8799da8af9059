/** Cooldowns of targets and keys in the database: one daemon writes them for all others of the home. */
import type { Database } from './sqlite.ts'

export interface Cooldown {
  /** An account with a target or a key of it; the column `lane`. */
  readonly id: string
  /** When it began, ms since 1970. */
  readonly at: number
  /** ms since 1970. */
  readonly until: number
}

export interface ReportedCooldown extends Cooldown {
  /** The kind of the error. */
  readonly kind: string
  /** The daemon that wrote it. */
  readonly holder: string
}

/** Of two cooldowns of one id the longer one is kept. */
export function putCooldown(db: Database, { id, until, kind, holder, at }: ReportedCooldown): void {
  db.prepare(
    `INSERT INTO rest (lane, until, learnt, holder, kind) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET until = excluded.until, learnt = excluded.learnt,
       holder = excluded.holder, kind = excluded.kind
     WHERE excluded.until > until`,
  ).run(id, until, at, holder, kind)
}

/** Ends a cooldown for all daemons. */
export function endCooldown(db: Database, id: string): void {
  db.prepare('DELETE FROM rest WHERE lane = ?').run(id)
}

/**
 * The cooldowns that other daemons wrote and that still hold. One from the future does not: the clock
 * was set back since, so that its end is unknown.
 */
export function cooldownsElsewhere(db: Database, holder: string, now: number): Cooldown[] {
  return db
    .prepare('SELECT lane, learnt, until FROM rest WHERE holder <> ? AND until > ? AND learnt <= ?')
    .all(holder, now, now)
    .map(({ lane, learnt, until }) => ({
      id: String(lane),
      at: Number(learnt),
      until: Number(until),
    }))
}

/** @param now within the transaction: what begins later is from before the clock was set back. */
export function removeOldCooldowns(db: Database, now: number): void {
  db.prepare('DELETE FROM rest WHERE until < ? OR learnt > ?').run(now, now)
}

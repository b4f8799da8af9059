/** The tables of usage.db, and how one version of them becomes the next. */
import type { Database } from './sqlite.ts'

/**
 * Each step leads to the version that is its place times 100. Between two hundreds things were only
 * added, so that an older ccr can go on writing.
 */
const STEPS: readonly string[] = [
  `
  -- One row for each request. NULL: not known. Times in ms, tokens as the provider counted them,
  -- each once: input is neither read from a cache nor written to one; output has the reasoning.
  CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    session TEXT NOT NULL,
    preference TEXT NOT NULL,
    conversation TEXT,
    class TEXT NOT NULL,
    route TEXT,
    provider TEXT,
    model TEXT,
    input INTEGER,
    output INTEGER,
    cache_read INTEGER,
    cache_write INTEGER,
    cache_write_1h INTEGER,
    reasoning INTEGER,
    cost REAL,
    price_source TEXT,
    price_date TEXT,
    ttft_ms INTEGER,
    duration_ms INTEGER NOT NULL,
    tokens_per_second REAL,
    status INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT,
    stop_reason TEXT,
    attempts INTEGER NOT NULL,
    dropped TEXT
  );
  CREATE INDEX request_at ON request (at);
  CREATE INDEX request_conversation ON request (conversation, at);

  -- What was spent in USD, by local day; the sums of request that budgets look at.
  CREATE TABLE spend (
    day TEXT NOT NULL,
    session TEXT NOT NULL,
    provider TEXT NOT NULL,
    usd REAL NOT NULL,
    unpriced INTEGER NOT NULL,
    PRIMARY KEY (day, session, provider)
  ) WITHOUT ROWID;

  -- Money of a budget that a daemon may spend without asking again, until it expires.
  CREATE TABLE slice (
    budget TEXT NOT NULL,
    holder TEXT NOT NULL,
    usd REAL NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (budget, holder)
  ) WITHOUT ROWID;

  -- Targets and keys that had better be left alone until then, learnt by one daemon for all.
  CREATE TABLE rest (
    lane TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    learnt INTEGER NOT NULL,
    holder TEXT NOT NULL,
    kind TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
]

export const VERSION = STEPS.length * 100

/** The version that a database has; 0: it is new. */
export function versionOf(db: Database): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** Whether a newer ccr has changed more than this one can know. */
export function isTooNew(version: number): boolean {
  return Math.floor(version / 100) > STEPS.length
}

/**
 * Brings a database to this ccr's version; one that has it, or a newer one, is not touched. For use
 * inside of a write transaction.
 */
export function migrate(db: Database): void {
  const from = Math.floor(versionOf(db) / 100)
  if (from >= STEPS.length) return
  for (const step of STEPS.slice(from)) db.exec(step)
  db.exec(`PRAGMA user_version = ${String(VERSION)}`)
}

/**
 * SQLite, loaded when it is first needed: Node's own where it has one, else the package
 * with the same interface that comes within ccr. Both work synchronously.
 */

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

export interface Statement {
  run(...values: readonly Value[]): unknown
  get(...values: readonly Value[]): Row | undefined
  all(...values: readonly Value[]): Row[]
}

export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Driver {
  readonly name: string
  open(file: string): Database
}

/**
 * In this order: Node's, the one that comes within ccr (beside the chunks of `dist/`), and the
 * package it is made of, in a checkout. The names are no literals, so that nothing is bundled.
 */
const MODULES: readonly string[] = [
  'node:sqlite',
  '../sqlite/lib/index.cjs',
  '@photostructure/sqlite',
]

interface SqliteModule {
  readonly DatabaseSync: new (file: string) => Database
}

let loading: Promise<Driver | null> | undefined

/** The driver; null where there is none. */
export function loadDriver(): Promise<Driver | null> {
  loading ??= firstOf(MODULES)
  return loading
}

async function firstOf(names: readonly string[]): Promise<Driver | null> {
  for (const name of names) {
    try {
      const { DatabaseSync } = await withoutWarning(() => import(name) as Promise<SqliteModule>)
      return { name, open: (file) => new DatabaseSync(file) }
    } catch {
      // This Node has none, or the package has no build for this platform.
    }
  }
  return null
}

/** Node 22 and 24 warn on stderr that their SQLite is experimental; a user can do nothing about it. */
async function withoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void
  const quiet = (warning: unknown, ...rest: unknown[]): void => {
    if (!String(warning).includes('SQLite')) emit(warning, ...rest)
  }
  process.emitWarning = quiet
  try {
    return await work()
  } finally {
    process.emitWarning = emit
  }
}

/** What went wrong, by SQLite's primary result codes: https://www.sqlite.org/rescode.html */
export type Fault = 'busy' | 'damaged' | 'unwritable' | 'other'

const FAULTS: Readonly<Record<number, Fault>> = {
  5: 'busy',
  6: 'busy',
  8: 'unwritable', // read-only
  10: 'unwritable', // I/O
  11: 'damaged',
  13: 'unwritable', // full
  14: 'unwritable', // cannot be opened
  15: 'busy', // locking protocol: a race while the log is opened
  26: 'damaged', // no database
}

export function faultOf(thrown: unknown): Fault {
  const code = (thrown as { readonly errcode?: unknown } | null)?.errcode
  return (typeof code === 'number' ? FAULTS[code & 0xff] : undefined) ?? 'other'
}

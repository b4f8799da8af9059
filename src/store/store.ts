/** Transactions in the database that all sessions of a home share. No fault of it may stop a session. */
import { accessSync, chmodSync, constants, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileFault, systemFault } from '../lib/file-fault.ts'
import { isThere } from '../lib/files.ts'
import { UserError } from '../lib/user-error.ts'
import { isOnNetwork } from './network.ts'
import { databaseFile, ensureFile, filesOf, identityOf, replaceDamaged } from './database-file.ts'
import { isTooNew, migrate, VERSION, versionOf } from './schema.ts'
import { type Database, type Driver, faultOf, loadDriver } from './sqlite.ts'

/** Why there is no store at the moment. */
export class StoreError extends UserError {
  override readonly name = 'StoreError'
}

/** Whether there is a database yet. Throws StoreError where that cannot be found out. */
export function hasDatabase(home: string): boolean {
  const file = databaseFile(home)
  try {
    return isThere(file)
  } catch (thrown) {
    throw unusable(file, thrown)
  }
}

export interface StoreOptions {
  /** The home folder of ccr. */
  readonly home: string
  /** Called with what was done about a damaged file. */
  readonly note?: (text: string) => void
  readonly load?: () => Promise<Driver | null>
}

export interface Store {
  /**
   * Runs `work`, which must be synchronous, in one transaction that may write; again and again
   * while others write, for `limitMs` at most. All of it counts or nothing.
   * @throws StoreError
   */
  write<T>(work: (db: Database) => T, limitMs?: number): Promise<T>
  /** The same for work that only reads. */
  read<T>(work: (db: Database) => T, limitMs?: number): Promise<T>
  /** Moves the log into the database when it has grown; may take as long as the disk takes. */
  checkpoint(): void
  /** Moves the log into the database, if this process wrote and no other one is at it. */
  close(): void
}

/** Other processes write for milliseconds. */
const BUSY_LIMIT_MS = 2_000
/** The log is moved into the database at leisure from so many bytes on, at a commit from so many pages. */
const LOG_BYTES = 1024 * 1024
const LOG_PAGES = 4_000

const SETTINGS = `
  PRAGMA busy_timeout = 0;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -512;
  PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = ${String(LOG_PAGES)};
`

interface Opened {
  readonly db: Database
  readonly file: string
  readonly identity: string
  readonly log: string
}

export function createStore({ home, note, load = loadDriver }: StoreOptions): Store {
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  /** The identity of the file that was opened last, or could not be. */
  let tried = ''
  let wrote = false

  const current = async (): Promise<Opened> => {
    // The file may have been replaced, or removed by the user: then the open one is of no use any more.
    if (opened !== null && !isCurrent(home, opened)) close()
    if (opened !== null) return opened
    opening ??= openFile(home, load, (identity) => (tried = identity)).finally(() => {
      opening = null
    })
    opened = await opening
    return opened
  }
  const close = (): void => {
    const { db } = opened ?? {}
    opened = null
    try {
      db?.close()
    } catch {
      // It was damaged.
    }
  }
  const persist = async <T>(run: () => Promise<T>, limitMs: number): Promise<T> => {
    const until = performance.now() + limitMs
    let mended = false
    for (;;) {
      try {
        return await run()
      } catch (thrown) {
        if (thrown instanceof UserError) throw thrown
        const fault = faultOf(thrown)
        if (fault === 'busy' && performance.now() < until) {
          await pause(1 + Math.random() * 9)
        } else if (fault === 'damaged' && !mended) {
          mended = true
          await mend()
        } else {
          close()
          throw unusable(databaseFile(home), thrown)
        }
      }
    }
  }
  const mend = async (): Promise<void> => {
    const file = databaseFile(home)
    close()
    try {
      const kept = await replaceDamaged(home, tried)
      note?.(`${file} was damaged: ${kept} keeps what it held, a new one begins empty`)
    } catch (thrown) {
      throw unusable(file, thrown)
    }
  }

  return {
    write(work, limitMs = BUSY_LIMIT_MS) {
      wrote = true
      return persist(
        async () => transaction((await current()).db, work, 'BEGIN IMMEDIATE'),
        limitMs,
      )
    },
    read: (work, limitMs = BUSY_LIMIT_MS) =>
      persist(async () => transaction((await current()).db, work, 'BEGIN'), limitMs),
    checkpoint() {
      if (opened === null) return
      const log = statSync(opened.log, { throwIfNoEntry: false })
      if ((log?.size ?? 0) < LOG_BYTES) return
      moveLog(opened.db, 'PASSIVE')
    },
    close() {
      // At its end SQLite does so itself, but not while a statement of the connection lives on, which
      // the SQLite of the package leaves to the collection of garbage.
      if (opened !== null && wrote) moveLog(opened.db, 'TRUNCATE')
      close()
    },
  }
}

function isCurrent(home: string, { file, identity }: Opened): boolean {
  return databaseFile(home) === file && identityOf(file) === identity
}

/** @param onTry called with the identity of the file before it is opened. */
async function openFile(
  home: string,
  load: () => Promise<Driver | null>,
  onTry: (identity: string) => void,
): Promise<Opened> {
  const driver = await load()
  if (driver === null) throw noDriver()
  try {
    await ensureFile(home)
  } catch (thrown) {
    throw unusable(databaseFile(home), thrown)
  }
  const file = databaseFile(home)
  const identity = identityOf(file)
  onTry(identity)
  const db = driver.open(file)
  try {
    db.exec(SETTINGS)
    if (isTooNew(versionOf(db))) throw tooNew()
    db.exec(`PRAGMA journal_mode = ${isOnNetwork(home) ? 'DELETE' : 'WAL'}`)
    keepPrivate(file)
    if (versionOf(db) < VERSION) transaction(db, migrate, 'BEGIN IMMEDIATE')
    return { db, file, identity, log: filesOf(file)[2] }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

function transaction<T>(db: Database, work: (db: Database) => T, begin: string): T {
  db.exec(begin)
  try {
    if (isTooNew(versionOf(db))) throw tooNew()
    const result = work(db)
    db.exec('COMMIT')
    return result
  } catch (thrown) {
    try {
      db.exec('ROLLBACK')
    } catch {
      // SQLite has done so itself.
    }
    throw thrown
  }
}

function moveLog(db: Database, how: 'PASSIVE' | 'TRUNCATE'): void {
  try {
    db.exec(`PRAGMA wal_checkpoint(${how})`)
  } catch {
    // Next time.
  }
}

/** SQLite gives its log the permissions of the database. */
function keepPrivate(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
}

function noDriver(): StoreError {
  return new StoreError(
    'there is no SQLite: this Node has none, and the one within ccr does not run on this machine',
    'Install Node 22.13 or newer, which has it.',
  )
}

function tooNew(): StoreError {
  return new StoreError(
    'usage.db was written by a newer ccr, which this one leaves alone',
    'Run the newer ccr: ccr restart --all with it.',
  )
}

function unusable(file: string, cause: unknown): StoreError {
  const fault = inWords(cause) ?? (faultOf(cause) === 'unwritable' ? blockedFile(file) : null)
  const why = fault?.message ?? (cause instanceof Error ? cause.message : String(cause))
  const hint = fault?.hint ?? 'Check the permissions and the free space there.'
  return new StoreError(`${file} cannot be used: ${why}`, hint, cause)
}

function inWords(cause: unknown): UserError | null {
  if (cause instanceof UserError) return cause
  return cause instanceof Error ? systemFault(cause) : null
}

/** SQLite says only that a file cannot be written, not which of them, nor why. */
function blockedFile(file: string): UserError | null {
  for (const path of filesOf(file)) {
    try {
      if (isThere(path)) accessSync(path, constants.R_OK | constants.W_OK)
    } catch (cause) {
      return cause instanceof UserError ? cause : fileFault('write', path, cause)
    }
  }
  return null
}

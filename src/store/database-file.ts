/**
 * Where the database is. `usage.db` in the home is a link to a file of its own folder: SQLite names
 * a database's log after the file itself, so a new file can take the place of a damaged one while
 * other processes still have that one open and will, at their end, remove its log by name. And the
 * sessions, which watch the home for a new config, are not woken by every write.
 */
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isThere, makePrivateFolder } from '../lib/files.ts'
import { withLock } from '../lib/lock.ts'
import { errorCode, UserError } from '../lib/user-error.ts'

const FOLDER = 'usage'
const LOCK = 'usage'

export function databaseFile(home: string): string {
  return join(home, 'usage.db')
}

/** Which file the name leads to now: `DEVICE:INODE`; '' for none, or none that can be seen. */
export function identityOf(file: string): string {
  try {
    const { dev, ino } = statSync(file)
    return `${String(dev)}:${String(ino)}`
  } catch {
    return ''
  }
}

/** All that SQLite must be able to write: the database, its log and what they stand in. */
export function filesOf(file: string): readonly string[] {
  const real = realPath(file)
  return [dirname(real), real, `${real}-wal`, `${real}-shm`]
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** Makes sure that there is a file, readable by its owner only. Throws UserError, or as node:fs does. */
export async function ensureFile(home: string): Promise<void> {
  const file = databaseFile(home)
  if (isLink(file) && isThere(file)) return
  await withLock(home, LOCK, () => {
    if (isLink(file) && isThere(file)) return
    // A link that leads nowhere goes; one whose folder cannot be entered now stays.
    if (isLink(file)) rmSync(file)
    linkDatabase(home)
  })
}

/**
 * Replaces a damaged file with a new one. The old one is kept; another process may have done so already.
 * @param damaged its `identityOf` when it was opened.
 * @returns the path of the damaged file.
 */
export async function replaceDamaged(home: string, damaged: string): Promise<string> {
  const file = databaseFile(home)
  return withLock(home, LOCK, () => {
    const old = numbers(home).find((n) => identityOf(numbered(home, n)) === damaged)
    if (identityOf(file) === damaged) {
      if (!isLink(file)) move(file, numbered(home, next(home)))
      point(home, create(numbered(home, next(home))))
    }
    return old === undefined ? file : numbered(home, old)
  })
}

/** The files of before, damaged ones that were replaced. */
export function replacedFiles(home: string): string[] {
  const current = identityOf(databaseFile(home))
  return numbers(home)
    .map((n) => numbered(home, n))
    .filter((file) => identityOf(file) !== current)
}

/** Makes the link; a plain file of its name is the database, which moves into the folder. */
function linkDatabase(home: string): void {
  const folder = join(home, FOLDER)
  makePrivateFolder(folder)
  const file = databaseFile(home)
  const target = numbered(home, next(home))
  if (!existsSync(file)) {
    point(home, create(target))
    return
  }
  if (!lstatSync(file).isFile()) throw new UserError(`${file} is no file`, 'Move it away.')
  move(file, target)
  point(home, target)
}

/** A database with its log. */
function move(from: string, to: string): void {
  for (const end of ['-wal', '-shm', '']) {
    if (existsSync(`${from}${end}`)) renameSync(`${from}${end}`, `${to}${end}`)
  }
}

/** Where the system allows no links, the file itself is the database. */
function point(home: string, target: string): void {
  const file = databaseFile(home)
  const temporary = `${file}.${String(process.pid)}.tmp`
  rmSync(temporary, { force: true })
  try {
    symlinkSync(join(FOLDER, target.slice(join(home, FOLDER).length + 1)), temporary)
  } catch (thrown) {
    if (errorCode(thrown) !== 'EPERM') throw thrown
    renameSync(target, file)
    return
  }
  renameSync(temporary, file)
}

function create(file: string): string {
  closeSync(openSync(file, 'a', 0o600))
  return file
}

function numbered(home: string, n: number): string {
  return join(home, FOLDER, `usage-${String(n)}.db`)
}

function numbers(home: string): number[] {
  return list(join(home, FOLDER)).flatMap((name) => {
    const n = /^usage-(\d+)\.db$/.exec(name)?.[1]
    return n === undefined ? [] : [Number(n)]
  })
}

function next(home: string): number {
  return Math.max(0, ...numbers(home)) + 1
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

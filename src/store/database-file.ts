/**
 * Where the database is. `usage.db` in the home is a link to a file of its own folder: SQLite names
 * a database's log after the file itself, so a new file can take the place of a damaged one while
 * other processes still have that one open and will, at their end, remove its log by name. And the
 * sessions, which watch the home for a new config, are not woken by every write.
 *
 * Where the system makes no links (Windows gives them to privileged users only), `usage.db` is the
 * database itself. It is never renamed, which Windows refuses while a process has it open: what
 * comes after a damaged one is `usage/replacement-1.db`, and the highest of these is the database.
 */
import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isThere, makePrivateFolder } from '../lib/files.ts'
import { withLock } from '../lib/lock.ts'
import { errorCode, UserError } from '../lib/user-error.ts'

const FOLDER = 'usage'
const LOCK = 'usage'

const WINDOWS = process.platform === 'win32'

/** What a link leads to: `usage-1.db`. */
const LINKED = 'usage'
/** What comes after a damaged file without a link: `replacement-1.db`. */
const REPLACEMENT = 'replacement'

/** The name under which the database is opened now, whether it is there or not. */
export function databaseFile(home: string): string {
  return numbered(home, REPLACEMENT).at(-1)?.path ?? nameInHome(home)
}

/** Which file the name leads to now: `DEVICE:INODE`; '' for none, or none that can be seen. */
export function identityOf(file: string): string {
  try {
    // Windows numbers files beyond what a double tells apart.
    const { dev, ino } = statSync(file, { bigint: true })
    return `${String(dev)}:${String(ino)}`
  } catch {
    return ''
  }
}

/** All that SQLite must be able to write: what the files stand in, the database, its log. */
export function filesOf(file: string): readonly [string, string, string, string] {
  const real = realPath(file)
  return [dirname(real), real, `${real}-wal`, `${real}-shm`]
}

/** SQLite follows a link to name the log, but not on Windows. */
function realPath(file: string): string {
  if (WINDOWS) return file
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** Makes sure that there is a file, readable by its owner only. Throws UserError, or as node:fs does. */
export async function ensureFile(home: string): Promise<void> {
  if (isReady(home)) return
  await withLock(home, LOCK, () => {
    if (!isReady(home)) makeReady(home)
  })
}

/**
 * Lets a new file follow a damaged one. The old one is kept; another process may have done so already.
 * @param damaged its `identityOf` when it was opened.
 * @returns the path of the damaged file.
 */
export async function replaceDamaged(home: string, damaged: string): Promise<string> {
  return withLock(home, LOCK, () => {
    if (identityOf(databaseFile(home)) === damaged) {
      if (!isReady(home)) makeReady(home)
      replace(home)
    }
    return allFiles(home).find((file) => identityOf(file) === damaged) ?? nameInHome(home)
  })
}

/** The files of before, damaged ones that were replaced. */
export function replacedFiles(home: string): string[] {
  const current = identityOf(databaseFile(home))
  return allFiles(home).filter((file) => ![current, ''].includes(identityOf(file)))
}

/** Each under the name that stays with it. */
function allFiles(home: string): string[] {
  const inFolder = [...numbered(home, LINKED), ...numbered(home, REPLACEMENT)]
  const paths = inFolder.map(({ path }) => path)
  return isLink(nameInHome(home)) ? paths : [...paths, nameInHome(home)]
}

/** Whether the database stands where it stays. A plain file of its name may have to be linked. */
function isReady(home: string): boolean {
  const file = databaseFile(home)
  if (!isThere(file)) return false
  return file !== nameInHome(home) || isLink(file) || (WINDOWS && statSync(file).isFile())
}

/** Links the database, which may be a plain file; where there are no links, that is all there is. */
function makeReady(home: string): void {
  const file = nameInHome(home)
  // A link that leads nowhere goes; one whose folder cannot be entered now stays.
  if (isLink(file)) rmSync(file)
  const present = lstatSync(file, { throwIfNoEntry: false })
  if (present !== undefined && !present.isFile()) {
    throw new UserError(`${file} is no file`, 'Move it away.')
  }
  makePrivateFolder(join(home, FOLDER))
  const target = present === undefined ? next(home, LINKED) : nameInFolder(home, file)
  const link = makeLink(home, target)
  if (link === null) {
    create(file)
    return
  }
  if (present === undefined) create(target)
  else giveName(file, target)
  renameSync(link, file)
  for (const end of LOG) rmSync(`${file}${end}`, { force: true })
}

/** Puts an empty file in the place of the database. */
function replace(home: string): void {
  const file = databaseFile(home)
  makePrivateFolder(join(home, FOLDER))
  const target = next(home, LINKED)
  const link = isLink(file) ? makeLink(home, target) : null
  if (link === null) {
    create(next(home, REPLACEMENT))
  } else {
    create(target)
    renameSync(link, file)
  }
}

/** The files of a database beside itself. */
const LOG = ['-wal', '-shm']

/** The name for a plain file: the one that it has since a process was killed here, or a new one. */
function nameInFolder(home: string, file: string): string {
  const identity = identityOf(file)
  const same = numbered(home, LINKED).find(({ path }) => identityOf(path) === identity)
  return same?.path ?? next(home, LINKED)
}

/**
 * Gives a database with its log a second name. Whoever is killed here leaves all of it under the
 * first one.
 */
function giveName(first: string, second: string): void {
  for (const end of [...LOG, '']) {
    if (identityOf(`${first}${end}`) === identityOf(`${second}${end}`)) continue
    rmSync(`${second}${end}`, { force: true })
    if (identityOf(`${first}${end}`) !== '') linkSync(`${first}${end}`, `${second}${end}`)
  }
}

/** What a system answers that makes no links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

/** A link to the target, under a name from which it can be renamed; null where there are no links. */
function makeLink(home: string, target: string): string | null {
  if (WINDOWS) return null
  const temporary = `${nameInHome(home)}.${String(process.pid)}.tmp`
  rmSync(temporary, { force: true })
  try {
    symlinkSync(join(FOLDER, basename(target)), temporary)
    return temporary
  } catch (thrown) {
    if (NO_LINKS.has(errorCode(thrown))) return null
    throw thrown
  }
}

function create(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}

function nameInHome(home: string): string {
  return join(home, 'usage.db')
}

interface Numbered {
  readonly n: number
  readonly path: string
}

/** The files `KIND-N.db` of the folder, by their numbers. */
function numbered(home: string, kind: string): Numbered[] {
  return list(join(home, FOLDER))
    .flatMap((name) => {
      const n = /^(.*)-(\d+)\.db$/.exec(name)
      return n?.[1] === kind ? [{ n: Number(n[2]), path: join(home, FOLDER, name) }] : []
    })
    .sort((a, b) => a.n - b.n)
}

function next(home: string, kind: string): string {
  const n = (numbered(home, kind).at(-1)?.n ?? 0) + 1
  return join(home, FOLDER, `${kind}-${String(n)}.db`)
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

/** Checks of ccr's home: access, ownership of the files, and free disk space. */
import { accessSync, constants, lstatSync, readdirSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileFault, myUid, takeOver, userText } from '../../../lib/file-fault.ts'
import { isThere } from '../../../lib/files.ts'
import { UserError } from '../../../lib/user-error.ts'
import { area, type Check, type Level } from './check.ts'

const check = area('home')

/** With less, a single request or start could fill the disk. */
const LEAST_FREE_BYTES = 1024 * 1024

/** The system calls that `homeChecks` needs. */
export interface Disk {
  readonly freeBytes: (folder: string) => number
  readonly uid: number | null
}

const here: Disk = {
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  },
  uid: myUid(),
}

/** Checks the home. One that does not exist yet is created when it is needed. */
export function homeChecks(home: string, disk: Disk = here): Check[] {
  try {
    if (!isThere(home)) return madeLater(home)
    readFolder(home)
    accessible(home)
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return [check('broken', thrown.message, thrown.hint)]
  }
  const checks = [...ownerChecks(home, disk.uid), ...roomChecks(home, disk)]
  return checks.length > 0 ? checks : [check('ok', home)]
}

function madeLater(home: string): Check[] {
  if (isLink(home)) throw fileFault('write', home, Object.assign(new Error(), { code: 'ENOENT' }))
  let folder = dirname(home)
  while (!isThere(folder)) folder = dirname(folder)
  try {
    accessible(folder)
  } catch (thrown) {
    const { cause } = thrown as UserError
    throw fileFault('write', home, cause)
  }
  return []
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function readFolder(folder: string): void {
  try {
    readdirSync(folder)
  } catch (cause) {
    throw fileFault('read', folder, cause)
  }
}

function accessible(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw fileFault('write', folder, cause)
  }
}

/** Finds files that belong to root, which `sudo ccr` leaves behind, or to another user. */
function ownerChecks(home: string, uid: number | null): Check[] {
  if (uid === null || uid === 0) return []
  const foreign = below(home).filter(({ owner }) => owner !== uid)
  const [first] = foreign
  if (first === undefined) return []
  const more = foreign.length === 1 ? '' : `, and ${String(foreign.length - 1)} more below ${home}`
  const text = `${first.path} belongs to ${userText(first.owner)}${more}`
  return [check(level(foreign), text, takeOver(home))]
}

/** Broken if a file cannot be used; otherwise a warning, because it may become unusable later. */
function level(foreign: readonly OwnedPath[]): Level {
  return foreign.every(({ path }) => isUsable(path)) ? 'warning' : 'broken'
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

interface OwnedPath {
  readonly path: string
  readonly owner: number
}

/** Folders in the home that contain files of ccr, and their depth. */
const DEPTHS: Readonly<Record<string, number>> = { sessions: 2, usage: 1, locks: 1, presets: 1 }

function below(home: string): OwnedPath[] {
  return [
    ...found(home),
    ...list(home).flatMap((name) => within(join(home, name), DEPTHS[name] ?? 0)),
  ]
}

function within(path: string, depth: number): OwnedPath[] {
  const inside =
    depth === 0 ? [] : list(path).flatMap((name) => within(join(path, name), depth - 1))
  return [...found(path), ...inside]
}

function found(path: string): OwnedPath[] {
  try {
    return [{ path, owner: lstatSync(path).uid }]
  } catch {
    return []
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function roomChecks(home: string, { freeBytes }: Disk): Check[] {
  try {
    const free = freeBytes(home)
    if (free >= LEAST_FREE_BYTES) return []
    const text = `there is no space left on the disk of ${home} (${String(Math.floor(free / 1024))} KiB)`
    return [check('broken', text, 'Free some space, or move the home of ccr: CCR_HOME=FOLDER')]
  } catch {
    return []
  }
}

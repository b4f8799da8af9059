/** Private files (0600) in private folders (0700), replaced whole or not at all. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { fileFault } from './file-fault.ts'
import { errorCode } from './user-error.ts'

/** Makes the folder and its parents, readable by the owner only. Throws UserError. */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw fileFault('write', folder, cause)
  }
}

/** No such name, or a file where a folder would have to be. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])

/** The text of a file; null when there is none. Throws UserError. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (ABSENT.has(errorCode(cause))) return null
    throw fileFault('read', file, cause)
  }
}

/**
 * True when there is a file or folder of that name, links followed; false when there is none. Throws
 * UserError where that cannot be determined.
 */
export function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return false
    throw fileFault('read', path, cause)
  }
}

/** True when it is a file that can be looked at, links followed. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // Also a link to itself, a share that does not answer, a folder that may not be entered.
    return false
  }
}

/**
 * Puts `text` in place of the file's content by a rename: a reader sees the old text or the new
 * one, also when this process dies in the middle. `mode`: its permissions, where not 0600. Throws
 * UserError.
 */
export function replaceFile(file: string, text: string | Uint8Array, mode = 0o600): void {
  const temporary = temporaryName(file)
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    if (mode !== 0o600) chmodSync(temporary, mode)
    rename(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw fileFault('write', file, cause)
  }
}

/** Why Windows does not rename a file or folder while any process has it, or what is there, open. */
const IN_USE: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY'])
/** Readers have a file open for less than that; virus scanners for a second. */
const IN_USE_LIMIT_MS = 2_000
const IN_USE_PAUSE_MS = 10

/** Renames a file or folder; on Windows again and again while it is open. Throws as node:fs does. */
export function rename(from: string, to: string): void {
  const until = performance.now() + IN_USE_LIMIT_MS
  for (;;) {
    try {
      renameSync(from, to)
      return
    } catch (thrown) {
      const isInUse = process.platform === 'win32' && IN_USE.has(errorCode(thrown))
      if (!isInUse || performance.now() > until) throw thrown
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, IN_USE_PAUSE_MS)
    }
  }
}

/**
 * The text of a file that is written once, by the first process that needs it: `make` is called when
 * there is no file yet, and all processes get the text that was written first. Throws UserError.
 */
export function readOrCreate(file: string, make: () => string): string {
  const present = readText(file)
  if (present !== null) return present
  const temporary = temporaryName(file)
  try {
    writeFileSync(temporary, make(), { mode: 0o600, flag: 'wx' })
    linkUnlessThere(temporary, file)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw fileFault('write', file, cause)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** A link appears with its whole content, and never over an existing file. */
function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (thrown) {
    if (errorCode(thrown) !== 'EEXIST') throw thrown
  }
}

/** The size of a file in bytes; 0 when there is none. */
export function fileSize(file: string): number {
  return withFile(file, (fd) => fstatSync(fd).size) ?? 0
}

/** What a file holds after byte `from`, at most the last `limit` bytes; '' when there is none. */
export function readEnd(file: string, from: number, limit: number): string {
  const text = withFile(file, (fd) => {
    const { size } = fstatSync(fd)
    const start = Math.max(size < from ? 0 : from, size - limit, 0)
    const bytes = Buffer.alloc(size - start)
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, start))
  })
  return text ?? ''
}

function withFile<T>(file: string, read: (fd: number) => T): T | null {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (thrown) {
    if (ABSENT.has(errorCode(thrown))) return null
    throw fileFault('read', file, thrown)
  }
  try {
    return read(fd)
  } finally {
    closeSync(fd)
  }
}

function temporaryName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`
}

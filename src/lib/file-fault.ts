/**
 * Why a file or a folder cannot be used, in words: which one it is, whose it is, and what mends it.
 * A path of ccr is blocked as often by a folder above it as by itself.
 */
import { accessSync, constants, lstatSync, readlinkSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, parse, resolve } from 'node:path'
import { shellWord } from './command-line.ts'
import { errorCode, UserError } from './user-error.ts'

export type Access = 'read' | 'write' | 'open'

/** @param cause what a call of node:fs threw for `path`. Never throws. */
export function fileFault(access: Access, path: string, cause: unknown): UserError {
  const { why, hint } = reasonOf(access, path, cause)
  return new UserError(`cannot ${access} ${path}: ${why}`, hint, cause)
}

interface Reason {
  readonly why: string
  readonly hint: string
}

const ELSEWHERE = 'CCR_HOME=FOLDER moves the home of ccr.'

const ROOM = `Check the free space there. ${ELSEWHERE}`

const REASONS: Readonly<Record<string, Reason>> = {
  EROFS: { why: 'the file system is read-only', hint: `Make it writable, or: ${ELSEWHERE}` },
  ENOSPC: { why: 'no space left on device', hint: ROOM },
  EDQUOT: { why: 'your quota is used up', hint: ROOM },
  EISDIR: { why: 'it is a folder', hint: 'Remove that folder: a file belongs there.' },
  EMFILE: { why: 'too many files are open', hint: 'Close some programs, or raise: ulimit -n' },
}

function reasonOf(access: Access, path: string, cause: unknown): Reason {
  const code = errorCode(cause)
  if (code === 'EACCES' || code === 'EPERM') return forbidden(access, path)
  if (code === 'EBUSY' && myUid() === null) return forbiddenByWindows(path)
  return REASONS[code] ?? (MISPLACED.has(code) ? misplaced(path) : null) ?? unknown(cause)
}

const MISPLACED: ReadonlySet<string> = new Set(['ENOTDIR', 'EEXIST', 'ELOOP', 'ENOENT'])

function unknown(cause: unknown): Reason {
  const why = cause instanceof Error ? cause.message : String(cause)
  return { why, hint: `Check the permissions and the free space there; ${ELSEWHERE}` }
}

/** Something that is no folder stands above `path`, or in its place. */
function misplaced(path: string): Reason | null {
  for (const part of [...above(path), path]) {
    const found = look(part)
    if (found === null) return null
    if (found === 'broken link') {
      const why = `${part} is a link that leads to no folder`
      return { why, hint: `Remove the link, or make what it leads to. ${ELSEWHERE}` }
    }
    if (found === 'file') {
      const why = `${part} is a file, and a folder belongs there`
      return {
        why,
        hint: `Move it away: mv ${shellWord(part)} ${shellWord(`${part}.old`)}\n${ELSEWHERE}`,
      }
    }
  }
  return null
}

function look(part: string): 'folder' | 'file' | 'broken link' | null {
  try {
    if (!lstatSync(part).isSymbolicLink()) return lstatSync(part).isDirectory() ? 'folder' : 'file'
  } catch {
    return null
  }
  try {
    return statSync(part).isDirectory() ? 'folder' : 'file'
  } catch {
    return 'broken link'
  }
}

function forbidden(access: Access, named: string): Reason {
  if (myUid() === null) return forbiddenByWindows(named)
  const path = followed(named)
  const { part, isFolder } = blocked(access, path)
  const owner = ownerOf(part)
  if (owner === null || owner === myUid()) {
    const mode = isFolder ? 'u+rwx' : 'u+rw'
    const at = part === path ? '' : ` on ${part}`
    return { why: `permission denied${at}`, hint: `Allow it: chmod ${mode} ${shellWord(part)}` }
  }
  const why = `permission denied: ${part === path ? 'it' : part} belongs to ${userText(owner)}`
  const top = topmostOfOthers(part)
  return { why, hint: isMine(dirname(top)) ? takeOver(top) : `That is not yours. ${ELSEWHERE}` }
}

/** Windows says the same of what another program has open and of what this user may not use. */
function forbiddenByWindows(path: string): Reason {
  return {
    why: 'Windows denies it: another program has it open, or you may not use it',
    hint:
      'Close the program that has it open (an editor, a virus scanner, a backup). ' +
      `Who may use it: icacls "${path}"`,
  }
}

/** The target of a link, as far as it can be resolved. */
function followed(path: string, links = 8): string {
  try {
    const target = resolve(dirname(path), readlinkSync(path))
    return links === 0 ? path : followed(target, links - 1)
  } catch {
    return path
  }
}

/** The command that makes a file or folder this user's, with all that is in it. */
export function takeOver(path: string): string {
  return `Make it yours: sudo chown -R ${myName()} ${shellWord(path)}`
}

/** The part of a path that does not let this user through. */
function blocked(access: Access, path: string): { part: string; isFolder: boolean } {
  const folders = above(path)
  const closed = folders.find((folder) => !allows(folder, constants.X_OK))
  if (closed !== undefined) return { part: closed, isFolder: true }
  const folder = dirname(path)
  const isReplaced = access === 'write' && look(folder) === 'folder'
  if (isReplaced && !allows(folder, constants.W_OK)) return { part: folder, isFolder: true }
  const part = nearest(path)
  return { part, isFolder: look(part) === 'folder' }
}

/** The topmost file or folder of another user, on the way up from one of them. */
function topmostOfOthers(path: string): string {
  const folder = dirname(path)
  return folder === path || isMine(folder) ? path : topmostOfOthers(folder)
}

function nearest(path: string): string {
  for (const part of [path, ...above(path).reverse()]) if (look(part) !== null) return part
  return parse(path).root
}

/** The folders above a path, from the root down. */
function above(path: string): string[] {
  const folder = dirname(path)
  return folder === path ? [path] : [...above(folder), folder]
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** The owner's uid; null where it cannot be read. */
export function ownerOf(path: string): number | null {
  try {
    return lstatSync(path).uid
  } catch {
    return null
  }
}

/** Null where users have no numbers (Windows). */
export function myUid(): number | null {
  return process.getuid?.() ?? null
}

function isMine(path: string): boolean {
  return ownerOf(path) === myUid()
}

function myName(): string {
  try {
    return userInfo().username
  } catch {
    return String(myUid() ?? '$USER') // a user without a name, as in many containers
  }
}

export function userText(uid: number): string {
  return uid === 0 ? 'root' : `another user (uid ${String(uid)})`
}

/** Calls of node:fs whose failure is about a path; of the others `open` may be either. */
const READING: ReadonlySet<string> = new Set([
  'scandir',
  'stat',
  'lstat',
  'readlink',
  'access',
  'read',
  'statfs',
  'opendir',
  'realpath',
])
const WRITING: ReadonlySet<string> = new Set([
  'mkdir',
  'rename',
  'unlink',
  'rmdir',
  'rm',
  'write',
  'ftruncate',
  'copyfile',
  'symlink',
  'link',
  'chmod',
  'fchmod',
  'fsync',
  'mkdtemp',
  'utime',
])

/** Of `process.cwd()`: the shell stands in a folder that was removed, or may not be looked at. */
function folderGone(cause: Error): UserError {
  const [message, hint] =
    errorCode(cause) === 'ENOENT'
      ? ['the current folder is gone', 'Go to one that is there, as with: cd']
      : ['the current folder cannot be read', 'Go to one that you may read, as with: cd']
  return new UserError(message, hint, cause)
}

/** An error of node:fs as a UserError; null for any other error. */
export function systemFault(thrown: Error): UserError | null {
  const { syscall, path, dest } = thrown as { syscall?: unknown; path?: unknown; dest?: unknown }
  if (syscall === 'uv_cwd') return folderGone(thrown)
  if (typeof path !== 'string' || typeof syscall !== 'string') return null
  if (READING.has(syscall)) return fileFault('read', path, thrown)
  if (WRITING.has(syscall))
    return fileFault('write', typeof dest === 'string' ? dest : path, thrown)
  return syscall === 'open' ? fileFault('open', path, thrown) : null
}

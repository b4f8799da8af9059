/**
 * Locks between processes. The kernel frees them when their holder ends, however it ends, so there
 * is nothing to clean up and nothing to take over. Waiting costs nothing on Linux and Windows; on
 * macOS a wait that can be given up polls (lock/file-lock.ts).
 *
 * The names of the locks come from a secret in the home folder. Another user of the machine can see
 * a name while it is in use, take it when it is free, and answer there whatever they like. A holder
 * therefore counts only when it proves that it knows the secret, or when the kernel knows it as a
 * process of this user.
 */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isThere, makePrivateFolder, readOrCreate, readText } from './files.ts'
import { FileLock } from './lock/file-lock.ts'
import type { Held, Lock } from './lock/held.ts'
import { lockNames } from './lock/names.ts'
import { SocketLock } from './lock/socket-lock.ts'

export type { Held } from './lock/held.ts'

/** Waits for the lock `name` of this home folder. */
export function acquire(home: string, name: string): Promise<Held> {
  return platformLock(home, name).acquire()
}

/** Takes the lock if it is free; null when another process holds it. */
export function tryAcquire(home: string, name: string): Promise<Held | null> {
  return platformLock(home, name).tryAcquire()
}

/**
 * Holds a lock by a descriptor inherited from a process that holds it (`Held.descriptor`). The lock
 * is free when neither process holds it any more.
 */
export function inherit(home: string, name: string, descriptor: number): Promise<Held> {
  return platformLock(home, name).inherit(descriptor)
}

/** True while a process of this user holds the lock. */
export function isHeld(home: string, name: string): Promise<boolean> {
  return presentLock(home, name)?.isHeld() ?? Promise.resolve(false)
}

/** Whether any process has the lock's name, without a proof: false is certain, true is a hint. Cheap. */
export function seemsHeld(home: string, name: string): Promise<boolean> {
  return presentLock(home, name)?.seemsHeld() ?? Promise.resolve(false)
}

/**
 * Waits until no process holds the lock; another one may take it right after. False when `signal`
 * was aborted before that. Without a signal, the wait may block a thread (macOS): pass one where
 * the process may have to end first.
 */
export function waitUntilFree(home: string, name: string, signal?: AbortSignal): Promise<boolean> {
  return presentLock(home, name)?.waitUntilFree(signal) ?? Promise.resolve(signal?.aborted !== true)
}

/**
 * Waits until a holder releases the lock: it is free then, or was passed on to another process.
 * Resolves at once when no process holds it.
 */
export function untilChange(home: string, name: string): Promise<void> {
  return presentLock(home, name)?.untilChange() ?? Promise.resolve()
}

/**
 * The processes of this user that hold the lock, as the kernel reports them; on Windows, as they
 * prove it themselves. Empty when there is none; null where the platform cannot tell.
 */
export function holdersOf(home: string, name: string): Promise<readonly number[] | null> {
  return presentLock(home, name)?.holders() ?? Promise.resolve([])
}

/**
 * Asks the holder of the lock to run its repair (`Held.onRepairRequest`) and waits until it is done.
 * False when no process holds it, the holder hangs, or the platform's locks cannot be asked.
 */
export function requestRepair(home: string, name: string): Promise<boolean> {
  return presentLock(home, name)?.requestRepair() ?? Promise.resolve(false)
}

/** Runs `work` while holding the lock. */
export async function withLock<T>(
  home: string,
  name: string,
  work: () => Promise<T> | T,
): Promise<T> {
  const held = await acquire(home, name)
  try {
    return await work()
  } finally {
    held.release()
  }
}

function platformLock(home: string, name: string): Lock {
  return lockOf(home, name, secretOf(home))
}

/** For a look that must not write: null in a home without locks. Throws UserError. */
function presentLock(home: string, name: string): Lock | null {
  const file = secretFile(home)
  const secret = secrets.get(home) ?? readText(file)
  if (secret !== null) return lockOf(home, name, remembered(home, secret))
  isThere(file) // throws for a home that is not a folder
  return null
}

function lockOf(home: string, name: string, secret: string): Lock {
  const lock = { home, secret, name }
  if (process.platform === 'linux' || process.platform === 'android') {
    return new SocketLock(
      lockNames(lock, (digits) => `\0ccr-${digits}`),
      keyOf(lock),
    )
  }
  if (process.platform === 'win32') {
    return new SocketLock(
      lockNames(lock, (digits) => `\\\\.\\pipe\\ccr-${digits}`),
      keyOf(lock),
    )
  }
  const [file] = lockNames(lock, (digits) => digits).all()
  return new FileLock(join(home, 'locks'), file)
}

/** The key by which a holder proves itself: derived from the home's secret. */
function keyOf({ secret, name }: { readonly secret: string; readonly name: string }): string {
  return createHash('sha256').update(`holder\0${secret}\0${name}`).digest('hex')
}

const secrets = new Map<string, string>()

function secretOf(home: string): string {
  const known = secrets.get(home)
  if (known !== undefined) return known
  makePrivateFolder(home)
  return remembered(
    home,
    readOrCreate(secretFile(home), () => randomBytes(32).toString('hex')),
  )
}

function secretFile(home: string): string {
  return join(home, '.lock-secret')
}

function remembered(home: string, secret: string): string {
  secrets.set(home, secret)
  return secret
}

/**
 * Locks between processes that the kernel frees when their holder ends, however it ends: nothing
 * to clean up, nothing to take over, no polling.
 *
 * Their names come from a secret in the home folder. Another user of the machine can see a name
 * while it is in use and take it when it is free, and then say what he likes: so a holder counts
 * only when it proves that it knows the secret, or the kernel knows it as a process of this user.
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

/** Takes the lock if it is free; null when somebody holds it. */
export function tryAcquire(home: string, name: string): Promise<Held | null> {
  return platformLock(home, name).tryAcquire()
}

/**
 * Holds a lock by the descriptor that this process got from one that holds it (`Held.descriptor`):
 * it is free when neither holds it any more.
 */
export function inherit(home: string, name: string, descriptor: number): Promise<Held> {
  return platformLock(home, name).inherit(descriptor)
}

/** True while a process of this user holds the lock. */
export function isHeld(home: string, name: string): Promise<boolean> {
  return presentLock(home, name)?.isHeld() ?? Promise.resolve(false)
}

/** The same of whoever it is, who is not asked: false is certain, true is only a hint. Cheap. */
export function seemsHeld(home: string, name: string): Promise<boolean> {
  return presentLock(home, name)?.seemsHeld() ?? Promise.resolve(false)
}

/**
 * Waits until nobody holds the lock (somebody else may take it right after). False when `signal`
 * was aborted before that.
 */
export function waitUntilFree(home: string, name: string, signal?: AbortSignal): Promise<boolean> {
  return presentLock(home, name)?.waitUntilFree(signal) ?? Promise.resolve(signal?.aborted !== true)
}

/**
 * Waits until a holder lets go: the lock is free, or it was passed on. At once when nobody holds it.
 */
export function untilChange(home: string, name: string): Promise<void> {
  return presentLock(home, name)?.untilChange() ?? Promise.resolve()
}

/**
 * The processes of this user that hold the lock: by the kernel's word, on Windows by a proof. Empty
 * when there is none; null where nothing but their own word would tell.
 */
export function holdersOf(home: string, name: string): Promise<readonly number[] | null> {
  return presentLock(home, name)?.holders() ?? Promise.resolve([])
}

/**
 * Has the holder of the lock do what it has promised (`Held.onKnock`), and waits until it is done.
 * False when nobody holds it, the holder hangs, or the platform's locks cannot be asked.
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

/** For who only looks: null in a home without locks, in which nothing is written for that. Throws UserError. */
function presentLock(home: string, name: string): Lock | null {
  const file = secretFile(home)
  const secret = secrets.get(home) ?? readText(file)
  if (secret !== null) return lockOf(home, name, remembered(home, secret))
  isThere(file) // tells of a home that is none
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

/** What only who can read the home's secret knows of a lock. */
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

/**
 * Locks between processes that the kernel frees when their holder ends, however it ends: nothing
 * to clean up, nothing to take over, no polling.
 *
 * Linux: the holder listens on an abstract Unix socket (a name without a file). Windows: on a
 * named pipe. A waiter connects and sleeps until that connection closes, which happens when the
 * holder lets go or dies, and then tries to listen itself. macOS and the BSDs: the holder has a
 * file open with O_EXLOCK. The names come from a secret in the home folder, so that another user
 * of the machine cannot take them first.
 */
import { createHash, randomBytes } from 'node:crypto'
import { close, open } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makePrivateFolder, readOrCreate } from './files.ts'
import { errorCode } from './user-error.ts'
import { within } from './within.ts'

/** Lets the lock go; calling it again does nothing. */
export type Release = () => void

/** Waits for the lock `name` of this home folder. */
export function acquire(home: string, name: string): Promise<Release> {
  return platformLock(home, name).acquire()
}

/** Takes the lock if it is free; null when somebody holds it. */
export function tryAcquire(home: string, name: string): Promise<Release | null> {
  return platformLock(home, name).tryAcquire()
}

/** True while somebody holds the lock. Disturbs nobody. */
export function isHeld(home: string, name: string): Promise<boolean> {
  return platformLock(home, name).isHeld()
}

/**
 * Waits until nobody holds the lock (somebody else may take it right after). False when `signal`
 * was aborted before that.
 */
export function waitUntilFree(home: string, name: string, signal?: AbortSignal): Promise<boolean> {
  return platformLock(home, name).waitUntilFree(signal)
}

/**
 * The process that holds the lock, by its own word: only who knows the home's secret can be asked.
 * Null when nobody holds it, the holder hangs, or the platform's locks cannot be asked.
 */
export function holderOf(home: string, name: string): Promise<number | null> {
  return platformLock(home, name).holder()
}

/** Runs `work` while holding the lock. */
export async function withLock<T>(
  home: string,
  name: string,
  work: () => Promise<T> | T,
): Promise<T> {
  const release = await acquire(home, name)
  try {
    return await work()
  } finally {
    release()
  }
}

interface Lock {
  acquire(): Promise<Release>
  tryAcquire(): Promise<Release | null>
  isHeld(): Promise<boolean>
  waitUntilFree(signal?: AbortSignal): Promise<boolean>
  holder(): Promise<number | null>
}

function platformLock(home: string, name: string): Lock {
  const hash = createHash('sha256')
    .update(`${secretOf(home)}\0${name}`)
    .digest('hex')
    .slice(0, 40)
  if (process.platform === 'linux' || process.platform === 'android') {
    return new SocketLock(`\0ccr-${hash}`)
  }
  if (process.platform === 'win32') return new SocketLock(`\\\\.\\pipe\\ccr-${hash}`)
  return new FileLock(join(home, 'locks'), hash)
}

const secrets = new Map<string, string>()

function secretOf(home: string): string {
  const known = secrets.get(home)
  if (known !== undefined) return known
  makePrivateFolder(home)
  const secret = readOrCreate(join(home, '.lock-secret'), () => randomBytes(32).toString('hex'))
  secrets.set(home, secret)
  return secret
}

/** How many waiters may queue before the holder's event loop turns to them. */
const BACKLOG = 4096

/** A holder that lives says its word at once. */
const HOLDER_LIMIT_MS = 1_000

class SocketLock implements Lock {
  readonly #address: string

  constructor(address: string) {
    this.#address = address
  }

  async acquire(): Promise<Release> {
    for (;;) {
      const release = await this.tryAcquire()
      if (release) return release
      await this.waitUntilFree()
    }
  }

  tryAcquire(): Promise<Release | null> {
    const waiters = new Set<Socket>()
    const server = createServer((waiter) => {
      waiters.add(waiter)
      waiter.on('error', () => undefined) // a waiter that was killed
      waiter.on('close', () => waiters.delete(waiter))
      waiter.write(`${process.pid}\n`)
      waiter.resume()
      waiter.unref()
    })
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        if (errorCode(error) === 'EADDRINUSE') resolve(null)
        else reject(error)
      })
      server.listen({ path: this.#address, backlog: BACKLOG }, () => {
        server.unref()
        resolve(() => letGo(server, waiters))
      })
    })
  }

  async isHeld(): Promise<boolean> {
    const socket = await this.#connect()
    socket?.destroy()
    return socket !== null
  }

  async waitUntilFree(signal?: AbortSignal): Promise<boolean> {
    while (signal?.aborted !== true) {
      const socket = await this.#connect()
      if (!socket) return true
      await closing(socket, signal)
    }
    return false
  }

  async holder(): Promise<number | null> {
    const socket = await this.#connect()
    if (!socket) return null
    const word = new Promise<string>((resolve) => {
      socket.setEncoding('utf8').once('data', resolve)
      socket.once('close', () => resolve(''))
    })
    const pid = Number.parseInt((await within(word, HOLDER_LIMIT_MS)) ?? '', 10)
    socket.destroy()
    return Number.isNaN(pid) ? null : pid
  }

  /** A connection to the holder; null when nobody holds the lock. */
  #connect(): Promise<Socket | null> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#address)
      socket.once('connect', () => {
        socket.removeAllListeners('error').on('error', () => undefined)
        resolve(socket)
      })
      socket.once('error', (error) => {
        const code = errorCode(error)
        // More waiters than the backlog holds: come back when the holder has turned to some.
        if (code === 'EAGAIN') setTimeout(() => resolve(this.#connect()), 5)
        else if (GONE.has(code)) resolve(null)
        else reject(error)
      })
    })
  }
}

/** What connecting says when nobody listens, or the holder went while we connected. */
const GONE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'])

/** First the name, then the waiters, so that the name is free when they wake. */
function letGo(server: Server, waiters: ReadonlySet<Socket>): void {
  server.close()
  for (const waiter of waiters) waiter.destroy()
}

function closing(socket: Socket, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const abort = (): void => void socket.destroy()
    socket.once('close', () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    socket.resume()
  })
}

/** Flags of open(2) on macOS and the BSDs, which node:fs does not name. */
const O_RDWR = 0x2
const O_NONBLOCK = 0x4
const O_SHLOCK = 0x10
const O_EXLOCK = 0x20
const O_CREAT = 0x200

const LOOK_EVERY_MS = 20

class FileLock implements Lock {
  readonly #folder: string
  readonly #file: string

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#file = join(folder, name)
  }

  async acquire(): Promise<Release> {
    const release = await this.#open(O_EXLOCK)
    if (!release) throw new Error(`open(${this.#file}) would not wait for its lock`)
    return release
  }

  tryAcquire(): Promise<Release | null> {
    return this.#open(O_EXLOCK | O_NONBLOCK)
  }

  async isHeld(): Promise<boolean> {
    const release = await this.#open(O_SHLOCK | O_NONBLOCK)
    release?.()
    return release === null
  }

  async waitUntilFree(signal?: AbortSignal): Promise<boolean> {
    if (!signal) return this.#open(O_SHLOCK).then(letGoAgain)
    // A wait that is given up would leave a thread blocked, and the process could not end.
    while (!signal.aborted) {
      if (!(await this.isHeld())) return true
      await pause(LOOK_EVERY_MS)
    }
    return false
  }

  holder(): Promise<null> {
    return Promise.resolve(null)
  }

  /** Opens with the given lock, in a thread of its own; null when it is held and not waited for. */
  #open(flags: number): Promise<Release | null> {
    makePrivateFolder(this.#folder)
    return new Promise((resolve, reject) => {
      open(this.#file, flags | O_CREAT | O_RDWR, 0o600, (error, fd) => {
        if (!error) resolve(closeOnce(fd))
        else if (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK') resolve(null)
        else reject(error)
      })
    })
  }
}

function letGoAgain(release: Release | null): true {
  release?.()
  return true
}

function closeOnce(fd: number): Release {
  let held = true
  return () => {
    if (held) close(fd)
    held = false
  }
}

/**
 * Linux: the holder listens on an abstract Unix socket (a name without a file). Windows: on a
 * named pipe. A waiter connects and sleeps until that connection closes, which happens when the
 * holder lets go or dies, and then tries to listen itself. On each connection the holder says its
 * pid, and `done` once it has answered a knock.
 */
import type { Server } from 'node:net'
import { connect, createServer, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { descriptorOf } from '../descriptor.ts'
import { errorCode } from '../user-error.ts'
import { within } from '../within.ts'
import type { Held, Lock } from './held.ts'

/** How many waiters may queue before the holder's event loop turns to them. */
const BACKLOG = 4096

/** Between two attempts to get into that queue. */
const FULL_MS = 5

/** A holder that lives says its word at once. */
const HOLDER_LIMIT_MS = 1_000
/** What it does for a knock it may do on a loaded machine, too. */
const KNOCK_LIMIT_MS = 3_000

export class SocketLock implements Lock {
  readonly #address: string

  constructor(address: string) {
    this.#address = address
  }

  async acquire(): Promise<Held> {
    for (;;) {
      const held = await this.tryAcquire()
      if (held) return held
      await this.waitUntilFree()
    }
  }

  async tryAcquire(): Promise<Held | null> {
    try {
      return await listening({ path: this.#address })
    } catch (thrown) {
      if (errorCode(thrown) === 'EADDRINUSE') return null
      throw thrown
    }
  }

  inherit(descriptor: number): Promise<Held> {
    return listening({ fd: descriptor })
  }

  async isHeld(): Promise<boolean> {
    const found = await this.#attempt()
    if (found instanceof Socket) found.destroy()
    return found !== null
  }

  async waitUntilFree(signal?: AbortSignal): Promise<boolean> {
    const isGivenUp = (): boolean => signal?.aborted === true
    while (!isGivenUp()) {
      const socket = await this.#connect(signal)
      if (socket) await closing(socket, signal)
      else if (!isGivenUp()) return true
    }
    return false
  }

  async untilChange(): Promise<void> {
    const socket = await this.#connect()
    if (socket) await closing(socket)
  }

  async holder(): Promise<number | null> {
    const socket = await this.#connect(AbortSignal.timeout(HOLDER_LIMIT_MS))
    if (!socket) return null
    const pid = Number.parseInt((await within(firstWords(socket), HOLDER_LIMIT_MS)) ?? '', 10)
    socket.destroy()
    return Number.isNaN(pid) ? null : pid
  }

  async knock(): Promise<boolean> {
    const socket = await this.#connect(AbortSignal.timeout(KNOCK_LIMIT_MS))
    if (!socket) return false
    const done = said(socket, DONE)
    socket.write(KNOCK)
    const answered = await within(done, KNOCK_LIMIT_MS)
    socket.destroy()
    return answered === true
  }

  /**
   * A connection to the holder; null when nobody holds the lock, or when `signal` was aborted while
   * the holder had more waiters than it takes.
   */
  async #connect(signal?: AbortSignal): Promise<Socket | null> {
    for (;;) {
      const found = await this.#attempt()
      if (found !== 'full') return found
      if (signal?.aborted) return null
      await pause(FULL_MS) // until the holder has turned to some
    }
  }

  /** The same at once: `full` when the holder has more waiters than it takes. */
  #attempt(): Promise<Socket | 'full' | null> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#address)
      socket.once('connect', () => {
        socket.removeAllListeners('error').on('error', () => undefined)
        resolve(socket)
      })
      socket.once('error', (error) => {
        const code = errorCode(error)
        if (code === 'EAGAIN') resolve('full')
        else if (GONE.has(code)) resolve(null)
        else reject(error)
      })
    })
  }
}

/** What connecting says when nobody listens, or the holder went while we connected. */
const GONE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'])

const KNOCK = 'knock\n'
const DONE = 'done\n'

/** Holds the lock by listening. Rejects with EADDRINUSE when somebody else does. */
function listening(where: { readonly path: string } | { readonly fd: number }): Promise<Held> {
  const waiters = new Set<Socket>()
  let work = (): Promise<unknown> => Promise.resolve()
  const server = createServer((waiter) => {
    waiters.add(waiter)
    waiter.on('error', () => undefined) // a waiter that was killed
    waiter.on('close', () => waiters.delete(waiter))
    waiter.write(`${process.pid}\n`)
    // Whatever is said is a knock: it does no harm, whoever says it.
    waiter.on('data', () => {
      void Promise.resolve()
        .then(work)
        .then(
          () => waiter.write(DONE),
          () => waiter.destroy(),
        )
    })
    waiter.unref()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.unref()
      resolve({
        release: () => letGo(server, waiters),
        descriptor: descriptorOf(server),
        onKnock: (next) => (work = next),
      })
    })
  })
}

/** First the name, then the waiters, so that the name is free when they wake. */
function letGo(server: Server, waiters: ReadonlySet<Socket>): void {
  server.close()
  for (const waiter of waiters) waiter.destroy()
}

function firstWords(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.setEncoding('utf8').once('data', resolve)
    socket.once('close', () => resolve(''))
  })
}

/** True as soon as the holder has said it, false when it hangs up before. */
function said(socket: Socket, word: string): Promise<boolean> {
  let heard = ''
  return new Promise((resolve) => {
    socket.setEncoding('utf8').on('data', (part: string) => {
      heard += part
      if (heard.endsWith(word)) resolve(true)
    })
    socket.once('close', () => resolve(false))
  })
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

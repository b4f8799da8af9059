/**
 * Linux: the holder listens on an abstract Unix socket (a name without a file). Windows: on a
 * named pipe. A waiter connects and sleeps until that connection closes, which happens when the
 * holder lets go or dies, and then tries to listen itself.
 *
 * Who listens there is believed only when he proves that he knows the home's secret, or when the
 * kernel says that he is a process of this user. The name of a stranger is left to him: see
 * names.ts.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { errorCode, UserError } from '../user-error.ts'
import { within } from '../within.ts'
import type { Held, Lock } from './held.ts'
import { provesItself, awaitRepair } from './lock-protocol.ts'
import { listening } from './listening.ts'
import type { LockNames } from './names.ts'

/** A holder that is not busy proves itself at once; after that the kernel is asked. */
const PROOF_LIMIT_MS = 500
/** So long a waiter sleeps before it asks for whom: most locks are held for less. */
const UNPROVED_MS = 500
/** Where the kernel does not tell who it is, the holder may be ours and busy. */
const UNKNOWN_LIMIT_MS = 5_000
/** What it does for a knock it may do on a loaded machine, too. */
const REPAIR_LIMIT_MS = 3_000
/** After so many connections that were not kept the kernel is asked by whom. */
const PATIENT_HANG_UPS = 250
/** Before the next try where the holder's queue is full, or it is between two states. */
const BUSY_MS = 5
/** Between two looks at the processes of this user. */
const LOOK_AGAIN_MS = 100

type Names = readonly [string, ...string[]]

/** Who has a name: nobody, a process of ours, somebody else, or one that cannot be told. */
type Whose = 'nobody' | 'ours' | 'stranger' | 'unknown'

export class SocketLock implements Lock {
  readonly #names: LockNames
  /** Tells this lock of this home from every other. */
  readonly #key: string

  /** How often a holder did not keep the connection, in this operation. */
  #hangUps = 0

  constructor(names: LockNames, key: string) {
    this.#names = names
    this.#key = key
  }

  async acquire(): Promise<Held> {
    for (;;) {
      const { names, held } = await this.#take()
      if (held) return held
      if (!(await this.#sleep())) await this.#makeWay(names)
    }
  }

  async tryAcquire(): Promise<Held | null> {
    for (;;) {
      const { names, held } = await this.#take()
      if (held) return held
      if (await this.isHeld()) return null
      await this.#makeWay(names)
    }
  }

  inherit(descriptor: number): Promise<Held> {
    return listening({ fd: descriptor }, this.#key)
  }

  /** Whether somebody has a name of the lock, whoever that is. Cheap. */
  async seemsHeld(): Promise<boolean> {
    for (const name of await this.#candidates()) {
      const socket = await connected(name)
      if (socket === null) continue
      if (socket !== 'busy') socket.destroy()
      return true
    }
    return false
  }

  async isHeld(): Promise<boolean> {
    for (const name of await this.#candidates()) {
      const whose = await this.#whoseIs(name)
      if (whose === 'ours' || whose === 'unknown') return true
    }
    return false
  }

  async waitUntilFree(signal?: AbortSignal): Promise<boolean> {
    while (signal?.aborted !== true) {
      if (!(await this.#sleep(signal))) return true
    }
    return false
  }

  async untilChange(): Promise<void> {
    await this.#sleep()
  }

  async holders(): Promise<readonly number[] | null> {
    if (process.platform !== 'win32') {
      const { socketHolders } = await import('../socket-holders.ts')
      return socketHolders(this.#names.all()).pids
    }
    for (const name of this.#names.all()) {
      const socket = await connected(name)
      if (socket === null || socket === 'busy') continue
      const pid = await within(provesItself(socket, this.#key), UNKNOWN_LIMIT_MS)
      socket.destroy()
      if (typeof pid === 'number') return [pid]
    }
    return null
  }

  async requestRepair(): Promise<boolean> {
    const socket = await connected(last(this.#names.all()))
    if (socket === null || socket === 'busy') return false
    const answered = await within(awaitRepair(socket), REPAIR_LIMIT_MS)
    socket.destroy()
    return answered === true
  }

  /** Takes the last name of the lock if nobody has it, and no other process of ours another. */
  async #take(): Promise<{ readonly names: Names; readonly held: Held | null }> {
    const names = this.#names.all()
    try {
      const held = await listening({ path: last(names) }, this.#key)
      if (await this.#isAlone(names)) return { names, held }
      held.release()
    } catch (thrown) {
      if (errorCode(thrown) !== 'EADDRINUSE') throw thrown
    }
    return { names, held: null }
  }

  /** None of ours listens at the last of these names, but it could not be taken. */
  async #makeWay(names: Names): Promise<void> {
    if ((await this.#kernelSays(last(names))) === 'stranger') this.#names.moveOn(names)
    else await pause(BUSY_MS) // it went meanwhile, or is about to listen
  }

  /**
   * For one that has taken the last of these names: whether nobody else may think that he holds the
   * lock. It may have moved on meanwhile, or one of ours took an earlier name in the moment in which
   * the lock moved. Both look only after they listen, so one of them sees the other.
   */
  async #isAlone(names: Names): Promise<boolean> {
    if (this.#names.all().length !== names.length) return false
    if (names.length === 1) return true
    const { socketHolders } = await import('../socket-holders.ts')
    return socketHolders(names.slice(0, -1), 1).pids.length === 0
  }

  /** Where a holder of ours may be: of earlier names only those count that ours have for sure. */
  async #candidates(): Promise<readonly string[]> {
    const names = this.#names.all()
    if (names.length === 1 || process.platform === 'win32') return names
    const { socketHolders } = await import('../socket-holders.ts')
    const { pids } = socketHolders(names.slice(0, -1), 1)
    return pids.length > 0 ? names : [last(names)]
  }

  async #whoseIs(name: string): Promise<Whose> {
    const socket = await connected(name)
    try {
      return await this.#whoseEnd(name, socket)
    } finally {
      if (socket !== null && socket !== 'busy') socket.destroy()
    }
  }

  /** Who holds a name that we are connected to; the connection stays. */
  async #whoseEnd(name: string, socket: Connected): Promise<Whose> {
    if (socket === null) return 'nobody'
    if (socket === 'busy') return this.#kernelSays(name)
    const proof = provesItself(socket, this.#key)
    const settled = await within(proof, PROOF_LIMIT_MS)
    if (typeof settled === 'number') return 'ours'
    const seen = await this.#kernelSays(name)
    if (seen !== 'unknown') return seen
    return typeof (await within(proof, UNKNOWN_LIMIT_MS)) === 'number' ? 'ours' : 'unknown'
  }

  /**
   * What the kernel says of a name. Asked twice for a stranger: a socket that is passed from
   * process to process may be missed by one look.
   */
  async #kernelSays(name: string): Promise<Whose> {
    if (process.platform === 'win32') return 'unknown'
    const { socketHolders } = await import('../socket-holders.ts')
    for (const again of [true, false]) {
      const { bound, pids, complete } = socketHolders([name], 1)
      if (pids.length > 0) return 'ours'
      if (bound === false) return 'nobody'
      if (!complete) return 'unknown'
      if (again) await pause(LOOK_AGAIN_MS)
    }
    return 'stranger'
  }

  /** Sleeps until a holder of ours lets go; false at once when there is none. */
  async #sleep(signal?: AbortSignal): Promise<boolean> {
    for (const name of await this.#candidates()) {
      const socket = await connected(name)
      if (socket === null) continue
      if (await this.#sleepOn(name, socket, signal)) return true
    }
    return false
  }

  /** The same for one name; false when it is not one of ours that has it. */
  async #sleepOn(name: string, socket: Socket | 'busy', signal?: AbortSignal): Promise<boolean> {
    if (socket === 'busy') {
      await pause(BUSY_MS)
      return this.#mayBeOurs(name)
    }
    const closed = closing(socket, signal)
    if (await within(closed, UNPROVED_MS)) return this.#mayBeOurs(name)
    const whose = await Promise.race([this.#whoseEnd(name, socket), closed])
    if (whose === 'nobody' || whose === 'stranger') {
      socket.destroy()
      return whose === 'nobody' // it went just now: the next look tells
    }
    // It may be ours and busy; if it is not, an open end would keep us for ever.
    if (whose === 'unknown' && !signal && !(await within(closed, UNKNOWN_LIMIT_MS))) {
      socket.destroy()
      throw unproved()
    }
    await closed
    return true
  }

  /**
   * For a holder that ended the connection at once, or has its queue full: so do locks that are
   * held briefly by many, and strangers who will not be asked.
   */
  async #mayBeOurs(name: string): Promise<boolean> {
    this.#hangUps += 1
    return this.#hangUps % PATIENT_HANG_UPS > 0 || (await this.#kernelSays(name)) !== 'stranger'
  }
}

function unproved(): UserError {
  return new UserError(
    'a lock of ccr is held by a process that does not prove to be one of this user.',
    'If no other ccr works on this home, e.g. in a container, end that process and try again.',
  )
}

/** A connection; null when nobody listens, `busy` when the queue of who does is full. */
type Connected = Socket | 'busy' | null

function connected(address: string): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.removeAllListeners('error').on('error', () => undefined)
      resolve(socket)
    })
    socket.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'EAGAIN') resolve('busy')
      else if (GONE.has(code)) resolve(null)
      else reject(error)
    })
  })
}

/** What connecting says when nobody listens, or the holder went while we connected. */
const GONE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'EPROTOTYPE', // a stranger's socket of another kind
])

/** Resolves with `closed` when the connection has ended, also because `signal` was aborted. */
function closing(socket: Socket, signal?: AbortSignal): Promise<'closed'> {
  return new Promise((resolve) => {
    const abort = (): void => void socket.destroy()
    socket.once('close', () => {
      signal?.removeEventListener('abort', abort)
      resolve('closed')
    })
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    socket.resume()
  })
}

function last(names: Names): string {
  return names.at(-1) ?? names[0]
}

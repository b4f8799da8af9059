/**
 * The lock of Linux and Windows. The holder listens on an abstract Unix socket (a name without a
 * file), on Windows on a named pipe. A waiter connects and sleeps until the connection closes, which
 * happens when the holder releases the lock or dies, and then tries to listen itself.
 *
 * A listener counts as the holder only when it proves that it knows the home's secret, or when the
 * kernel reports it as a process of this user. A name that a stranger has taken is given up: see
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

/** A holder that is not busy proves itself at once; after this time the kernel is asked. */
const PROOF_LIMIT_MS = 500
/** How long a waiter sleeps before it asks who the holder is: most locks are held for less. */
const UNPROVED_MS = 500
/** How long a proof may take where the kernel cannot identify the holder: it may be ours and busy. */
const UNKNOWN_LIMIT_MS = 5_000
/** How long a repair may take, also on a loaded machine. */
const REPAIR_LIMIT_MS = 3_000
/** After this many connections that the holder closed at once, the kernel is asked who it is. */
const PATIENT_HANG_UPS = 250
/** The pause before the next try where the holder's queue is full, or it is between two states. */
const BUSY_MS = 5
/** The pause between two looks at the processes of this user. */
const LOOK_AGAIN_MS = 100

type Names = readonly [string, ...string[]]

/** Who has a name: no process, one of this user, one of another user, or one that cannot be identified. */
type Whose = 'nobody' | 'ours' | 'stranger' | 'unknown'

export class SocketLock implements Lock {
  readonly #names: LockNames
  /** The key by which a holder of this lock proves itself. */
  readonly #key: string

  /** How often a holder closed the connection at once, in this operation. */
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

  /** Whether any process has a name of the lock, without a proof. Cheap. */
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

  /** Takes the last name of the lock if it is free and no other process of ours has an earlier one. */
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

  /** Moves the lock to a new name if a stranger has the last of these names. */
  async #makeWay(names: Names): Promise<void> {
    if ((await this.#kernelSays(last(names))) === 'stranger') this.#names.moveOn(names)
    else await pause(BUSY_MS) // its holder ended meanwhile, or is about to listen
  }

  /**
   * Whether this process, which has just taken the last of these names, is the only holder. The lock
   * may have moved on meanwhile, or another process of ours took an earlier name while the lock
   * moved. Both look only after they listen, so at least one of them sees the other.
   */
  async #isAlone(names: Names): Promise<boolean> {
    if (this.#names.all().length !== names.length) return false
    if (names.length === 1) return true
    const { socketHolders } = await import('../socket-holders.ts')
    return socketHolders(names.slice(0, -1), 1).pids.length === 0
  }

  /** The names where a holder of ours may be: earlier ones only where the kernel confirms that. */
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

  /** Who is at the other end of a connection to a name; the connection stays open. */
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
   * Who has a name according to the kernel. It is asked twice before the answer is a stranger: one
   * look may miss a socket that is being passed from process to process.
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

  /** Sleeps until a holder of ours releases the lock; false at once when there is none. */
  async #sleep(signal?: AbortSignal): Promise<boolean> {
    for (const name of await this.#candidates()) {
      const socket = await connected(name)
      if (socket === null) continue
      if (await this.#sleepOn(name, socket, signal)) return true
    }
    return false
  }

  /** The same for one name; false when its holder is not one of ours. */
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
      return whose === 'nobody' // it has just ended: the next look decides
    }
    // It may be ours and busy; if it is not, waiting without a limit would never end.
    if (whose === 'unknown' && !signal && !(await within(closed, UNKNOWN_LIMIT_MS))) {
      socket.destroy()
      throw unproved()
    }
    await closed
    return true
  }

  /**
   * Whether a holder that closed the connection at once, or whose queue is full, may be ours. Locks
   * that many processes hold briefly behave like this, and so do strangers that refuse to answer.
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

/** A connection; null when no process listens, `busy` when the listener's queue is full. */
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

/** The errors of connecting when no process listens, or the holder ended meanwhile. */
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

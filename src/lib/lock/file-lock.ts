/**
 * The lock of macOS and the BSDs: its holder has a file open with O_EXLOCK. A wait that can be given
 * up polls: a thread that blocks in open(2) cannot be called back, and process.exit waits for it.
 */
import { close, open } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makePrivateFolder } from '../files.ts'
import type { Held, Lock } from './held.ts'

/** Flags of open(2) there, which node:fs does not name. */
const O_RDWR = 0x2
const O_NONBLOCK = 0x4
const O_SHLOCK = 0x10
const O_EXLOCK = 0x20
const O_CREAT = 0x200

/** A wait polls this often at first, and less often once it has lasted for a while. */
const POLL_MS = 20
const LONG_WAIT_MS = 5_000
const LONG_WAIT_POLL_MS = 500

export class FileLock implements Lock {
  readonly #folder: string
  readonly #file: string

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#file = join(folder, name)
  }

  async acquire(): Promise<Held> {
    const held = await this.#open(O_EXLOCK)
    if (!held) throw new Error(`open(${this.#file}) would not wait for its lock`)
    return held
  }

  tryAcquire(): Promise<Held | null> {
    return this.#open(O_EXLOCK | O_NONBLOCK)
  }

  /** Such a lock belongs to the open file, which parent and child have in common. */
  inherit(descriptor: number): Promise<Held> {
    return Promise.resolve(holding(descriptor))
  }

  seemsHeld(): Promise<boolean> {
    return this.isHeld()
  }

  async isHeld(): Promise<boolean> {
    const held = await this.#open(O_SHLOCK | O_NONBLOCK)
    held?.release()
    return held === null
  }

  async waitUntilFree(signal?: AbortSignal): Promise<boolean> {
    if (!signal) {
      const held = await this.#open(O_SHLOCK)
      held?.release()
      return true
    }
    const began = performance.now()
    while (!signal.aborted) {
      if (!(await this.isHeld())) return true
      const isLong = performance.now() - began > LONG_WAIT_MS
      await pause(isLong ? LONG_WAIT_POLL_MS : POLL_MS, undefined, { signal }).catch(
        () => undefined,
      )
    }
    return false
  }

  async untilChange(): Promise<void> {
    await this.waitUntilFree()
  }

  /** Only processes of this user can have the file open: it is in a private folder. */
  async holders(): Promise<readonly number[] | null> {
    const { fileHolders } = await import('../process.ts')
    return fileHolders(this.#file)
  }

  requestRepair(): Promise<false> {
    return Promise.resolve(false)
  }

  /** Opens with the given lock, in a thread of its own; null when it is held and not waited for. */
  #open(flags: number): Promise<Held | null> {
    makePrivateFolder(this.#folder)
    return new Promise((resolve, reject) => {
      open(this.#file, flags | O_CREAT | O_RDWR, 0o600, (error, fd) => {
        if (!error) resolve(holding(fd))
        else if (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK') resolve(null)
        else reject(error)
      })
    })
  }
}

function holding(descriptor: number): Held {
  let held = true
  return {
    release: () => {
      if (held) close(descriptor)
      held = false
    },
    descriptor,
    onRepairRequest: () => undefined,
  }
}

/**
 * The names that a lock has in the kernel. They come from a secret of the home folder, so that
 * nobody else can take one before it was used. A name that is in use can be seen by every user of
 * the machine, and taken by any of them once it is free: then the lock moves on to another, which
 * all who want it find in a file of the home. A lock never goes back to an earlier name.
 */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makePrivateFolder, readOrCreate, readText } from '../files.ts'

export interface LockNames {
  /** All names of the lock that were ever in use; the last one is where it is taken. */
  all(): readonly [string, ...string[]]
  /** A stranger has the last name of `known`: the lock has another one from now on. */
  moveOn(known: readonly string[]): void
}

/** @param toAddress makes an address of the platform of 40 hex digits. */
export function lockNames(
  lock: { readonly home: string; readonly secret: string; readonly name: string },
  toAddress: (digits: string) => string,
): LockNames {
  const { home, secret, name } = lock
  const digits = (...more: readonly string[]): string =>
    createHash('sha256')
      .update([secret, name, ...more].join('\0'))
      .digest('hex')
      .slice(0, 40)
  const first = digits()
  const folder = join(home, 'locks')
  const file = (moves: number): string => join(folder, `${first}.${moves}`)
  return {
    all() {
      const later: string[] = []
      for (;;) {
        const salt = readText(file(later.length + 1))
        if (salt === null) return [toAddress(first), ...later]
        later.push(toAddress(digits(salt)))
      }
    },
    moveOn(known) {
      makePrivateFolder(folder)
      readOrCreate(file(known.length), () => randomBytes(32).toString('hex'))
    },
  }
}

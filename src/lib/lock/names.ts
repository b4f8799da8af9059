/**
 * The names that a lock has in the kernel. They are derived from a secret of the home folder, so
 * that no other user can take one before it is first used. Every user of the machine can see a name
 * that is in use, and can take it once it is free. The lock then moves on to another name, which
 * processes of this user find in a file of the home. A lock never goes back to an earlier name.
 */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makePrivateFolder, readOrCreate, readText } from '../files.ts'

export interface LockNames {
  /** All names that the lock has ever had; the last one is the current one. */
  all(): readonly [string, ...string[]]
  /** Gives the lock a new name, because a stranger has the last one of `known`. */
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

/** Prune: removes sessions that do not run, with their files and their ports. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileFault } from '../lib/file-fault.ts'
import { rename } from '../lib/files.ts'
import { tryAcquire, withLock } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import type { SessionRef } from './identity.ts'
import { operationLock, REGISTRY_LOCK } from './paths.ts'
import { probe, rememberedSessions } from './probe.ts'
import { sessionFaults } from './record.ts'

/** Removes every stopped session of a home; one that another command works on stays. */
export async function pruneSessions(home: string): Promise<Pruned> {
  const removed: SessionRef[] = []
  const faults: UserError[] = sessionFaults(home)
  for (const ref of await rememberedSessions(home)) {
    try {
      if (await pruneSession(ref)) removed.push(ref)
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown
      faults.push(thrown)
    }
  }
  return { removed, faults }
}

export interface Pruned {
  readonly removed: readonly SessionRef[]
  /** What kept others from being looked at or removed. */
  readonly faults: readonly UserError[]
}

async function pruneSession(ref: SessionRef): Promise<boolean> {
  const held = await tryAcquire(ref.home, operationLock(ref))
  if (!held) return false
  try {
    const { state } = await probe(ref)
    if (state !== 'stopped') return false
    await withLock(ref.home, REGISTRY_LOCK, () => removeFolder(ref))
    return true
  } finally {
    held.release()
  }
}

/** Removes a folder. It is renamed first, so that other processes see the whole folder or none. */
function removeFolder({ home, dir, id }: SessionRef): void {
  const gone = join(home, `.pruned-${id}-${randomBytes(4).toString('hex')}`)
  try {
    rename(dir, gone)
    // Windows removes nothing that a virus scanner looks at.
    rmSync(gone, { recursive: true, maxRetries: 5 })
  } catch (cause) {
    throw fileFault('write', dir, cause)
  }
}

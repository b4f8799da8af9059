/** A cheap check whether a session runs, without a question to its daemon. */
import { seemsHeld } from '../lib/lock.ts'
import type { SessionRef } from './identity.ts'
import { serveLock } from './paths.ts'
import { readRecord } from './record.ts'

/** Whether a process seems to serve the session, and the user wants it to run: two cheap looks at the lock and the record. */
export async function isServed(ref: SessionRef): Promise<boolean> {
  return readRecord(ref).desired === 'running' && (await seemsHeld(ref.home, serveLock(ref)))
}

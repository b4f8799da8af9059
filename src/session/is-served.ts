import { seemsHeld } from '../lib/lock.ts'
import type { SessionRef } from './identity.ts'
import { serveLock } from './paths.ts'
import { readRecord } from './record.ts'

/** Whether somebody serves the session, and its user wants it to run: two cheap looks, no question to it. */
export async function isServed(ref: SessionRef): Promise<boolean> {
  return readRecord(ref).desired === 'running' && (await seemsHeld(ref.home, serveLock(ref)))
}

import type { Release } from '../lib/lock.ts'
import { acquire } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import type { SessionRef } from '../session/identity.ts'
import { serveLock } from '../session/paths.ts'
import { COMMAND_LIMIT_MS, provePeer, readJson } from '../session/peer.ts'
import { readRecord } from '../session/record.ts'

/**
 * Has the running daemon free the session and its port; gives the serve lock. A daemon that does
 * not answer, or is ending for another reason, is waited for: its lock goes with it.
 */
export async function takeOver(ref: SessionRef, log: Logger): Promise<Release> {
  const peer = await provePeer(readRecord(ref), COMMAND_LIMIT_MS)
  try {
    if (peer) await readJson(await peer.ask('POST', '/control/handover', {}))
  } catch (cause) {
    log.warn({ cause }, 'the daemon before this one did not answer the handover')
  } finally {
    peer?.close()
  }
  return acquire(ref.home, serveLock(ref))
}

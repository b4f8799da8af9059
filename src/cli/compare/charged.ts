/** What a provider says that it charged is told by the session, once its ledger has it. */
import type { SessionRef } from '../../session/identity.ts'
import { COMMAND_LIMIT_MS, LISTING_LIMIT_MS, provePeer, readJson } from '../../session/peer.ts'
import { readRecord } from '../../session/record.ts'

/** USD; null where no provider of the conversation said anything, or the session says nothing. */
export async function chargedBy(ref: SessionRef, conversation: string): Promise<number | null> {
  const peer = await provePeer(readRecord(ref), LISTING_LIMIT_MS)
  if (peer === null) return null
  try {
    const query = new URLSearchParams({ conversation }).toString()
    const path = `/control/charged?${query}`
    // It writes its ledger first.
    const answer = await peer.ask('GET', path, undefined, { limitMs: COMMAND_LIMIT_MS })
    const { usd } = await readJson(answer)
    return typeof usd === 'number' ? usd : null
  } catch {
    return null
  } finally {
    peer.close()
  }
}

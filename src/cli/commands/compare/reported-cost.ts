/** Asks the session what a conversation cost and which models answered, from its ledger. */
import type { SessionRef } from '../../../session/identity.ts'
import { COMMAND_LIMIT_MS, LISTING_LIMIT_MS, provePeer, readJson } from '../../../session/peer.ts'
import { readRecord } from '../../../session/record.ts'
import { visible } from '../../terminal/untrusted-text.ts'

export interface ReportedCost {
  /** The cost reported by providers, in USD; null if unknown. */
  readonly usd: number | null
  /** The models that answered, as `provider,model`, the one with the most requests first; empty if unknown. */
  readonly models: readonly string[]
}

const UNKNOWN: ReportedCost = { usd: null, models: [] }

export async function reportedCostOf(ref: SessionRef, conversation: string): Promise<ReportedCost> {
  const peer = await provePeer(readRecord(ref), LISTING_LIMIT_MS)
  if (peer === null) return UNKNOWN
  try {
    const query = new URLSearchParams({ conversation }).toString()
    const path = `/control/charged?${query}`
    // The session writes its ledger before it answers, which may take a moment.
    const answer = await peer.ask('GET', path, undefined, { limitMs: COMMAND_LIMIT_MS })
    const { usd, models } = await readJson(answer)
    const names: unknown[] = Array.isArray(models) ? models : []
    return {
      usd: typeof usd === 'number' ? usd : null,
      models: names.filter((name) => typeof name === 'string').map(visible),
    }
  } catch {
    return UNKNOWN
  } finally {
    peer.close()
  }
}

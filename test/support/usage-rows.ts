/** Usage records for tests of the ledger. */
import type { RequestRow } from '../../src/store/ledger.ts'

/** A row of the ledger: one request of 100 tokens in and 10 out for a cent. */
export function requestRow(facts: Partial<RequestRow> = {}): RequestRow {
  return {
    at: 1_764_000_000_000,
    session: 'default',
    preference: '',
    conversation: 'c-1',
    class: 'main',
    route: 'default',
    provider: 'p',
    model: 'm',
    input: 100,
    output: 10,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    reasoning: null,
    cost: 0.01,
    priceSource: 'config',
    priceDate: null,
    ttftMs: 50,
    durationMs: 150,
    tokensPerSecond: 100,
    status: 200,
    outcome: 'ok',
    error: null,
    stopReason: 'end_turn',
    attempts: 1,
    dropped: null,
    ...facts,
  }
}

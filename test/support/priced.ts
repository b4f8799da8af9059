/** A provider whose answers cost something: for tests of the ledger and of budgets. */
import { text } from './replies.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** The tokens of one answer; hand-written. */
export const USAGE = { input: 1_000, output: 100 }

/** USD per million tokens of either kind. */
const PRICE = { input: 1, output: 1 }

/** What one answer costs, USD. */
export const COST = 0.0011

/** An upstream each of whose answers costs `COST`. */
export function startPricedUpstream(): Promise<Upstream> {
  return startUpstream(() => text('Hello', { usage: USAGE }))
}

/** A config with that upstream as the provider `p`. */
export function pricedConfig({ chatUrl }: Upstream, more: object = {}): object {
  const provider = { name: 'p', api_base_url: chatUrl, api_key: 'k' }
  return { Providers: [provider], Prices: { p: PRICE }, ...more }
}

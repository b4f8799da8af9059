/** The protocol by which a provider is asked, for tests that translate without a gateway. */
import type { Protocol } from '../../src/protocols/protocol.ts'
import type { Provider } from '../../src/providers/configured/provider.ts'

/** Undefined for providers that requests are forwarded to. */
export function protocolOf({ api }: Pick<Provider, 'api'>): Protocol | undefined {
  return api.kind === 'translate' ? api.protocol : undefined
}

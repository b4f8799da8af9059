/** One search by the service of the config, outside of a session. */
import type { Config, SearchServiceConfig } from '../../config/config.ts'
import type { Env } from '../../lib/env.ts'
import { createUpstream } from '../../upstream/send.ts'
import { timeoutsFrom } from '../../upstream/timeouts.ts'
import { authoritiesOf } from '../../upstream/tls.ts'
import { pagesFrom } from './search-service.ts'

/**
 * How many pages a service finds for a query.
 * @throws GatewayError as `pagesFrom`.
 */
export async function probeSearch(
  service: SearchServiceConfig,
  query: string,
  { config, env }: { readonly config: Config; readonly env: Env },
): Promise<number> {
  const upstream = createUpstream({
    limits: timeoutsFrom(config),
    authorities: authoritiesOf(config),
    network: { proxyUrl: config.proxyUrl, env },
  })
  try {
    const { signal } = new AbortController()
    return (await pagesFrom(service, { query }, { upstream, signal, env })).length
  } finally {
    await upstream.close()
  }
}

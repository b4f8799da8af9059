/** What a search by a service costs, and how its usage record names it. */
import type { SearchServiceConfig } from '../../config/config.ts'
import { formatModelRef } from '../../lib/model-ref.ts'
import type { PriceTag } from '../../pricing/cost.ts'

/** Stands where usage records have a model. */
const MODEL = 'web-search'

/** The service as a target, `provider,model`. */
export function searchTarget({ service }: Pick<SearchServiceConfig, 'service'>): string {
  return formatModelRef({ provider: service, model: MODEL })
}

/**
 * The price of a service's searches; undefined where it is not known. A SearXNG is the user's and costs
 * nothing, unless the config says otherwise.
 */
export function searchPrice({ service, price }: SearchServiceConfig): PriceTag | undefined {
  const isFree = service === 'searxng' && price === undefined
  if (price === undefined && !isFree) return undefined
  return {
    price: { input: 0, output: 0, webSearches: price ?? 0 },
    source: isFree ? 'local' : 'config',
    date: null,
  }
}

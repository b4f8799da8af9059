/** The schema of `Lend`: which models and services do what another model cannot. */
import * as v from 'valibot'
import { isObject } from '../../lib/json.ts'
import { byType, described, httpUrl, objectRule, text } from './values.ts'

/** The search services that ccr can ask. */
export const SEARCH_SERVICES = ['searxng', 'brave', 'tavily'] as const

const MODEL = '"provider,model", such as "openrouter,openai/gpt-4o-mini"'
const SERVICE = `one of ${SEARCH_SERVICES.join(', ')}`
const ADDRESS = 'the http(s) address of the service, such as "http://127.0.0.1:8080"'

const PRICE = 'US dollars per 1000 searches, such as 5'

const searchService = v.strictObject(
  {
    service: v.pipe(
      v.picklist(SEARCH_SERVICES, SERVICE),
      v.description('The search service: "searxng", "brave" or "tavily".'),
    ),
    url: described(
      httpUrl(ADDRESS),
      'The address of the service. SearXNG needs it; the others have one.',
    ),
    api_key: described(
      text('the key as text, such as "${BRAVE_API_KEY}"'),
      'The key of the service. Write "${NAME}" to take it from the environment variable NAME.',
    ),
    price: described(
      v.pipe(v.number(PRICE), v.minValue(0, PRICE)),
      'What 1000 searches cost by your plan, in US dollars. Without it the cost is unknown; SearXNG costs nothing.',
    ),
  },
  'an object with service, url, api_key or price, such as { "service": "brave", "api_key": "${BRAVE_API_KEY}" }',
)

const model = text(
  `${MODEL}, or a search service, such as { "service": "brave", "api_key": "\${BRAVE_API_KEY}" }`,
)

const LEND =
  'an object with vision or webSearch, such as { "vision": "openrouter,openai/gpt-4o-mini" }'

const lenders = v.strictObject(
  {
    vision: described(
      text(MODEL),
      'The model that describes images for models that take none: "provider,model".',
    ),
    webSearch: described(
      byType([model, searchService], (written) => (isObject(written) ? searchService : model)),
      'What searches the web for models that cannot: "provider,model" with a search, or a search service.',
    ),
  },
  LEND,
)

export const lend = v.pipe(objectRule(LEND), lenders)

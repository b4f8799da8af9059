/** The search services that can search the web for models that cannot: a row each (pure). */
import type { SearchServiceConfig } from '../../config/config.ts'
import { isObject } from '../../lib/json.ts'
import { percentDecoded } from '../../lib/percent-decoded.ts'
import type { Call } from '../configured/call.ts'
import type { RawPage, SearchQuery } from './pages.ts'

/** Brave refuses longer queries, and so does Tavily. */
export const LONGEST_QUERY = 400
/** Brave refuses queries of more words. */
const MOST_WORDS = 50
/** Results that a service is asked for: some are left out afterwards. */
const WANTED = 20
/** Domains that stand in a query; all of them count when results are chosen. */
const MOST_DOMAINS = 5

/** What a service answered: its pages as it describes them, and what is wrong with them. */
export interface ServiceAnswer {
  readonly pages: readonly RawPage[]
  /** Why there are no pages, where the service says so; absent: nothing was found. */
  readonly problem?: string
}

/** How one service is called and read. */
export interface SearchService {
  /** As its makers write it. */
  readonly title: string
  /** Where the public service is; undefined: users run it themselves. */
  readonly origin: string | undefined
  /** Follows the address, unless that ends with it. */
  readonly path: string
  readonly request: (search: SearchQuery, url: URL, key: string) => Request
  /** @param answer the JSON object that it answered with. */
  readonly read: (answer: Readonly<Record<string, unknown>>) => ServiceAnswer
}

type Request = Pick<Call, 'method' | 'url' | 'headers' | 'body'>

export const SEARCH_SERVICES: Readonly<Record<SearchServiceConfig['service'], SearchService>> = {
  /**
   * https://docs.searxng.org/dev/search_api.html; its answer: `get_json_response` in
   * https://github.com/searxng/searxng/blob/master/searx/webutils.py. A key is for a proxy in front of it.
   */
  searxng: {
    title: 'SearXNG',
    origin: undefined,
    path: '/search',
    request: (search, url, key) => {
      url.searchParams.set('q', withDomains(search))
      url.searchParams.set('format', 'json')
      return get(url, key === '' ? {} : { authorization: `Bearer ${key}` })
    },
    read: ({ results, unresponsive_engines: silent }) => {
      const pages = pagesIn(results, { excerpt: 'content', age: 'publishedDate' })
      const engines = pages.length > 0 ? '' : enginesIn(silent)
      return engines === '' ? { pages } : { pages, problem: `no engine answered: ${engines}` }
    },
  },
  /** https://api-dashboard.search.brave.com/api-reference/web/search/get; operators of queries: https://search.brave.com/help/operators */
  brave: {
    title: 'Brave Search',
    origin: 'https://api.search.brave.com',
    path: '/res/v1/web/search',
    request: (search, url, key) => {
      url.searchParams.set('q', withDomains(search))
      url.searchParams.set('count', String(WANTED))
      url.searchParams.set('result_filter', 'web')
      url.searchParams.set('text_decorations', 'false')
      return get(url, { 'x-subscription-token': key })
    },
    read: ({ web }) => ({
      pages: pagesIn(isObject(web) ? web['results'] : undefined, {
        excerpt: 'description',
        age: 'page_age',
      }),
    }),
  },
  /** https://docs.tavily.com/documentation/api-reference/endpoint/search, https://tavily.com/.well-known/openapi.json */
  tavily: {
    title: 'Tavily',
    origin: 'https://api.tavily.com',
    path: '/search',
    request: ({ query, allowed, blocked }, url, key) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
      const domains = { include_domains: allowed ?? [], exclude_domains: blocked ?? [] }
      const body = JSON.stringify({ query, max_results: WANTED, ...domains })
      return { method: 'POST', url: url.href, headers: { ...ACCEPT, ...headers }, body }
    },
    read: ({ results }) => ({
      pages: pagesIn(results, { excerpt: 'content', age: 'published_date' }),
    }),
  },
}

/** The key of `Lend.webSearch` without which a service cannot be called; undefined if it has all. */
export function lacking({
  service,
  url,
  apiKey,
}: SearchServiceConfig): 'url' | 'api_key' | undefined {
  if (SEARCH_SERVICES[service].origin !== undefined) return apiKey === '' ? 'api_key' : undefined
  return url === undefined ? 'url' : undefined
}

const ACCEPT = { accept: 'application/json', 'accept-encoding': 'gzip' }

function get(url: URL, headers: Readonly<Record<string, string>>): Request {
  return { method: 'GET', url: url.href, headers: { ...ACCEPT, ...headers }, body: '' }
}

/**
 * The call that searches. A service on another address is called at `url`; a user and password in it
 * are sent as such.
 * @throws TypeError if the address is no URL: there is none, or the config is not checked.
 */
export function searchCall(
  { service, url = SEARCH_SERVICES[service].origin, apiKey }: SearchServiceConfig,
  search: SearchQuery,
): Call {
  const { title, path, request } = SEARCH_SERVICES[service]
  const at = new URL(url ?? '')
  const { username, password } = at
  at.username = ''
  at.password = ''
  const base = at.pathname.replace(/\/$/, '')
  at.pathname = base.endsWith(path) ? base : `${base}${path}`
  const { headers, ...call } = request({ ...search, query: shortened(search.query) }, at, apiKey)
  return {
    ...call,
    provider: title,
    headers: { ...credentials(username, password), ...headers },
    idempotent: true,
  }
}

function credentials(username: string, password: string): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const both = `${percentDecoded(username)}:${percentDecoded(password)}`
  return { authorization: `Basic ${Buffer.from(both).toString('base64')}` }
}

/** A query of no more characters and words than every service takes. */
function shortened(query: string): string {
  return query.trim().split(/\s+/).slice(0, MOST_WORDS).join(' ').slice(0, LONGEST_QUERY)
}

/** The query with `site:` for the allowed domains, as far as they fit; what it finds is checked all the same. */
function withDomains({ query, allowed = [] }: SearchQuery): string {
  const sites = allowed
    .filter((domain) => /^[\p{L}\p{N}.-]+(?:\/\S*)?$/u.test(domain))
    .slice(0, MOST_DOMAINS)
    .map((domain) => `site:${domain}`)
    .join(' OR ')
  if (sites === '' || sites.length > LONGEST_QUERY / 2) return query
  return `${query.slice(0, LONGEST_QUERY - sites.length - 1)} ${sites}`
}

/** The names of a result's fields; `url` and `title` are called so everywhere. */
interface Fields {
  readonly excerpt: string
  readonly age: string
}

function pagesIn(list: unknown, { excerpt, age }: Fields): RawPage[] {
  if (!Array.isArray(list)) return []
  return list.filter(isObject).map((result) => ({
    url: result['url'],
    title: result['title'],
    excerpt: result[excerpt],
    age: result[age],
  }))
}

/** Engines that gave nothing, each with its reason: `[["google", "CAPTCHA"], …]`. */
function enginesIn(list: unknown): string {
  if (!Array.isArray(list)) return ''
  const each = list.filter(Array.isArray).map((engine) => engine.slice(0, 2).map(String).join(': '))
  return each.slice(0, MOST_DOMAINS).join(', ').slice(0, LONGEST_QUERY)
}

/** The pages that a search service found, cleaned and bounded: what others wrote is data (pure). */
import { wellFormed, withoutReminders } from '../../messages/sanitize.ts'
import type { Page } from '../../messages/web-search.ts'

/** What is searched for. */
export interface SearchQuery {
  readonly query: string
  /** Only pages of these domains, with their subdomains: `example.org`, `example.org/docs`. */
  readonly allowed?: readonly string[] | undefined
  /** No pages of these domains. */
  readonly blocked?: readonly string[] | undefined
}

/** A page as a service describes it; nothing of it is checked. */
export interface RawPage {
  readonly url: unknown
  readonly title: unknown
  readonly excerpt: unknown
  readonly age: unknown
}

/** A page that a search found, ready to be shown. */
export interface FoundPage extends Page {
  /** Of its text, as the service gives it; '' for none. */
  readonly excerpt: string
}

/** Pages of one search. */
const MOST_PAGES = 10
/** Results that are looked at: more than any service was asked for. */
const MOST_RESULTS = 100
/** The client takes no longer address. */
const LONGEST_URL = 2_048
/** In UTF-16 units. */
const LONGEST = { title: 200, excerpt: 600, age: 40 }

/** The pages that fit the search and can be opened, each once, the first ones in their order. */
export function foundPages(
  raw: readonly RawPage[],
  { allowed, blocked = [] }: SearchQuery,
): readonly FoundPage[] {
  const pages = new Map<string, FoundPage>()
  const [within, without] = [allowed?.flatMap(domainOf), blocked.flatMap(domainOf)]
  for (const { url: address, title, excerpt, age } of raw.slice(0, MOST_RESULTS)) {
    if (pages.size === MOST_PAGES) break
    const url = webAddress(address)
    if (url === undefined || pages.has(url.href)) continue
    if (within?.some((domain) => isWithin(url, domain)) === false) continue
    if (without.some((domain) => isWithin(url, domain))) continue
    pages.set(url.href, {
      url: url.href,
      title: plainText(title, LONGEST.title) || url.hostname,
      excerpt: plainText(excerpt, LONGEST.excerpt),
      age: plainText(age, LONGEST.age) || null,
    })
  }
  return [...pages.values()]
}

/** An address that a browser opens as a page; undefined for any other text. */
function webAddress(text: unknown): URL | undefined {
  if (typeof text !== 'string' || text.length > LONGEST_URL || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isPage = url.protocol === 'https:' || url.protocol === 'http:'
  if (!isPage || url.username !== '' || url.password !== '') return undefined
  return url.href.length > LONGEST_URL ? undefined : url
}

/** Marks that turn, join or hide what stands next to them; letters of nobody's alphabet. */
const INVISIBLE = /[\p{Cf}\p{Co}]+/gu
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu

/** One line of text; '' for anything else. */
function plainText(value: unknown, length: number): string {
  if (typeof value !== 'string') return ''
  // Cut first: cleaning takes time, and texts may have any size. Nothing of it grows much.
  const text = value
    .slice(0, 2 * length)
    .replace(INVISIBLE, '')
    .replace(CONTROL, ' ')
    .trim()
  return withoutReminders(wellFormed(text.slice(0, length)))
}

interface Domain {
  readonly hostname: string
  /** What the path of its pages begins with. */
  readonly pathname: string
}

/**
 * A domain as the Messages API writes it: `example.org` with its subdomains, or a part of it,
 * `example.org/docs`. None for what is no domain.
 * https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool#domain-filtering
 */
function domainOf(text: string): readonly Domain[] {
  const plain = text
    .trim()
    .slice(0, LONGEST_URL)
    .replace(/^(?:https?:\/\/)?(?:\*?\.)?/i, '')
  const [bare = ''] = plain.split('*', 1)
  if (!URL.canParse(`http://${bare}`)) return []
  const { hostname, pathname } = new URL(`http://${bare}`)
  return [{ hostname, pathname }]
}

function isWithin(page: URL, { hostname, pathname }: Domain): boolean {
  const isHost = page.hostname === hostname || page.hostname.endsWith(`.${hostname}`)
  return isHost && page.pathname.startsWith(pathname)
}

import { describe, expect, it } from 'vitest'
import type { SearchServiceConfig } from '../../config/config.ts'
import type { SearchQuery } from './pages.ts'
import { SEARCH_SERVICES, searchCall } from './services.ts'

const config = (more: Partial<SearchServiceConfig>): SearchServiceConfig => ({
  service: 'brave',
  apiKey: 'key-1',
  missing: [],
  ...more,
})
const callOf = (more: Partial<SearchServiceConfig>, search: Partial<SearchQuery> = {}) =>
  searchCall(config(more), { query: 'sea otters', ...search })
const queryOf = (search: Partial<SearchQuery>, more: Partial<SearchServiceConfig> = {}) =>
  new URL(callOf(more, search).url).searchParams.get('q')

describe('the call of a search service', () => {
  it('is a GET with the key in a header for Brave', () => {
    expect(callOf({})).toMatchObject({
      method: 'GET',
      url: 'https://api.search.brave.com/res/v1/web/search?q=sea+otters&count=20&result_filter=web&text_decorations=false',
      headers: { 'x-subscription-token': 'key-1', accept: 'application/json' },
      idempotent: true,
    })
  })

  it('is a POST with the domains as fields for Tavily', () => {
    const domains = { allowed: ['a.org'], blocked: ['b.org'] }
    const { method, url, headers, body } = callOf({ service: 'tavily' }, domains)
    expect([method, url]).toEqual(['POST', 'https://api.tavily.com/search'])
    expect(headers).toMatchObject({ authorization: 'Bearer key-1' })
    expect(JSON.parse(String(body))).toEqual({
      query: 'sea otters',
      max_results: 20,
      include_domains: ['a.org'],
      exclude_domains: ['b.org'],
    })
  })

  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/search'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/search'],
    ['https://search.example.org/searxng', 'https://search.example.org/searxng/search'],
    ['https://search.example.org/search', 'https://search.example.org/search'],
  ])('asks the SearXNG at %s for JSON', (url, at) => {
    const call = callOf({ service: 'searxng', url, apiKey: '' })
    expect(call.url).toBe(`${at}?q=sea+otters&format=json`)
    expect(call.headers).not.toHaveProperty('authorization')
  })

  it('keeps what an address says beyond its path, and sends its user and password as such', () => {
    const call = callOf({ service: 'searxng', url: 'http://u:p%40s@h/x?language=de', apiKey: '' })
    expect(call.url).toBe('http://h/x/search?language=de&q=sea+otters&format=json')
    expect(call.headers['authorization']).toBe(`Basic ${Buffer.from('u:p@s').toString('base64')}`)
    expect(() => callOf({ service: 'searxng', url: 'http://u:100%@h' })).not.toThrow()
  })

  it('names the allowed domains in the query, which stays within what Brave takes', () => {
    expect(queryOf({ allowed: ['a.org', 'b.org/docs'] })).toBe(
      'sea otters site:a.org OR site:b.org/docs',
    )
    expect(queryOf({ allowed: ['a.org OR site:evil.org'] })).toBe('sea otters')
    const long = queryOf({ query: 'x'.repeat(900), allowed: ['a.org'] })
    expect(long).toHaveLength(400)
    expect(long?.endsWith(' site:a.org')).toBe(true)
    expect(queryOf({ query: 'a '.repeat(90) })?.split(' ')).toHaveLength(50)
  })
})

describe('the answer of a search service', () => {
  it.each([
    ['searxng', {}],
    ['searxng', { results: {}, unresponsive_engines: 'no' }],
    ['brave', { web: [] }],
    ['brave', { web: { results: 'x' } }],
    ['tavily', { results: [null, 1, []] }],
  ] as const)('of %s that is %j has no pages', (service, answer) => {
    expect(SEARCH_SERVICES[service].read(answer)).toEqual({ pages: [] })
  })
})

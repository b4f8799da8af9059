import { afterEach, describe, expect, it } from 'vitest'
import {
  BRAVE,
  startSearchServer,
  type SearchServer,
} from '../../../../test/support/search-service.ts'
import type { Config, LendConfig } from '../../../config/config.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import { liveChecks } from './live.ts'
import { liveSearchChecks, searchChecks } from './web-search.ts'

const provider = (name: string) => ({
  name,
  url: 'http://127.0.0.1:1/v1/chat/completions',
  apiKey: 'k',
  models: ['m'],
  missing: [],
})

const config = (lend: LendConfig, standard = 'blind,m'): Config => ({
  ...emptyConfig(),
  providers: [provider('blind'), provider('openrouter')],
  router: { default: standard },
  lend,
})
const checks = (lend: LendConfig, standard?: string) =>
  searchChecks({ preference: '' }, config(lend, standard), {})

describe('who searches the web', () => {
  it('is the model, where it can', () => {
    expect(checks({}, 'openrouter,m')).toMatchObject([
      { level: 'ok', text: 'openrouter,m searches by itself' },
    ])
  })

  it('is nobody: said, with what to set', () => {
    const [check] = checks({})
    expect(check).toMatchObject({
      level: 'note',
      text: 'blind,m has none, and nothing searches for it',
    })
    expect(check?.hint).toContain('Lend.webSearch')
  })

  it.each<[LendConfig['webSearch'], string, string]>([
    ['openrouter,m', 'ok', 'openrouter,m searches (Lend.webSearch)'],
    ['blind,other', 'warning', 'Lend.webSearch: blind,other has no web search itself'],
    ['nobody,x', 'warning', 'Lend.webSearch: "nobody,x" is no configured model'],
    [
      { service: 'searxng', url: 'http://h', apiKey: '', missing: [] },
      'ok',
      'SearXNG searches (Lend.webSearch)',
    ],
    [
      { service: 'brave', apiKey: '', missing: ['BRAVE_API_KEY'] },
      'warning',
      'Brave Search (Lend.webSearch) needs BRAVE_API_KEY, which is not set',
    ],
    [
      { service: 'brave', apiKey: '', missing: [] },
      'warning',
      'Brave Search (Lend.webSearch) cannot search without api_key',
    ],
    [
      { service: 'searxng', apiKey: '', missing: [] },
      'warning',
      'SearXNG (Lend.webSearch) cannot search without url',
    ],
  ])('is what %j names', (webSearch, level, text) => {
    expect(checks({ ...(webSearch && { webSearch }) })).toMatchObject([{ level, text }])
  })

  it('is not known where the session goes nowhere', () => {
    expect(checks({}, 'gone,m')).toEqual([])
  })
})

describe('the search service that ccr doctor --live calls', () => {
  let server: SearchServer
  afterEach(() => server.close())
  const lend = (): LendConfig => ({
    webSearch: { service: 'brave', url: server.origin, apiKey: 'key-of-the-test', missing: [] },
  })

  it('finds pages', async () => {
    server = await startSearchServer({ body: BRAVE })
    expect(await liveSearchChecks(config(lend()), {})).toMatchObject([
      { level: 'ok', text: expect.stringMatching(/^Brave Search finds pages/) as string },
    ])
  })

  it('finds none, or refuses its key, which is shown nowhere', async () => {
    server = await startSearchServer({ body: {} }, { status: 401, body: 'bad key-of-the-test' })
    expect(await liveSearchChecks(config(lend()), {})).toMatchObject([{ level: 'warning' }])
    const [refused] = await liveSearchChecks(config(lend()), {})
    expect(refused).toMatchObject({ level: 'broken' })
    expect(refused?.text).toContain('401')
    expect(refused?.text).not.toContain('key-of-the-test')
  })

  it('can be named among the providers', async () => {
    server = await startSearchServer({ body: BRAVE })
    expect(await liveChecks(config(lend()), ['Brave'], {})).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
  })

  it('is called for no other name', async () => {
    server = await startSearchServer({ body: BRAVE })
    await expect(liveChecks(config(lend()), ['tavily'], {})).rejects.toThrow("no provider 'tavily'")
    expect(server.requests).toHaveLength(0)
  })
})

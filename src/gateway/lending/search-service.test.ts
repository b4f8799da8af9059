import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  BRAVE,
  type SearchServer,
  startSearchServer,
} from '../../../test/support/search-service.ts'
import type { SearchServiceConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { limiter } from '../../lib/limiter.ts'
import type { Answer } from '../../upstream/answer.ts'
import { createUpstream, type Upstream } from '../../upstream/send.ts'
import { timeoutsFrom } from '../../upstream/timeouts.ts'
import { pagesFrom, type SearchServiceParts } from './search-service.ts'

const KEY = 'secret-search-key-123'
let server: SearchServer
let upstream: Upstream
beforeEach(async () => {
  server = await startSearchServer({ body: BRAVE })
  upstream = createUpstream({
    limits: timeoutsFrom(emptyConfig()),
    network: { proxyUrl: '', env: {} },
  })
})
afterEach(async () => {
  await upstream.close()
  await server.close()
})

const search = (
  more: Partial<SearchServiceParts> = {},
  config: Partial<SearchServiceConfig> = {},
) =>
  pagesFrom(
    { service: 'brave', url: server.origin, apiKey: KEY, missing: [], ...config },
    { query: 'otters' },
    { upstream, signal: new AbortController().signal, env: {}, ...more },
  )

describe('a search service', () => {
  it('that does not answer is given up after the limit', async () => {
    server.script('never')
    await expect(search({ limitMs: 30 })).rejects.toMatchObject({
      kind: 'timeout_error',
      message: expect.stringMatching(
        /^Brave Search \(http.* did not answer within 0\.03 s$/,
      ) as string,
    })
  })

  it('that sends more than ccr reads is given up', async () => {
    server.script({ body: JSON.stringify({ web: 'x'.repeat(5 * 1024 * 1024) }) })
    await expect(search()).rejects.toThrow('longer answer than ccr reads')
  })

  it('that sends back a token of its address gets no further with it either', async () => {
    const url = `${server.origin}?language=language-of-pages&api_key=${KEY}`
    server.script({ status: 500, body: { error: `bad ${KEY}` } })
    const config = { url, apiKey: '', service: 'searxng' } as const
    await expect(search({}, config)).rejects.toThrow('bad ***')
    const result = { url: 'https://a.example/', title: `${KEY} language-of-pages` }
    server.script({ body: { results: [result] } })
    const [page] = await search({}, config)
    expect(page?.title).toBe('*** language-of-pages')
  })

  it('that sends the key back gets no further with it', async () => {
    const [page] = BRAVE.web.results
    const url = `https://evil.example/?${KEY}`
    server.script({ body: { web: { results: [{ ...page, url, title: KEY, description: KEY }] } } })
    const found = await search()
    expect(found).toHaveLength(1)
    expect(JSON.stringify(found)).not.toContain(KEY)
  })

  it('that redirects to another host is not followed, and gets no key there', async () => {
    const other = await startSearchServer({ body: BRAVE })
    server.script({ status: 307, body: '', headers: { location: `${other.origin}/search` } })
    await expect(search()).rejects.toThrow(/redirects to .*url of Lend\.webSearch/)
    expect(other.requests).toHaveLength(0)
    await other.close()
  })

  it.each<[string | undefined, number[]]>([
    [undefined, [1_200]],
    ['2', [2_000]],
    ['60', []],
    ['Wed, 21 Oct 2099 07:28:00 GMT', []],
  ])(
    'with too many requests and retry-after %s is called again after %j ms',
    async (wait, pauses) => {
      const headers: Record<string, string> = wait === undefined ? {} : { 'retry-after': wait }
      server.script({ status: 429, body: {}, headers }, { body: BRAVE })
      const waited: number[] = []
      const pause = (ms: number): Promise<void> => {
        waited.push(ms)
        return Promise.resolve()
      }
      const outcome = await search({ pause }).catch((error: unknown) => error)
      expect(waited).toEqual(pauses)
      if (pauses.length > 0) expect(outcome).toHaveLength(1)
      else expect(outcome).toMatchObject({ kind: 'rate_limit_error' })
    },
  )

  it('with too many requests twice is given up', async () => {
    server.script({ status: 429, body: {} })
    await expect(search({ pause: () => Promise.resolve() })).rejects.toMatchObject({
      kind: 'rate_limit_error',
    })
    expect(server.requests).toHaveLength(2)
  })
})

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}

function answerOf(status: number, body: unknown): Answer {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: bytes(JSON.stringify(body)), release: () => undefined }
}

/** A service that takes one search at a time, as the plans of Brave that allow one in a second. */
function oneAtATime() {
  let running = 0
  return {
    async send(): Promise<Answer> {
      running += 1
      const isBusy = running > 1
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return isBusy ? answerOf(429, { error: 'busy' }) : answerOf(200, BRAVE)
    },
    close: () => Promise.resolve(),
  }
}

/** Long enough for the requests that are running to end. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

it('searches that come at the same time are tried again one after the other', async () => {
  const service = { service: 'brave', apiKey: 'k', missing: [] } as const
  const parts = {
    ...{ upstream: oneAtATime(), signal: new AbortController().signal, env: {} },
    ...{ pause: turns, retries: limiter(1) },
  }
  const searches = Array.from({ length: 8 }, () => pagesFrom(service, { query: 'q' }, parts))
  const found = await Promise.all(searches)
  expect(found.map((pages) => pages.length)).toEqual(Array(8).fill(1))
})

/** A web search for models that have none, from the client's request to its answer. Services and providers are fakes. */
import { inspect } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import { gatewayServer, type GatewayServer } from '../../../test/support/gateway.ts'
import { events, http, never, text } from '../../../test/support/replies.ts'
import {
  BRAVE,
  SEARXNG,
  SEARXNG_RESULT,
  type SearchReply,
  type SearchServer,
  startSearchServer,
  TAVILY,
} from '../../../test/support/search-service.ts'
import { type Script, startUpstream, type Upstream } from '../../../test/support/upstream.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { loadConfig } from '../../config/load.ts'
import type { Logger } from '../../lib/log.ts'
import type { RequestContext } from '../request-context.ts'
import { createTargets } from '../targets/targets.ts'
import { RequestMetrics } from '../telemetry/request-metrics.ts'
import { createSearchLender } from './web-search.ts'

const KEY = 'secret-search-key-123'
const folder = testFolder()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const started = await starting
  open.push(started)
  return started
}

/** A model without a search; what it says is what a request gets that goes on without one. */
const model = (script: Script = () => text('I could not search.')): Promise<Upstream> =>
  opened(startUpstream(script))
const service = (...replies: readonly SearchReply[]): Promise<SearchServer> =>
  opened(startSearchServer(...replies))

let logged: string[] = []
const log: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => logged.push(`${inspect(fields, { depth: 9 })} ${message}`),
  error: (fields, message) => logged.push(`${inspect(fields, { depth: 9 })} ${message}`),
}

async function serve(blind: Upstream, lend: object, more: object = {}, preference = '') {
  logged = []
  const providers = [
    { name: 'blind', api_base_url: blind.chatUrl, api_key: 'k', models: ['m'] },
    // By its name it is known to search the web.
    { name: 'openrouter', api_base_url: blind.chatUrl, api_key: 'k', models: ['seer'] },
  ]
  const written = { Providers: providers, Router: { default: 'blind,m' }, Lend: lend, ...more }
  const config = loadConfig(folder.write('config.json', JSON.stringify(written)), {})
  return opened(gatewayServer(config, preference, { CLAUDE_CONFIG_DIR: folder.path }, log))
}

const TOOL = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 }
const prompt = (query: string) => `Perform a web search for the query: ${query}`
const search = (tool: object = TOOL, content = prompt('otters')) => ({
  model: 'claude-sonnet-5',
  max_tokens: 900,
  messages: [{ role: 'user', content }],
  tools: [tool],
  tool_choice: { type: 'auto' },
})

async function messageOf(server: GatewayServer, body: object = search()) {
  const response = await server.post(body)
  expect(response.status).toBe(200)
  const message = (await response.json()) as Anthropic.Message
  return { message, headers: response.headers, json: JSON.stringify(message) }
}

const searxng = ({ origin }: SearchServer) => ({ webSearch: { service: 'searxng', url: origin } })
const brave = ({ origin }: SearchServer, more: object = {}) => ({
  webSearch: { service: 'brave', url: origin, api_key: KEY, ...more },
})

describe('a search by a service', () => {
  it.each([
    ['searxng', SEARXNG, {}],
    ['brave', BRAVE, { api_key: KEY }],
    ['tavily', TAVILY, { api_key: KEY }],
  ])('%s gives the blocks that the client makes links of, and text', async (name, answer, key) => {
    const [blind, found] = [await model(), await service({ body: answer })]
    const server = await serve(blind, { webSearch: { service: name, url: found.origin, ...key } })
    const { message, headers } = await messageOf(server)
    expect(message.content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'text',
    ])
    expect(message.content[0]).toMatchObject({ name: 'web_search', input: { query: 'otters' } })
    expect(message.content[1]).toMatchObject({
      content: [
        {
          type: 'web_search_result',
          title: 'How otters hold hands',
          url: 'https://otters.example/hands',
          page_age: '2026-03-01T00:00:00',
        },
      ],
    })
    expect(JSON.stringify(message.content[2])).toContain('They do so to stay together.')
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
      server_tool_use: { web_search_requests: 1 },
    })
    expect(blind.requests).toHaveLength(0)
    expect(headers.get('x-ccr-route')).toBe('lend: web search')
    expect(headers.get('x-ccr-model')).toBe(`${name},web-search`)
  })

  it('streams, as the events of the Messages API', async () => {
    const server = await serve(await model(), searxng(await service({ body: SEARXNG })))
    const response = await server.post({ ...search(), stream: true })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const client = new Anthropic({
      apiKey: 'x',
      maxRetries: 0,
      fetch: () => Promise.resolve(response),
    })
    const message = await client.messages
      .stream(search() as Anthropic.MessageStreamParams)
      .finalMessage()
    expect(message.content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'text',
    ])
    expect(message.content[0]).toMatchObject({ input: { query: 'otters' } })
    expect(message.model).toBe('claude-sonnet-5')
  })

  it('is recorded under the name of the service, at the price of the config', async () => {
    const found = await service({ body: BRAVE })
    const server = await serve(await model(), brave(found, { price: 5 }))
    await messageOf(server)
    expect(server.rows).toMatchObject([
      {
        provider: 'brave',
        model: 'web-search',
        route: 'lend: web search',
        cost: 0.005,
        priceSource: 'config',
        outcome: 'ok',
      },
    ])
  })

  it.each([
    ['brave', null],
    ['searxng', 0],
  ])('by %s costs %s where the config has no price', async (name, cost) => {
    const found = await service({ body: name === 'brave' ? BRAVE : SEARXNG })
    const server = await serve(await model(), name === 'brave' ? brave(found) : searxng(found))
    await messageOf(server)
    expect(server.rows[0]).toMatchObject({ provider: name, cost, output: 0 })
  })

  it('finds nothing: the answer says so, and no model is called', async () => {
    const blind = await model()
    const server = await serve(blind, searxng(await service({ body: { ...SEARXNG, results: [] } })))
    const { message, json } = await messageOf(server)
    expect(message.content[1]).toMatchObject({ type: 'web_search_tool_result', content: [] })
    expect(json).toContain('SearXNG found no pages')
    expect(blind.requests).toHaveLength(0)
  })

  it('keeps to the domains of the request, whatever the service finds', async () => {
    const result = (url: string) => ({ ...SEARXNG_RESULT, url })
    const urls = ['https://a.org/x', 'https://docs.a.org/y', 'https://nota.org/', 'https://b.org/']
    const found = await service({ body: { ...SEARXNG, results: urls.map(result) } })
    const server = await serve(await model(), searxng(found))
    const of = async (limits: object): Promise<unknown> => {
      const { message } = await messageOf(server, search({ ...TOOL, ...limits }))
      const block = message.content[1] as Anthropic.WebSearchToolResultBlock
      return (block.content as Anthropic.WebSearchResultBlock[]).map(({ url }) => url)
    }
    expect(await of({ allowed_domains: ['a.org'] })).toEqual(urls.slice(0, 2))
    expect(found.requests[0]?.url.searchParams.get('q')).toBe('otters site:a.org')
    expect(await of({ blocked_domains: ['a.org'] })).toEqual(urls.slice(2))
    expect(await of({ allowed_domains: [], blocked_domains: [] })).toEqual(urls)
  })

  it('is aborted with the client, and the request goes nowhere else', async () => {
    const [blind, found] = [await model(), await service('never')]
    const server = await serve(blind, searxng(found))
    const leaving = new AbortController()
    const gone = server.post(search(), { signal: leaving.signal }).catch(() => 'gone')
    await vi.waitFor(() => expect(found.requests).toHaveLength(1))
    leaving.abort()
    expect(await gone).toBe('gone')
    await vi.waitFor(() => expect(server.rows).toMatchObject([{ outcome: 'aborted' }]))
    await vi.waitFor(() => expect(found.aborted).toBe(1))
    expect(blind.requests).toHaveLength(0)
    expect(logged).toEqual([])
  })
})

describe('a service that fails', () => {
  const FAULTS: readonly (readonly [string, SearchReply, RegExp])[] = [
    ['a refused key', { status: 401, body: { detail: { error: `bad ${KEY}` } } }, /key .* refused/],
    ['a used-up plan', { status: 432, body: { detail: { error: 'limit' } } }, /plan or a budget/],
    [
      'too many requests',
      { status: 429, body: {}, headers: { 'retry-after': '60' } },
      /no more searches/,
    ],
    ['its own failure', { status: 500, body: 'boom' }, /could not be reached/],
    ['a web page', { body: '<html><title>Sign in</title></html>' }, /could not be reached/],
    ['something that is no JSON', { body: 'results: none' }, /could not be reached/],
    ['a list', { body: [] }, /could not be reached/],
    ['a broken connection', 'cut', /could not be reached/],
    ['JSON without end', { body: '['.repeat(100_000) }, /could not be reached/],
  ]

  it.each(FAULTS)(
    'with %s leaves the request to its model, which knows why; the cause is in the log, the key nowhere',
    async (_, reply, why) => {
      const [blind, found] = [await model(), await service(reply)]
      const server = await serve(blind, brave(found))
      const { message, headers, json } = await messageOf(server)
      expect(message.content).toMatchObject([{ type: 'text', text: 'I could not search.' }])
      const sent = JSON.stringify(blind.requests[0]?.body.messages)
      expect(sent).toMatch(why)
      expect(sent).toContain('Web search is not available with this model')
      expect(logged.join('\n')).toContain('Lend.webSearch: Brave Search')
      for (const shown of [sent, json, logged.join('\n'), JSON.stringify([...headers])]) {
        expect(shown).not.toContain(KEY)
      }
      expect(headers.get('x-ccr-model')).toBe('blind,m')
      expect(headers.get('x-ccr-route')).toBe('default')
      expect(headers.get('x-ccr-hops')).toContain('brave,web-search')
      expect(server.rows).toMatchObject([{ provider: 'blind', outcome: 'ok' }])
    },
  )

  it('cannot be reached: the log names the setting', async () => {
    const found = await startSearchServer()
    await found.close()
    await messageOf(await serve(await model(), searxng(found)))
    expect(logged.join('\n')).toContain('url of Lend.webSearch')
    expect(logged.join('\n')).not.toContain('api_base_url')
  })

  it('tells what a SearXNG that refuses JSON needs', async () => {
    const found = await service({ status: 403, body: '<html><title>403 Forbidden</title></html>' })
    await messageOf(await serve(await model(), searxng(found)))
    expect(logged.join('\n')).toContain('json among search.formats')
  })

  it('whose engines all failed did not search', async () => {
    const unresponsive_engines = [
      ['google', 'CAPTCHA'],
      ['bing', 'timeout'],
    ]
    const body = { ...SEARXNG, results: [], unresponsive_engines }
    const blind = await model()
    await messageOf(await serve(blind, searxng(await service({ body }))))
    expect(logged.join('\n')).toContain('no engine answered: google: CAPTCHA, bing: timeout')
    expect(blind.requests).toHaveLength(1)
  })

  it('without its key is not called, and the log has what to type', async () => {
    const [blind, found] = [await model(), await service({ body: BRAVE })]
    const lend = { webSearch: { service: 'brave', url: found.origin, api_key: '${NO_SUCH_KEY}' } }
    await messageOf(await serve(blind, lend))
    expect(found.requests).toHaveLength(0)
    expect(logged.join('\n')).toContain('export NO_SUCH_KEY=…')
    expect(logged.join('\n')).toContain('ccr key set brave')
    await messageOf(await serve(blind, { webSearch: { service: 'searxng' } }))
    expect(logged.join('\n')).toContain('Lend.webSearch has no url')
  })

  it('with too many requests is tried once more, if the wait is short', async () => {
    const busy = { status: 429, body: {}, headers: { 'retry-after': '0' } }
    const found = await service(busy, { body: BRAVE })
    const { message } = await messageOf(await serve(await model(), brave(found)))
    expect(message.content).toHaveLength(3)
    expect(found.requests).toHaveLength(2)
  })
})

it('a Messages API of another maker is lent a search too, and gets the note where that fails', async () => {
  const [blind, found] = [
    await model(),
    await service({ body: SEARXNG }, { status: 500, body: '' }),
  ]
  const server = await serve(blind, searxng(found), {
    Providers: [{ name: 'maker', api_base_url: blind.messagesUrl, api_key: 'k', models: ['m'] }],
    Router: { default: 'maker,m' },
  })
  expect((await messageOf(server)).headers.get('x-ccr-model')).toBe('searxng,web-search')
  const { message, headers } = await messageOf(server)
  expect(headers.get('x-ccr-model')).toBe('maker,m')
  expect(message.content).toMatchObject([{ type: 'text', text: 'I could not search.' }])
  expect(blind.requests[0]?.wire).toBe('anthropic')
  expect(JSON.stringify(blind.requests[0]?.body.messages)).toContain('Lend.webSearch')
})

describe('a search by a model', () => {
  const cited = { url: 'https://otters.example/hands', title: 'How otters hold hands' }
  const annotations = [{ type: 'url_citation', url_citation: cited }]
  const found = () =>
    events([
      { choices: [{ index: 0, delta: { role: 'assistant', content: 'They do.' } }] },
      { choices: [{ index: 0, delta: { annotations }, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 10, completion_tokens: 3 } },
      '[DONE]',
    ])
  const SEER = { webSearch: 'openrouter,seer' }

  it('is that of its provider, streamed or not', async () => {
    const upstream = await model(found)
    const server = await serve(upstream, SEER)
    const { message, headers } = await messageOf(server)
    expect(upstream.requests[0]?.body).toMatchObject({ model: 'seer', plugins: [{ id: 'web' }] })
    expect(JSON.stringify(message)).toContain('https://otters.example/hands')
    expect(headers.get('x-ccr-model')).toBe('openrouter,seer')
    expect(headers.get('x-ccr-route')).toBe('lend: web search')
    const streamed = await (await server.post({ ...search(), stream: true })).text()
    expect(streamed).toContain('web_search_tool_result')
    expect(server.rows).toMatchObject([
      { provider: 'openrouter', model: 'seer', route: 'lend: web search', output: 3 },
      { provider: 'openrouter' },
    ])
  })

  it('serves sessions of a preference too', async () => {
    const server = await serve(await model(found), SEER, {}, 'blind,m')
    expect((await messageOf(server)).headers.get('x-ccr-model')).toBe('openrouter,seer')
  })

  it('goes to no other model than that of Lend, whatever falls back otherwise', async () => {
    const upstream = await model(({ body }) => (body.model === 'seer' ? http(500, {}) : text('no')))
    const more = {
      Retry: { attempts: 0 },
      fallback: { default: ['openrouter,other'] },
      Providers: [
        { name: 'blind', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m'] },
        { name: 'openrouter', api_base_url: upstream.chatUrl, models: ['seer', 'other'] },
      ],
    }
    const server = await serve(upstream, SEER, more, 'blind,m')
    expect((await messageOf(server)).headers.get('x-ccr-model')).toBe('blind,m')
    expect(upstream.requests.map(({ body }) => body.model)).toEqual(['seer', 'm'])
  })

  it.each<[string, Script, object, string]>([
    [
      'that fails',
      ({ body }) => (body.model === 'seer' ? http(500, {}) : text('no')),
      SEER,
      'openrouter',
    ],
    ['without a search', () => text('no'), { webSearch: 'blind,m2' }, 'blind,m2 has no web search'],
    [
      'of no provider',
      () => text('no'),
      { webSearch: 'nobody,x' },
      '"nobody,x" is no configured model',
    ],
  ])('%s leaves the request to its model', async (_, script, lend, cause) => {
    const upstream = await model(script)
    const server = await serve(upstream, lend, { Retry: { attempts: 0 } })
    const { message, headers } = await messageOf(server)
    expect(message.content).toMatchObject([{ text: 'no' }])
    expect(headers.get('x-ccr-model')).toBe('blind,m')
    expect(logged.join('\n')).toContain(cause)
    expect(JSON.stringify(upstream.requests.at(-1)?.body.messages)).toContain('Lend.webSearch')
  })
})

describe('a request that no search is lent to', () => {
  const lent = async () => serve(await model(), searxng(await service({ body: SEARXNG })))
  const READ = { name: 'Read', input_schema: { type: 'object' } }

  it.each<[string, object]>([
    ['with other tools', { ...search(), tools: [TOOL, READ] }],
    [
      'in a conversation',
      {
        ...search(),
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'hello' },
          { role: 'user', content: prompt('otters') },
        ],
      },
    ],
    ['of a text that is no query', search(TOOL, 'word '.repeat(200))],
    ['that allows no use of it', search({ ...TOOL, max_uses: 0 })],
    ['without a search', { ...search(), tools: [READ] }],
  ])('%s goes to its model', async (_, body) => {
    expect((await messageOf(await lent(), body)).headers.get('x-ccr-model')).toBe('blind,m')
  })

  it('goes to its model, which has a search', async () => {
    const [seer, found] = [await model(), await service({ body: SEARXNG })]
    const server = await serve(seer, searxng(found), { Router: { default: 'openrouter,seer' } })
    expect((await messageOf(server)).headers.get('x-ccr-model')).toBe('openrouter,seer')
    expect(found.requests).toHaveLength(0)
  })

  it('says what to set where nothing is', async () => {
    const blind = await model()
    const { headers } = await messageOf(await serve(blind, {}))
    const sent = JSON.stringify(blind.requests[0]?.body.messages)
    expect(sent).toContain('Lend')
    expect(sent).toContain('webSearch')
    expect(sent).toContain('Web search is not available with this model')
    expect(headers.get('x-ccr-dropped')).toContain('tools.web_search_20250305')
  })
})

it('a client that leaves while its model begins to search ends both', async () => {
  const upstream = await model(never)
  const server = await serve(upstream, { webSearch: 'openrouter,seer' })
  const leaving = new AbortController()
  const gone = server.post(search(), { signal: leaving.signal }).catch(() => 'gone')
  const seen = await upstream.request(0)
  leaving.abort()
  expect([await gone, await seen.ended]).toEqual(['gone', 'client-left'])
  await vi.waitFor(() => expect(server.rows).toMatchObject([{ outcome: 'aborted' }]))
  expect(upstream.requests).toHaveLength(1)
})

describe('a model that searches', () => {
  it('is given up if its answer does not begin in time, and left alone for a minute', async () => {
    let now = 0
    let tries = 0
    const written = {
      ...emptyConfig(),
      lend: { webSearch: 'openrouter,seer' },
      providers: [provider('openrouter', 'seer'), provider('blind', 'm')],
    }
    const targets = Promise.resolve(createTargets(written))
    const lender = createSearchLender({
      config: written,
      targets,
      upstream: { send: () => Promise.reject(new Error('nobody')), close: () => Promise.resolve() },
      env: {},
      log,
      limits: { modelMs: 20, serviceMs: 20 },
      now: () => now,
    })
    const context = {
      request: search(),
      candidates: (await targets).of([{ provider: 'blind', model: 'm' }]),
      metrics: new RequestMetrics('default'),
      signal: new AbortController().signal,
    } as unknown as RequestContext
    const answer = async (seer: (signal: AbortSignal) => AsyncGenerator<string>) => {
      const proceed = ({ candidates, signal }: RequestContext) =>
        candidates[0].target.model === 'seer' ? seer(signal) : one('by the model')
      let whole = ''
      for await (const piece of lender(context, {
        proceed,
        reserve: undefined,
        failed: () => undefined,
      })) {
        whole += Buffer.from(piece).toString()
      }
      return whole
    }
    const aborted = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    logged = []
    const silent = async function* (signal: AbortSignal): AsyncGenerator<string> {
      tries += 1
      await aborted(signal)
      throw new Error('aborted')
      yield ''
    }
    expect(await answer(silent)).toBe('by the model')
    expect(logged.join()).toContain('did not begin within 0.02 s')
    now = 59_999
    expect(await answer(silent)).toBe('by the model')
    expect(tries).toBe(1)
    now = 60_000
    expect(await answer(() => one('found'))).toBe('found')
    expect(await answer(silent)).toBe('by the model')
    expect(tries).toBe(2)
  })
})

const provider = (name: string, id: string) => ({
  name,
  url: 'http://127.0.0.1:1/v1/chat/completions',
  apiKey: 'k',
  models: [id],
  missing: [],
})

async function* one(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text)
}

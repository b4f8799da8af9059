/**
 * What the keys of a config do to requests: each with a config as it stands in a file, on a provider
 * that shows the effect. Answers are hand-written.
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { answer, http, never, text } from '../../test/support/replies.ts'
import { type Script, startUpstream, type Upstream } from '../../test/support/upstream.ts'
import { loadConfig } from '../config/load.ts'

const folder = testFolder()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function upstream(script: Script = () => text('hello')): Promise<Upstream> {
  const started = await startUpstream(script)
  open.push(started)
  return started
}

async function serve(written: object, preference = ''): Promise<GatewayServer> {
  const config = loadConfig(folder.write('config.json', JSON.stringify(written)), {})
  const server = await gatewayServer(config, preference, { CLAUDE_CONFIG_DIR: folder.path })
  open.push(server)
  return server
}

const provider = ({ chatUrl }: Upstream, more: object = {}): object => ({
  name: 'p',
  api_base_url: chatUrl,
  api_key: 'k',
  models: ['m'],
  ...more,
})

const QUESTION = { model: 'x', max_tokens: 900, messages: [{ role: 'user', content: 'hi' }] }
const routeOf = async (server: GatewayServer, more: object = {}, headers = {}) => {
  const response = await server.post({ ...QUESTION, ...more }, { headers })
  await response.text()
  return response.headers.get('x-ccr-model')
}
const DEFAULT = { default: 'p,m' }

describe('a provider', () => {
  it('gets the headers, the key and the model of the config', async () => {
    const p = await upstream()
    const headers = { 'X-Team': 'search' }
    const server = await serve({ Providers: [provider(p, { headers })], Router: DEFAULT })
    await routeOf(server)
    const [request] = p.requests
    expect(request?.headers).toMatchObject({ 'x-team': 'search', authorization: 'Bearer k' })
    expect(request?.body.model).toBe('m')
  })

  it('gets its keys one after the other, those of credentials by priority', async () => {
    const p = await upstream(({ n }) => (n < 2 ? http(401, {}) : text('hello')))
    const credentials = [
      { apiKey: 'last', priority: 3 },
      { apiKey: 'first', priority: 1 },
      { apiKey: 'off', priority: 0, enabled: false },
      { apiKey: 'second', priority: 2 },
    ]
    const server = await serve({ Providers: [provider(p, { credentials })], Router: DEFAULT })
    expect(await routeOf(server)).toBe('p,m')
    expect(p.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
      'Bearer last',
    ])
  })

  it.each([
    ['firstByte', never],
    ['idle', () => answer([{ text: 'one two three' }], { pieces: 3, pauseAt: STUCK })],
  ])('is given up after its own timeouts.%s', async (limit, hanging) => {
    const p = await upstream(hanging)
    const server = await serve({
      Providers: [provider(p, { timeouts: { [limit]: 50 } })],
      Router: DEFAULT,
      Retry: { attempts: 0 },
    })
    const response = await server.post(QUESTION)
    expect([response.status, await response.text()]).toEqual([
      504,
      expect.stringContaining('timeout_error'),
    ])
  })
  const STUCK = { frame: 1, pause: new Promise(() => undefined) }

  it('is given up after API_TIMEOUT_MS where it has no limits of its own', async () => {
    const p = await upstream(never)
    const server = await serve({ Providers: [provider(p)], Router: DEFAULT, API_TIMEOUT_MS: 50 })
    expect((await server.post(QUESTION)).status).toBe(504)
  })

  it('that fails after API_TIMEOUT_MS is the last one that is tried: the client has left', async () => {
    const slow = { ...http(503, {}), before: 300 }
    const [p, q] = [await upstream(() => slow), await upstream()]
    const ask = async (API_TIMEOUT_MS: number): Promise<number> => {
      const server = await serve({
        Providers: [
          provider(p, { timeouts: { firstByte: 30_000, idle: 30_000 } }),
          provider(q, { name: 'q' }),
        ],
        Router: DEFAULT,
        fallback: { default: ['q,m'] },
        API_TIMEOUT_MS,
      })
      return (await server.post(QUESTION)).status
    }
    expect(await ask(100)).toBe(503)
    expect(q.requests).toEqual([])
    expect(await ask(30_000)).toBe(200)
  })

  it('has its own fallback, which only its own models use', async () => {
    const [p, q, r] = [await upstream(() => http(500, {})), await upstream(), await upstream()]
    const written = {
      Providers: [
        provider(p, { fallback: ['q,n'] }),
        provider(q, { name: 'q', models: ['n'] }),
        provider(r, { name: 'r', models: ['o'] }),
      ],
      Router: DEFAULT,
      Retry: { attempts: 0 },
    }
    expect(await routeOf(await serve(written))).toBe('q,n')
    const listed = { ...written, fallback: { default: ['r,o'] } }
    expect(await routeOf(await serve(listed))).toBe('r,o')
  })

  it('keeps a session of its preference to itself, unless the config says otherwise', async () => {
    const [p, q] = [await upstream(() => http(500, {})), await upstream()]
    const written = {
      Providers: [provider(p, { fallback: ['q,n'] }), provider(q, { name: 'q', models: ['n'] })],
      Router: { default: 'q,n' },
      fallback: { default: ['q,n'] },
      Retry: { attempts: 0 },
    }
    expect((await (await serve(written, 'p,m')).post(QUESTION)).status).toBe(500)
    expect(q.requests).toEqual([])
    const allowed = { ...written, fallback: { preference: ['q,n'] } }
    expect(await routeOf(await serve(allowed, 'p,m'))).toBe('q,n')
  })

  it('has the window that the config says: what is too long goes to a larger one alone', async () => {
    const long = http(400, {
      error: { message: 'prompt is too long', code: 'context_length_exceeded' },
    })
    const [p, q, r] = [await upstream(() => long), await upstream(), await upstream()]
    const server = await serve({
      Providers: [
        provider(p, { contextWindow: 8_000 }),
        provider(q, { name: 'q', contextWindow: { n: 4_000, '*': 900_000 }, models: ['n'] }),
        provider(r, { name: 'r', contextWindow: { n: 4_000, '*': 900_000 }, models: ['o'] }),
      ],
      Router: DEFAULT,
      fallback: { default: ['q,n', 'r,o'] },
    })
    expect(await routeOf(server)).toBe('r,o')
    expect(q.requests).toEqual([])
  })

  it('takes models that it does not list where it lists "*"', async () => {
    const p = await upstream()
    const Providers = [provider(p, { models: ['m', '*'] })]
    const server = await serve({ Providers, Router: DEFAULT }, 'p,new')
    expect(await routeOf(server)).toBe('p,new')
  })
})

describe('Router', () => {
  const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
  const LONG = { messages: [{ role: 'user', content: 'word '.repeat(4_000) }] }

  it.each<[string, object, object]>([
    ['background', {}, { 'x-claude-code-request-class': 'auxiliary' }],
    ['think', { thinking: { type: 'enabled', budget_tokens: 1_024 } }, {}],
    ['webSearch', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, {}],
    ['image', { messages: [{ role: 'user', content: [IMAGE] }] }, {}],
    ['longContext', LONG, {}],
  ])('has a model for %s, and for nothing else', async (scenario, more, headers) => {
    const p = await upstream()
    const Router = { default: 'p,m', longContextThreshold: 2_000, [scenario]: 'p,special' }
    const server = await serve({ Providers: [provider(p)], Router })
    expect(await routeOf(server, more, headers)).toBe('p,special')
    expect(await routeOf(server)).toBe('p,m')
  })

  it('takes a prompt for long from longContextThreshold on', async () => {
    const p = await upstream()
    const Router = { default: 'p,m', longContext: 'p,long' }
    const Providers = [provider(p)]
    expect(await routeOf(await serve({ Providers, Router }), LONG)).toBe('p,m')
    const lower = { ...Router, longContextThreshold: '2000' }
    expect(await routeOf(await serve({ Providers, Router: lower }), LONG)).toBe('p,long')
  })

  it('falls back by scenario', async () => {
    const p = await upstream(({ body }) => (body.model === 'bad' ? http(500, {}) : text('hello')))
    const server = await serve({
      Providers: [provider(p, { models: ['m', 'bad', 'a', 'b'] })],
      Router: { default: 'p,bad', background: 'p,bad' },
      fallback: { default: ['p,a'], background: ['p,b'] },
      Retry: { attempts: 0 },
    })
    const auxiliary = { 'x-claude-code-request-class': 'auxiliary' }
    expect(await routeOf(server)).toBe('p,a')
    expect(await routeOf(server, {}, auxiliary)).toBe('p,b')
  })
})

it('Preferences are the names of what a session may be asked for', async () => {
  const p = await upstream()
  const Preferences = { quick: 'p,n' }
  const Providers = [provider(p, { models: ['m', 'n'] })]
  const server = await serve({ Providers, Preferences, Router: DEFAULT }, 'quick')
  expect(await routeOf(server)).toBe('p,n')
})

describe('Retry', () => {
  const tries = async (Retry: object): Promise<number> => {
    const p = await upstream(() => http(503, {}))
    const server = await serve({ Providers: [provider(p)], Router: DEFAULT, Retry })
    await routeOf(server)
    return p.requests.length
  }

  it('says how often', async () => {
    expect(await tries({ attempts: 0 })).toBe(1)
    expect(await tries({ attempts: 1 })).toBe(2)
  })

  it('says for how long', async () => {
    expect(await tries({ attempts: 2, withinMs: 1 })).toBe(1)
  })
})

it('Prices are what the ledger counts by, with their day', async () => {
  const usage = { input: 1_000, output: 100, cached: 400 }
  const p = await upstream(() => text('hello', { usage }))
  const server = await serve({
    Providers: [provider(p)],
    Router: DEFAULT,
    Prices: { p: { input: 1, output: 10, cacheRead: 0.5, date: '2026-11-01' } },
  })
  await routeOf(server)
  await vi.waitFor(() => expect(server.rows).toHaveLength(1))
  expect(server.rows[0]).toMatchObject({ priceSource: 'config', priceDate: '2026-11-01' })
  expect(server.rows[0]?.cost).toBeCloseTo((600 + 400 * 0.5 + 100 * 10) / 1e6, 12)
})

it('PING_AFTER_MS is how long a client gets nothing', async () => {
  const p = await upstream(never)
  const PING_AFTER_MS = 20
  const server = await serve({ Providers: [provider(p)], Router: DEFAULT, PING_AFTER_MS })
  const response = await server.post({ ...QUESTION, stream: true })
  const body = response.body as ReadableStream<Uint8Array> | null
  const read = await body?.getReader().read()
  expect(new TextDecoder().decode(read?.value)).toContain('event: ping')
})

it('REWRITE_SYSTEM_PROMPT, CUSTOM_ROUTER_PATH and transformers are read from their files', async () => {
  const p = await upstream()
  folder.write('prompt.txt', 'Be brief.')
  folder.write('router.js', `module.exports = () => 'p,chosen'`)
  folder.write(
    'custom.js',
    `module.exports = class { constructor(options) { this.name = 'custom'; this.options = options }
      transformRequestIn(body) { return { ...body, custom: this.options } } }`,
  )
  const server = await serve({
    Providers: [provider(p, { transformer: { use: ['custom'] } })],
    Router: DEFAULT,
    REWRITE_SYSTEM_PROMPT: 'prompt.txt',
    CUSTOM_ROUTER_PATH: 'router.js',
    transformers: [{ path: 'custom.js', options: { a: 1 } }],
  })
  const system = [
    { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude." },
    { type: 'text', text: 'The long prompt. <env>Linux</env>' },
  ]
  expect(await routeOf(server, { system })).toBe('p,chosen')
  const [request] = p.requests
  expect(request?.body).toMatchObject({ model: 'chosen', custom: { a: 1 } })
  expect(request?.raw).toContain('Be brief.<env>Linux</env>')
  expect(request?.raw).not.toContain('The long prompt.')
})

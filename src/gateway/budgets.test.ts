/** What a gateway does with money, with its counters, and with what it opened. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answer, events, http, never, text } from '../../test/support/replies.ts'
import { BRAVE, startSearchServer } from '../../test/support/search-service.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { silent } from '../lib/log.ts'
import { GatewayError } from '../messages/error.ts'
import type { RequestRow } from '../store/ledger.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { BudgetGuard } from '../budget/budget-guard.ts'
import type { RouteRecord } from './telemetry/route-trace.ts'

let upstream: Upstream
let server: Server | undefined
let gateway: Gateway
let money: string[]
let rows: RequestRow[]
let routes: RouteRecord[]
/** Thrown when the gateway reports its next route. */
let broken: Error | undefined
beforeEach(async () => {
  upstream = await startUpstream()
  ;[money, rows, routes, broken, refused] = [[], [], [], undefined, undefined]
})
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  await gateway.close()
  await upstream.close()
})

/** Another provider whose budget is used up. */
let refused: string | undefined
const refuse = (provider: string): GatewayError | undefined =>
  provider === 'poor' || provider === refused
    ? new GatewayError('billing_error', 'used up', { origin: 'gateway', shouldRetry: false })
    : undefined

/** Writes down what is set aside and given back. */
const guard: BudgetGuard = {
  reserve(provider, usd) {
    const error = refuse(provider)
    if (error) return Promise.reject(error)
    const name = `${provider} ${String(usd)}`
    money.push(`+${name}`)
    let isOpen = true
    return Promise.resolve({
      settle(row) {
        if (isOpen) money.push(`-${name}${row ? ` ${row.outcome}` : ''}`)
        isOpen = false
      },
    })
  },
  during: () => undefined,
  written: () => undefined,
  isNeeded: () => false,
  notes: () => [],
  close: () => Promise.resolve(),
}

const provider = (name: string) => ({
  name,
  url: upstream.chatUrl,
  apiKey: 'k',
  models: [],
  missing: [],
})

async function serve(config: Partial<Config>): Promise<void> {
  gateway = createGateway({
    config: {
      ...emptyConfig(),
      retry: { repeats: 0, repeatWithinMs: 1_000, afterSend: false },
      prices: { p: { input: 0, output: 1_000 }, q: { input: 0, output: 2_000 } },
      ...config,
    },
    session: { id: 'deadbeef', preference: '', alias: 'ccr-deadbeef' },
    log: silent,
    onRequest: (row) => rows.push(row),
    onRoute(record) {
      const error = broken
      broken = undefined
      if (error) throw error
      routes.push(record)
    },
    budgetGuard: () => guard,
  })
  server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => void gateway.messages(req, res, Buffer.concat(chunks)))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
}

function post(more: object = {}, init: RequestInit = {}): Promise<Response> {
  const { port } = server?.address() as AddressInfo
  const messages = [{ role: 'user', content: 'hi' }]
  const body = JSON.stringify({ model: 'x', max_tokens: 10, messages, ...more })
  return fetch(`http://127.0.0.1:${String(port)}/v1/messages`, { method: 'POST', body, ...init })
}

const BOTH = { router: { default: 'p,m' }, fallback: { default: ['q,n'] } }

describe('the money for a request', () => {
  it('is given back when its target fails, before the next one gets its own', async () => {
    await serve({ ...BOTH, providers: [provider('p'), provider('q')] })
    upstream.script([http(500, {}), text('hello')])
    await (await post()).text()
    await vi.waitFor(() => expect(money).toHaveLength(4))
    expect(money).toEqual(['+p 0.01', '-p 0.01', '+q 0.02', '-q 0.02 ok'])
  })

  it('is set aside for a search that a service makes, and given back where that fails', async () => {
    const service = await startSearchServer({ body: BRAVE })
    const webSearch = { service: 'brave', url: service.origin, apiKey: 'k', missing: [], price: 5 }
    await serve({ ...BOTH, providers: [provider('p')], lend: { webSearch } as Config['lend'] })
    upstream.script(() => text('I cannot'))
    const search = { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }
    await (await post(search)).text()
    await vi.waitFor(() => expect(money).toEqual(['+brave 0.005', '-brave 0.005 ok']))
    expect(rows).toMatchObject([{ provider: 'brave', cost: 0.005 }])
    expect(routes).toMatchObject([{ asked: 'brave,web-search', lent: 'lend: web search' }])
    money.length = 0
    service.script({ status: 500, body: '' })
    await (await post(search)).text()
    await vi.waitFor(() => expect(money).toHaveLength(4))
    expect(money).toEqual(['+brave 0.005', '-brave 0.005', '+p 0.01', '-p 0.01 ok'])
    expect(routes[1]).toMatchObject({ asked: 'p,m', lent: null })
    await service.close()
  })

  it('pays for a search by a model that breaks off, in a row of its own', async () => {
    const config = { ...BOTH, fallback: {}, lend: { webSearch: 'openrouter,seer' } }
    await serve({ ...config, providers: [provider('p'), provider('openrouter')] })
    const usage = { prompt_tokens: 10, completion_tokens: 3, cost: 0.25 }
    const cut = events([
      { choices: [{ index: 0, delta: { content: 'They' } }] },
      { choices: [], usage },
    ])
    upstream.script([cut, text('I cannot')])
    const search = { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }
    expect(await (await post(search)).text()).toContain('I cannot')
    await vi.waitFor(() => expect(money).toHaveLength(4))
    expect(money).toEqual(['+openrouter null', '-openrouter null error', '+p 0.01', '-p 0.01 ok'])
    const lent = { class: 'lend', route: 'lend: web search', provider: 'openrouter', model: 'seer' }
    expect(rows).toMatchObject([
      { ...lent, cost: 0.25, input: 10, output: 3, outcome: 'error', attempts: 1 },
      { class: 'other', route: 'default', provider: 'p', outcome: 'ok', attempts: 1 },
    ])
    expect(routes).toMatchObject([{ asked: 'p,m', lent: null }])
    // Also where nothing is sent afterwards.
    ;[rows.length, refused] = [0, 'p']
    upstream.script([cut])
    expect((await post(search)).status).toBe(402)
    await vi.waitFor(() => expect(rows).toHaveLength(2))
    expect(rows).toMatchObject([
      { ...lent, cost: 0.25 },
      { provider: 'p', cost: null, input: null, attempts: 0, status: 402 },
    ])
  })

  it('leaves a search to the model where the budget of the service is used up', async () => {
    const service = await startSearchServer({ body: BRAVE })
    const config = { service: 'brave', url: service.origin, apiKey: 'k', missing: [] } as const
    refused = 'brave'
    await serve({ ...BOTH, providers: [provider('p')], lend: { webSearch: config } })
    upstream.script(() => text('I cannot'))
    const search = { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }
    expect(await (await post(search)).text()).toContain('I cannot')
    expect(service.requests).toHaveLength(0)
    expect(JSON.stringify(upstream.requests[0]?.body.messages)).toContain('a budget is used up')
    await service.close()
  })

  it('is given back when the client goes away', async () => {
    await serve({ ...BOTH, providers: [provider('p'), provider('q')] })
    upstream.script(never())
    const gone = new AbortController()
    const response = post({}, { signal: gone.signal }).catch(() => undefined)
    await upstream.request(0)
    gone.abort()
    await response
    await vi.waitFor(() => expect(money).toEqual(['+p 0.01', '-p 0.01 aborted']))
    expect(rows).toMatchObject([{ outcome: 'aborted', attempts: 1 }])
    expect(gateway.counters).toMatchObject({ served: 1, running: 0 })
  })

  it('is given back when something fails between the end of the answer and its usage record', async () => {
    await serve({ router: { default: 'p,m' }, providers: [provider('p')] })
    upstream.script(text('hello'))
    broken = new Error('broken')
    await (await post()).text().catch(() => undefined)
    await vi.waitFor(() => expect(gateway.counters.served).toBe(1))
    expect(money).toEqual(['+p 0.01', '-p 0.01'])
  })

  it('is not there for one provider, and another one that has some is tried', async () => {
    const config = { router: { default: 'poor,m' }, fallback: { default: ['q,n'] } }
    await serve({ ...config, providers: [provider('poor'), provider('q')] })
    upstream.script(text('hello'))
    const response = await post()
    expect(response.headers.get('x-ccr-model')).toBe('q,n')
    expect(response.headers.get('x-ccr-hops')).toBe('poor,m 402 billing_error')
    await vi.waitFor(() => expect(rows).toMatchObject([{ provider: 'q', attempts: 1 }]))
  })

  it('is not there at all: the ledger and the log name the target, which got no request', async () => {
    await serve({ router: { default: 'poor,m' }, providers: [provider('poor')] })
    const response = await post()
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([402, 'false'])
    await vi.waitFor(() => expect(rows).toHaveLength(1))
    expect(rows[0]).toMatchObject({ provider: 'poor', model: 'm', attempts: 0, status: 402 })
    expect(upstream.requests).toEqual([])
  })
})

describe('what is reported of requests', () => {
  it('is where each went, and what was left out of it', async () => {
    await serve({ ...BOTH, providers: [provider('p'), provider('q')] })
    upstream.script([http(503, {}), text('hello')])
    await (await post({ stream: true, thinking: { type: 'adaptive' } })).text()
    await vi.waitFor(() => expect(rows).toHaveLength(1))
    expect(routes).toMatchObject([
      {
        route: 'default',
        targets: ['p,m', 'q,n'],
        asked: 'q,n',
        dropped: ['thinking'],
        hops: [{ lane: 'p,m', status: 503 }],
        status: 200,
        error: null,
      },
    ])
    expect(rows).toMatchObject([{ dropped: 'thinking', attempts: 2, route: 'default' }])
    expect(gateway.counters).toEqual({ served: 1, running: 0, dropped: 1 })
  })

  it('is why one went nowhere', async () => {
    await serve({ providers: [provider('p')] })
    const response = await post()
    expect([response.status, response.headers.get('x-ccr-session')]).toEqual([400, 'deadbeef'])
    await vi.waitFor(() => expect(rows).toHaveLength(1))
    expect(routes).toMatchObject([{ route: null, asked: null, status: 400, targets: [] }])
    expect(routes[0]?.error).toContain('No model is chosen')
    expect(rows).toMatchObject([{ provider: null, attempts: 0, outcome: 'error' }])
  })
})

describe('a conversation', () => {
  const inOne = { headers: { 'x-claude-code-session-id': 'c' } }
  const modelOf = async (more: object = {}): Promise<string | null> => {
    const response = await post(more, inOne)
    await response.text().catch(() => undefined)
    return response.headers.get('x-ccr-model')
  }

  it('stays with the target that answered it, not with one that broke off', async () => {
    await serve({ ...BOTH, providers: [provider('p'), provider('q')] })
    upstream.script([
      http(503, {}),
      answer([{ text: 'half' }], { frames: 1, ending: 'cut' }),
      text('well'),
      http(503, {}),
      text('well'),
      text('well'),
    ])
    expect(await modelOf({ stream: true })).toBe('q,n')
    expect(await modelOf()).toBe('p,m')
    expect(await modelOf()).toBe('q,n')
    expect(await modelOf()).toBe('q,n')
  })
})

it('the answer begins with what the target counted of requests of that size before', async () => {
  await serve({ router: { default: 'p,m' }, providers: [provider('p')] })
  upstream.script(() => text('hello', { usage: { input: 9_000, output: 1 } }))
  const content = 'word '.repeat(2_000)
  const started = async (): Promise<number> => {
    const response = await post({ stream: true, messages: [{ role: 'user', content }] })
    const start = /^data: (.*"message_start".*)$/m.exec(await response.text())?.[1] ?? '{}'
    const { message } = JSON.parse(start) as { message: { usage: { input_tokens: number } } }
    return message.usage.input_tokens
  }
  expect(await started()).toBeLessThan(3_000)
  expect(await started()).toBe(9_000)
})

it('what was counted before any target was known decides what is a long prompt', async () => {
  const router = { default: 'p,m', longContext: 'p,long', longContextThreshold: 3_000 }
  await serve({ router, providers: [provider('p')] })
  upstream.script(() => text('hello', { usage: { input: 2_000, output: 1 } }))
  const messages = [{ role: 'user', content: 'word '.repeat(4_000) }]
  const modelOf = async (): Promise<string | null> => {
    const response = await post({ messages })
    await response.text()
    return response.headers.get('x-ccr-model')
  }
  expect(await modelOf()).toBe('p,long')
  expect(await modelOf()).toBe('p,m')
})

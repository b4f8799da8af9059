import { afterEach, describe, expect, it, vi } from 'vitest'
import { events, http, rateLimited, text } from '../../test/support/replies.ts'
import { type Script, startUpstream, type Upstream } from '../../test/support/upstream.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import type { ProviderConfig } from '../config/config.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function upstream(script: Script): Promise<Upstream> {
  const started = await startUpstream(script)
  open.push(started)
  return started
}

async function gateway(
  providers: readonly (Pick<ProviderConfig, 'name' | 'url'> & Partial<ProviderConfig>)[],
  fallback: Record<string, readonly string[]> = {},
): Promise<GatewayServer> {
  const started = await gatewayServer({
    providers: providers.map((p) => ({ apiKey: 'k', models: ['m'], missing: [], ...p })),
    router: { default: `${providers[0]?.name ?? ''},m` },
    fallback,
  })
  open.push(started)
  return started
}

const QUESTION = {
  model: 'x',
  stream: true,
  max_tokens: 9,
  messages: [{ role: 'user', content: 'hi' }],
}

describe('a gateway with something to fall back on', () => {
  it.each([
    ['a status', http(500, 'boom')],
    [
      'an error inside a 200 stream before any content',
      events([
        { choices: [{ delta: { role: 'assistant', content: '' } }] },
        { error: { message: 'busy', code: 503 } },
      ]),
    ],
    ['a web page', http(200, '<html>', { headers: { 'content-type': 'text/html' } })],
    ['a stream that ends before it said anything', events([])],
  ])('goes on after %s, and says who answered and what was tried', async (_, failing) => {
    const a = await upstream(() => failing)
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: a.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    const response = await server.post(QUESTION)
    expect(response.headers.get('x-ccr-model')).toBe('b,m')
    expect(response.headers.get('x-ccr-hops')).toMatch(/^a,m \d+ \w+$/)
    expect(await response.text()).toContain('message_stop')
  })

  it.each([
    [400, { detail: "Function id 'f': DEGRADED function cannot be invoked" }],
    [404, { title: 'Not Found', detail: "Function 'f': Not found for account 'a'" }],
    [410, { title: 'Gone' }],
    [412, { error: { message: 'Account a is suspended: the monthly spending limit.' } }],
    [401, { error: { message: 'You exceeded your quota.', type: 'insufficient_quota' } }],
  ])('goes on after %i with %j, which others may serve', async (status, body) => {
    const a = await upstream(() => http(status, body))
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: a.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    const response = await server.post(QUESTION)
    expect(response.headers.get('x-ccr-model')).toBe('b,m')
    expect(await response.text()).toContain('message_stop')
  })

  it('goes on when the connection is refused', async () => {
    const gone = await startUpstream()
    await gone.close()
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: gone.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    expect((await server.post(QUESTION)).headers.get('x-ccr-model')).toBe('b,m')
  })

  it('does not go on with a request that is at fault itself', async () => {
    const a = await upstream(() => http(400, { error: { message: 'bad tool' } }))
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: a.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    expect((await server.post(QUESTION)).status).toBe(400)
    expect(b.requests).toEqual([])
  })

  it('uses the next key when one is refused or used up, and stays with it', async () => {
    const a = await upstream(({ headers }) =>
      headers.authorization === 'Bearer good'
        ? text('yes')
        : headers.authorization === 'Bearer bad'
          ? http(401, {})
          : rateLimited('60'),
    )
    const server = await gateway([
      { name: 'a', url: a.chatUrl, apiKey: 'bad', apiKeys: ['bad', 'empty', 'good'] },
    ])
    for (let i = 0; i < 2; i += 1) {
      const response = await server.post(QUESTION, { headers: { 'x-claude-code-session-id': 's' } })
      expect(response.status).toBe(200)
      await response.text()
    }
    const keys = a.requests.map(({ headers }) => headers.authorization)
    expect(keys).toEqual(['Bearer bad', 'Bearer empty', 'Bearer good', 'Bearer good'])
  })

  it('names the first target where all have failed, and what became of each', async () => {
    const a = await upstream(() => rateLimited('60'))
    const b = await upstream(() => rateLimited('7'))
    const server = await gateway(
      [
        { name: 'a', url: a.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    const response = await server.post(QUESTION)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(response.headers.get('x-ccr-model')).toBe('a,m')
    expect(response.headers.get('x-ccr-hops')).toBe(
      'a,m 429 rate_limit_error; b,m 429 rate_limit_error',
    )
    await vi.waitFor(() => expect(server.rows).toMatchObject([{ provider: 'a', attempts: 2 }]))
  })

  const ANTHROPIC = { use: ['Anthropic'] }
  const START = { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 } } }
  const BUSY = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

  it.each([
    [
      'an error in a stream that passes through, before its first word',
      true,
      events([START, BUSY]),
    ],
    ['an error in a 200 that passes through', false, http(200, BUSY)],
  ])('goes on after %s', async (_, stream, failing) => {
    const a = await upstream(() => failing)
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: a.messagesUrl, transformer: ANTHROPIC },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    const response = await server.post({ ...QUESTION, stream })
    expect([response.status, response.headers.get('x-ccr-hops')]).toEqual([
      200,
      'a,m 529 overloaded_error',
    ])
  })

  const PIECE = { choices: [{ delta: { content: 'half an' } }] }

  it('tries no other provider when a whole answer breaks off: the first half is billed', async () => {
    const a = await upstream(() => events([PIECE, { error: { message: 'lost', code: 500 } }]))
    const b = await upstream(() => text('from b'))
    const server = await gateway(
      [
        { name: 'a', url: a.chatUrl },
        { name: 'b', url: b.chatUrl },
      ],
      { default: ['b,m'] },
    )
    const response = await server.post({ ...QUESTION, stream: false })
    expect([response.status, a.requests.length, b.requests.length]).toEqual([500, 1, 0])
  })

  it('retries a provider that was away for a moment, and says so', async () => {
    const a = await upstream(({ n }) => (n === 0 ? http(503, {}) : text('there again')))
    const server = await gateway([{ name: 'a', url: a.chatUrl }])
    const response = await server.post({ ...QUESTION, stream: false })
    expect(response.headers.get('x-ccr-hops')).toBe('a,m 503 overloaded_error')
    expect(await response.text()).toContain('there again')
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { answer, calls, events, http, rateLimited, text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import type { Config } from '../config/config.ts'

let upstream: Upstream
let server: GatewayServer

async function serve(config: Partial<Config> = {}, transformer?: unknown): Promise<void> {
  const url = transformer ? upstream.messagesUrl : upstream.chatUrl
  const provider = { name: 'oa', url, apiKey: 'sk-secret', models: ['m'], missing: [], transformer }
  server = await gatewayServer({ providers: [provider], ...config }, 'oa,m')
}

beforeEach(async () => {
  upstream = await startUpstream()
})

afterEach(async () => {
  await server.close()
  await upstream.close()
})

const post: GatewayServer['post'] = (body, init) => server.post(body, init)

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'hi' }],
}

describe('the gateway', () => {
  it('streams a translated answer, with headers that say who answered and why', async () => {
    await serve()
    upstream.script(text('Hello'))
    const response = await post({ ...QUESTION, stream: true, thinking: { type: 'adaptive' } })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-ccr-session': 'deadbeef',
      'x-ccr-model': 'oa,m',
      'x-ccr-route': 'preference',
      'x-ccr-dropped': 'thinking',
    })
    expect(await response.text()).toContain('message_stop')
    const [request] = upstream.requests
    expect(request?.headers.authorization).toBe('Bearer sk-secret')
    expect(request?.body).toMatchObject({ model: 'm', stream: true })
    expect(server.gateway.counters).toEqual({ served: 1, running: 0, dropped: 1 })
  })

  it('collects the answer for a client that did not ask for a stream', async () => {
    await serve()
    upstream.script(calls([{ id: 'c', name: 'Bash', input: { x: 1 } }]))
    const response = await post(QUESTION)
    expect(await response.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'ccr-deadbeef',
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'c', name: 'Bash', input: { x: 1 } }],
    })
  })

  it('gives an upstream error its own status and advice while nothing was sent', async () => {
    await serve()
    upstream.script(rateLimited('7'))
    const response = await post({ ...QUESTION, stream: true })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'rate_limit_error' },
    })
  })

  it('gives an error inside the first chunks of a 200 stream its own status too', async () => {
    await serve()
    upstream.script(
      events([
        { choices: [{ delta: { role: 'assistant' } }] },
        { error: { message: 'x', code: 503 } },
      ]),
    )
    const response = await post({ ...QUESTION, stream: true })
    expect(response.status).toBe(503)
  })

  it('never shows the key, not even when the upstream says it', async () => {
    await serve()
    upstream.script(http(400, { error: { message: 'bad key sk-secret' } }))
    expect(await (await post(QUESTION)).text()).not.toContain('sk-secret')
  })

  it('pings while the upstream is silent, before and after the first event', async () => {
    await serve({ pingAfterMs: 20 })
    let speak: (() => void) | undefined
    const silence = new Promise<void>((resolve) => (speak = resolve))
    upstream.script(answer([{ text: 'late' }], { before: silence }))
    const response = await post({ ...QUESTION, stream: true })
    const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader()
    const first = new TextDecoder().decode((await reader?.read())?.value)
    expect(first).toBe('event: ping\ndata: {"type":"ping"}\n\n')
    speak?.()
    let rest = ''
    for (;;) {
      const step = await reader?.read()
      if (!step || step.done) break
      rest += new TextDecoder().decode(step.value)
    }
    expect(rest).toContain('message_stop')
  })

  it('aborts the upstream when the client hangs up', async () => {
    await serve()
    upstream.script(http(200, '', { before: new Promise(() => undefined) }))
    const abort = new AbortController()
    const asking = post({ ...QUESTION, stream: true }, { signal: abort.signal })
    const request = await upstream.request(0)
    abort.abort()
    await expect(asking).rejects.toThrow()
    expect(await request.ended).toBe('client-left')
  })

  it('refuses what is no request, and a refused connection is an error that says where and advises against retries', async () => {
    await serve({ retry: { repeats: 0, repeatWithinMs: 1000, afterSend: false } })
    expect((await post('{"model":')).status).toBe(400)
    expect((await post({ model: 'm', messages: [] })).status).toBe(400)
    await upstream.close()
    const response = await post(QUESTION)
    expect(response.status).toBe(502)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.text()).toContain('refused the connection')
  })

  it('passes an Anthropic request through with model and credentials replaced', async () => {
    await serve({}, { use: ['Anthropic'] })
    upstream.script(text('Hello'))
    const body =
      '{"model":"ccr-deadbeef", "stream":true,"messages":[{"role":"user","content":"hi"}],"new":[1]}'
    const response = await post(body, {
      headers: { 'anthropic-beta': 'b', authorization: 'Bearer mine' },
    })
    expect(await response.text()).toContain('message_stop')
    const [request] = upstream.requests
    expect(request?.raw).toBe(body.replace('ccr-deadbeef', 'm'))
    expect(request?.path).toBe('/v1/messages?beta=true')
    // A relay of no known maker may read either.
    expect(request?.headers).toMatchObject({
      'x-api-key': 'sk-secret',
      authorization: 'Bearer sk-secret',
      'anthropic-beta': 'b',
    })
  })

  it('passes an Anthropic error through whole', async () => {
    await serve({}, { use: ['Anthropic'] })
    const error = {
      type: 'error',
      error: { type: 'overloaded_error', message: 'busy', details: 1 },
      request_id: 'r',
    }
    upstream.script(http(529, error))
    const response = await post({ ...QUESTION, stream: true })
    expect(response.status).toBe(529)
    expect(await response.json()).toEqual(error)
  })

  it('estimates tokens where the provider cannot count', async () => {
    await serve()
    const response = await post(QUESTION, { path: '/v1/messages/count_tokens' })
    const { input_tokens: tokens } = (await response.json()) as { input_tokens: number }
    expect(tokens).toBeGreaterThan(5)
    expect(upstream.requests).toEqual([])
  })
})

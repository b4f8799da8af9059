/** What may still happen to a request after a silence has sent the status line and a ping. */
import { afterEach, describe, expect, it } from 'vitest'
import { events, http, never, rateLimited, text, type Reply } from '../../test/support/replies.ts'
import { parseEvents, type WireEvent } from '../../test/support/client.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { startUpstream, withResolvers, type Upstream } from '../../test/support/upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const WIRES = ['translated', 'forwarded'] as const

interface Gate {
  readonly gate: Promise<unknown>
  readonly open: () => void
}

function gated(): Gate {
  const { promise, resolve } = withResolvers<unknown>()
  return { gate: promise, open: () => resolve(undefined) }
}

/** A gateway that pings at once, over two providers of this kind, the second a fallback. */
async function serve(wire: (typeof WIRES)[number], replies: readonly (() => Reply)[]) {
  const upstreams: Upstream[] = []
  for (const reply of replies) {
    const upstream = await startUpstream(reply)
    open.push(upstream)
    upstreams.push(upstream)
  }
  const providers = upstreams.map(({ chatUrl, messagesUrl }, at) => ({
    name: `p${String(at)}`,
    url: wire === 'forwarded' ? messagesUrl : chatUrl,
    apiKey: 'k',
    models: ['m'],
    missing: [],
    ...(wire === 'forwarded' ? { transformer: { use: ['Anthropic'] } } : {}),
  }))
  const server = await gatewayServer({
    providers,
    router: { default: 'p0,m' },
    fallback: { default: providers.slice(1).map(({ name }) => `${name},m`) },
    retry: { repeats: 0, repeatWithinMs: 0, afterSend: false },
    pingAfterMs: 5,
  })
  open.push(server)
  return server
}

const QUESTION = { model: 'x', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }

/** Reads the whole answer; `then` runs once the first ping is here. */
async function afterPing(server: GatewayServer, then: () => void): Promise<WireEvent[]> {
  const response = await server.post({ ...QUESTION, stream: true })
  expect(response.status).toBe(200)
  let all = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (all === '') then()
    all += new TextDecoder().decode(chunk)
  }
  expect(all).toMatch(/^event: ping/)
  return parseEvents(all).filter(({ event }) => event !== 'ping')
}

function textOf(list: readonly WireEvent[]): string {
  return list
    .map(({ data }) => (data['delta'] as { text?: string } | undefined)?.text ?? '')
    .join('')
}

describe.each(WIRES)('after an early ping, a %s answer', (wire) => {
  it('that is refused ends in one error event of the same kind', async () => {
    const { gate, open: refuse } = gated()
    const server = await serve(wire, [() => ({ ...rateLimited('7'), before: gate })])
    expect(await afterPing(server, refuse)).toEqual([
      {
        event: 'error',
        data: {
          type: 'error',
          error: { type: 'rate_limit_error', message: expect.any(String) as string },
        },
      },
    ])
  })

  it('still comes from the next candidate', async () => {
    const { gate, open: fail } = gated()
    const server = await serve(wire, [
      () => http(503, 'down', { before: gate }),
      () => text('from the second'),
    ])
    const list = await afterPing(server, fail)
    expect(list.filter(({ event }) => event === 'message_start')).toHaveLength(1)
    expect(list.at(-1)?.event).toBe('message_stop')
    expect(textOf(list)).toBe('from the second')
  })

  it('that ends before its first event still comes from the next candidate', async () => {
    const { gate, open: end } = gated()
    const server = await serve(wire, [
      () => ({ ...events([]), beforeBody: gate }),
      () => text('from the second'),
    ])
    const list = await afterPing(server, end)
    expect(list.map(({ event }) => event)).not.toContain('error')
    expect(list.at(-1)?.event).toBe('message_stop')
  })

  it('aborts its upstream when the client leaves', async () => {
    const server = await serve(wire, [never])
    const abort = new AbortController()
    const response = await server.post({ ...QUESTION, stream: true }, { signal: abort.signal })
    const body = response.body as unknown as AsyncIterable<Uint8Array>
    await expect(async () => {
      for await (const chunk of body) if (chunk.length > 0) abort.abort()
    }).rejects.toThrow()
    await expect.poll(() => server.gateway.counters).toMatchObject({ running: 0, served: 1 })
  })

  it('does not begin early as a document: an error keeps its status', async () => {
    const { gate, open: refuse } = gated()
    const server = await serve(wire, [() => ({ ...rateLimited('7'), before: gate })])
    const asking = server.post({ ...QUESTION, stream: false })
    setTimeout(refuse, 40)
    const response = await asking
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
  })
})

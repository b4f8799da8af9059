/** A request that a provider may have read and does not answer: once, whatever the format. */
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import {
  answered,
  type RawProvider,
  type RawProviderOptions,
  reset,
  startRawProvider,
} from '../../test/support/raw-provider.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import type { RetryConfig } from '../config/config.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Stage {
  readonly a: RawProvider
  /** What `a` falls back on. */
  readonly b: Upstream
  readonly gateway: GatewayServer
}

interface Setting extends Partial<RetryConfig> {
  readonly api?: 'chat/completions' | 'messages'
  readonly firstByte?: number
}

async function stage(
  options: RawProviderOptions,
  { api = 'chat/completions', firstByte = 30_000, ...retry }: Setting = {},
): Promise<Stage> {
  const a = await startRawProvider(options)
  closing.push(() => a.close())
  const b = await startUpstream(() => text('from b'))
  closing.push(() => b.close())
  const url = `http://127.0.0.1:${String(a.port)}/v1/${api}`
  const gateway = await gatewayServer({
    providers: [
      { name: 'a', url, apiKeys: ['1', '2'], timeouts: { firstByte }, ...PROVIDER },
      { name: 'b', url: b.chatUrl, ...PROVIDER },
    ],
    router: { default: 'a,m' },
    fallback: { default: ['b,m'] },
    retry: { repeats: 2, repeatWithinMs: 10_000, afterSend: false, ...retry },
  })
  closing.push(() => gateway.close())
  return { a, b, gateway }
}

const PROVIDER = { apiKey: '1', models: ['m'], missing: [] }

const QUESTION = { model: 'x', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }

const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
/** What an answer begins with, before its first word. */
const BEGINNING = {
  'chat/completions':
    'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
  messages:
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{}}}\n\n',
}

function chunked(data: string): string {
  return `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`
}

const DEATHS: Readonly<Record<string, (socket: Socket, beginning: string) => unknown>> = {
  'is reset': reset,
  'is closed': (socket) => socket.end(),
  'is closed in the middle of a status line': (socket) => socket.end('HTTP/1.1 2'),
  'is closed behind the status line': (socket) => socket.end(HEAD),
  'is closed before the first word': (socket, beginning) => socket.end(HEAD + chunked(beginning)),
  'stays silent': () => undefined,
  'stays silent behind the status line': (socket) => socket.write(HEAD),
}

const APIS = ['chat/completions', 'messages'] as const

describe.each(APIS)('a request to /%s whose connection', (api) => {
  describe.each([true, false])('(stream: %s)', (stream) => {
    it.each(Object.keys(DEATHS))('%s has gone out once, and the error says so', async (how) => {
      const { a, b, gateway } = await stage(
        { onRequest: ({ socket }) => DEATHS[how]?.(socket, BEGINNING[api]) },
        { api, firstByte: how.includes('silent') ? 300 : 30_000 },
      )
      const response = await gateway.post({ ...QUESTION, stream })
      expect([a.read, b.requests.length]).toEqual([1, 0])
      expect(response.status).toBe(how.includes('silent') ? 504 : 502)
      expect(response.headers.get('x-should-retry')).toBe('false')
      expect(response.headers.get('x-ccr-model')).toBe('a,m')
      expect(await response.json()).toMatchObject({
        type: 'error',
        error: { message: expect.stringMatching(/^a \(http.*may have read the request/) as string },
      })
    })

    it('broke goes elsewhere where Retry.afterSend says so', async () => {
      const broken: RawProviderOptions = { onRequest: ({ socket }) => reset(socket) }
      const { a, b, gateway } = await stage(broken, { api, afterSend: true })
      const response = await gateway.post({ ...QUESTION, stream })
      expect(response.headers.get('x-ccr-model')).toBe('b,m')
      expect(await response.text()).toMatch(/message_stop|end_turn/)
      expect([a.read, b.requests.length]).toEqual([1, 1])
    })

    it('brought an error goes elsewhere: that is an answer', async () => {
      const busy = 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy'
      const { a, b, gateway } = await stage(
        { onRequest: ({ socket }) => socket.end(busy) },
        { api },
      )
      const response = await gateway.post({ ...QUESTION, stream })
      expect(response.headers.get('x-ccr-model')).toBe('b,m')
      expect(await response.text()).toMatch(/message_stop|end_turn/)
      // Another key is asked as well.
      expect([a.read, b.requests.length]).toEqual([2, 1])
    })

    it('broke while the request went out goes elsewhere: it cannot have been read', async () => {
      const half: RawProviderOptions = {
        onHalf: (socket) => {
          socket.pause()
          reset(socket)
        },
      }
      const { a, b, gateway } = await stage(half, { api })
      const content = 'x'.repeat(24 * 1024 * 1024)
      const response = await gateway.post({
        ...QUESTION,
        stream,
        messages: [{ role: 'user', content }],
      })
      expect(response.headers.get('x-ccr-model')).toBe('b,m')
      expect(await response.text()).toMatch(/message_stop|end_turn/)
      expect([a.read, b.requests.length]).toEqual([0, 1])
    })
  })
})

it('a count of tokens is worth no error: its place is taken by what ccr counts', async () => {
  const { a, gateway } = await stage(
    { onRequest: ({ socket }) => reset(socket) },
    { api: 'messages' },
  )
  const response = await gateway.post(QUESTION, { path: '/v1/messages/count_tokens' })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ input_tokens: expect.any(Number) as number })
  expect(a.read).toBe(1)
})

it('a kept connection that the provider closes between two requests counts as no failure', async () => {
  const answer = { choices: [{ message: { content: 'from a' }, finish_reason: 'stop' }] }
  const { a, b, gateway } = await stage({
    onRequest: ({ socket, connection, nth }) => {
      if (connection === 0 && nth === 1) socket.destroy()
      else socket.write(answered(JSON.stringify(answer)))
    },
  })
  for (let n = 0; n < 3; n += 1) {
    expect(await (await gateway.post(QUESTION)).text()).toContain('from a')
  }
  expect([a.connections > 1, b.requests.length]).toEqual([true, 0])
})

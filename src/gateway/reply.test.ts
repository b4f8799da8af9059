import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { http } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import { GatewayError } from '../messages/error.ts'
import { pump } from './reply.ts'

let upstream: Upstream | undefined
let server: GatewayServer | undefined

afterEach(async () => {
  await server?.close()
  await upstream?.close()
  server = upstream = undefined
})

it('a document that breaks off on its way through is an error, and nothing of it is given', async () => {
  upstream = await startUpstream(http(200, '{"type":"message","conte', { ending: 'cut' }))
  const provider = { name: 'p', url: upstream.messagesUrl, apiKey: 'k', models: ['m'], missing: [] }
  server = await gatewayServer({ providers: [provider] }, 'p,m')
  const messages = [{ role: 'user', content: 'hi' }]
  const response = await server.post({ model: 'ccr-deadbeef', max_tokens: 9, messages })
  expect(response.status).toBe(502)
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  expect(upstream.requests).toHaveLength(1)
})

/** A client that takes nothing before it is told to. */
class SlowClient extends Writable {
  readonly headersSent = true
  taken = 0
  take = (): void => undefined

  constructor() {
    super({ highWaterMark: 64 * 1024 })
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.taken += chunk.length
    this.take = done
  }
}

it('an answer is read no faster than the client takes it, however long it is', async () => {
  const piece = Buffer.alloc(16 * 1024)
  const client = new SlowClient()
  let read = 0
  let most = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 256; n += 1) {
      await Promise.resolve()
      most = Math.max(most, read - client.taken)
      read += piece.length
      yield piece
    }
  }
  const reply = {
    contentType: 'text/event-stream',
    headers: () => ({}),
    chunks: chunks(),
    streamed: true,
  }
  const timing = { pingAfterMs: 60_000, pingEveryMs: 60_000 }
  const pumped = pump(reply, client as unknown as ServerResponse, timing)
  const ended = pumped.then(() => true)
  while (!(await Promise.race([ended, new Promise((resolve) => setImmediate(resolve, false))]))) {
    client.take()
  }
  expect(read).toBe(256 * piece.length)
  expect(most).toBeLessThanOrEqual(128 * 1024)
})

describe('while an answer goes out', () => {
  const stream = (chunks: AsyncGenerator<string>) => ({
    contentType: 'text/event-stream',
    headers: () => ({ 'x-ccr-session': 's' }),
    chunks,
    streamed: true,
  })
  const timing = { pingAfterMs: 1_000, pingEveryMs: 500 }

  /** A response that takes all at once, and what it took. */
  class Client extends Writable {
    headersSent = false
    status = 0
    headers: object = {}
    readonly pieces: string[] = []

    writeHead(status: number, headers: object): void {
      Object.assign(this, { headersSent: true, status, headers })
    }

    override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
      this.pieces.push(chunk.toString())
      done()
    }
  }

  const sent = (client: Client) => client as unknown as ServerResponse
  const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Pieces that come when the test gives them. */
  function given() {
    const waiting: ((piece: string | undefined) => void)[] = []
    const next = () => new Promise<string | undefined>((resolve) => waiting.push(resolve))
    async function* chunks(): AsyncGenerator<string> {
      for (let piece = await next(); piece !== undefined; piece = await next()) yield piece
    }
    const give = async (piece: string | undefined): Promise<void> => {
      waiting.shift()?.(piece)
      await tick(0)
    }
    return { chunks: chunks(), give }
  }

  it('pings come after silence alone, in their own time, and no timer is left behind', async () => {
    const client = new Client()
    const { chunks, give } = given()
    const pumped = pump(stream(chunks), sent(client), timing)
    await tick(999)
    expect([client.headersSent, client.pieces]).toEqual([false, []])
    await give('a')
    await tick(999)
    await give('b')
    await tick(999)
    expect(client.pieces).toEqual(['a', 'b'])
    await tick(1)
    expect(client.pieces).toHaveLength(3)
    expect(client.pieces[2]).toContain('ping')
    await tick(499)
    expect(client.pieces).toHaveLength(3)
    await tick(1)
    expect(client.pieces).toHaveLength(4)
    await give(undefined)
    expect(await pumped).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
    expect(client.writableEnded).toBe(true)
  })

  it('silence sends the status line early, with what is known then', async () => {
    const client = new Client()
    const { chunks, give } = given()
    const pumped = pump(stream(chunks), sent(client), timing)
    await tick(1_000)
    expect(client).toMatchObject({
      status: 200,
      headers: {
        'x-ccr-session': 's',
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
      },
    })
    await give(undefined)
    await pumped
  })

  it('no ping is put into a document, nor to a client that is gone', async () => {
    const client = new Client()
    const document = given()
    const pumped = pump(
      { ...stream(document.chunks), contentType: 'application/json', streamed: false },
      sent(client),
      timing,
    )
    await tick(5_000)
    expect([client.headersSent, client.pieces]).toEqual([false, []])
    await document.give('{}')
    await document.give(undefined)
    await pumped
    expect(client.pieces).toEqual(['{}'])

    const left = new Client()
    const open = given()
    const ended = pump(stream(open.chunks), sent(left), timing)
    left.destroy()
    await tick(5_000)
    expect(left.headersSent).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
    await open.give(undefined)
    await ended
  })

  it('an answer that is over lets its timer go also where it fails', async () => {
    const client = new Client()
    const failing = pump(stream(failsAfter('a')), sent(client), timing)
    expect(await failing).toMatchObject({ kind: 'overloaded_error' })
    expect(vi.getTimerCount()).toBe(0)
    expect(client.pieces.at(-1)).toContain('"overloaded_error"')
    expect(client.writableEnded).toBe(true)
  })

  async function* failsAfter(piece: string): AsyncGenerator<string> {
    await Promise.resolve()
    yield piece
    throw new GatewayError('overloaded_error', 'busy')
  }

  it('a document that has begun is broken off, so that it is not taken for a whole one', async () => {
    const client = new Client()
    const reply = { ...stream(failsAfter('{"half')), streamed: false }
    expect(await pump(reply, sent(client), timing)).toMatchObject({ kind: 'overloaded_error' })
    expect(client.destroyed).toBe(true)
    expect(client.pieces).toEqual(['{"half'])
  })

  it('a client that goes away while it is waited for ends the wait', async () => {
    const client = new SlowClient()
    async function* chunks(): AsyncGenerator<string> {
      await Promise.resolve()
      while (!client.destroyed) yield 'x'.repeat(256 * 1024)
    }
    const pumped = pump(stream(chunks()), sent(client as unknown as Client), timing)
    await tick(0)
    expect(client.writableNeedDrain).toBe(true)
    await tick(1_500)
    // A ping that cannot go out is not heaped up.
    expect(client.writableLength).toBe(256 * 1024)
    const before = [client.listenerCount('drain'), client.listenerCount('close')]
    client.destroy()
    expect(await pumped).toBeUndefined()
    expect(before).toEqual([1, 1])
    expect([client.listenerCount('drain'), client.listenerCount('close')]).toEqual([0, 0])
  })

  it('an error before the first piece is the whole response, with its advice', async () => {
    const client = new Client()
    // eslint-disable-next-line require-yield -- it fails before its first piece
    async function* chunks(): AsyncGenerator<string> {
      await Promise.resolve()
      throw new GatewayError('rate_limit_error', 'slow down', {
        retryAfter: '7',
        shouldRetry: false,
      })
    }
    await pump(stream(chunks()), sent(client), timing)
    const body = client.pieces.join('')
    expect(client).toMatchObject({
      status: 429,
      headers: {
        'x-ccr-session': 's',
        'retry-after': '7',
        'x-should-retry': 'false',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    expect(JSON.parse(body)).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'slow down' },
    })
  })
})

import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import type { GatewayServer } from '../../test/support/gateway.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import type { Upstream } from '../../test/support/upstream.ts'
import { pump } from './pump.ts'

let upstream: Upstream | undefined
let server: GatewayServer | undefined

afterEach(async () => {
  await server?.close()
  await upstream?.close()
  server = upstream = undefined
})

it('a document that breaks off on its way through is an error, and nothing of it is given', async () => {
  upstream = await startUpstream(text('Hello', { ending: 'cut' }))
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

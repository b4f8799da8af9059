/** How long a provider may take, by a clock that the test moves: undici's timers go by it too. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RawProviderOptions, startRawProvider } from '../../test/support/raw-provider.ts'
import type { Timeouts } from './timeouts.ts'
import { createUpstream, type Upstream, type UpstreamParts } from './send.ts'

// For the whole file: undici goes on with the clock that it has met first.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0).reverse()) await close()
})

const LONG = 60_000
const LIMITS: Timeouts = { connectMs: LONG, firstByteMs: LONG, idleMs: LONG }

function upstream(parts: Partial<UpstreamParts> = {}): Upstream {
  const network = { proxyUrl: '', env: {} }
  const made = createUpstream({ limits: () => LIMITS, network, ...parts })
  closing.push(() => made.close())
  return made
}

async function provider(options: RawProviderOptions) {
  const started = await startRawProvider(options)
  closing.push(() => started.close())
  return { started, url: `http://127.0.0.1:${String(started.port)}/v1` }
}

/** A server that accepts connections and says nothing. */
async function silent() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

async function ask(one: Upstream, url: string, name = 'p'): Promise<string> {
  const call = { provider: name, url, headers: {}, body: '{}' }
  const answer = await one.send(call, new AbortController().signal)
  answer.release()
  return 'answered'
}

/** Waits for what a server does, without the clock, which stands. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

describe('the limits of a provider', () => {
  it('for connecting are its own, one after the other', async () => {
    const { port, sockets } = await silent() // never answers the TLS handshake
    const limits = (name: string) => ({ ...LIMITS, connectMs: name === 'slow' ? 40_000 : 20_000 })
    const one = upstream({ limits })
    const over: string[] = []
    const settled = ['fast', 'slow'].map((name) =>
      ask(one, `https://127.0.0.1:${String(port)}/v1`, name).catch(
        (error: unknown) => void over.push(String(error)),
      ),
    )
    await until(() => sockets.length === 2)
    await vi.advanceTimersByTimeAsync(18_000)
    expect(over).toEqual([])
    await vi.advanceTimersByTimeAsync(5_000)
    await settled[0]
    expect(over).toEqual([expect.stringContaining('within 20 s (its limit timeouts.connect)')])
    await vi.advanceTimersByTimeAsync(14_000)
    expect(over).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(6_000)
    await settled[1]
    expect(over[1]).toContain('within 40 s')
  })

  it('for the beginning of an answer is kept, not doubled', async () => {
    const { started, url } = await provider({ onRequest: () => undefined })
    let over = ''
    const request = ask(upstream(), url).catch((error: unknown) => (over = String(error)))
    await until(() => started.read === 1)
    await vi.advanceTimersByTimeAsync(0.9 * LONG)
    expect(over).toBe('')
    await vi.advanceTimersByTimeAsync(0.2 * LONG)
    await request
    expect(over).toContain('did not begin to answer within 60 s')
  })

  it('for the first byte counts from the request, not from the status line', async () => {
    const { url } = await provider({
      onRequest: ({ socket }) =>
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    })
    const started = performance.now()
    const time = vi.spyOn(performance, 'now').mockImplementation(() => started)
    const one = upstream()
    const call = { provider: 'p', url, headers: {}, body: '{}' }
    const answer = await one.send(call, new AbortController().signal)
    time.mockImplementation(() => started + 0.75 * LONG)
    let over = ''
    const read = answer.body.next().catch((error: unknown) => (over = String(error)))
    await vi.advanceTimersByTimeAsync(0.2 * LONG)
    expect(over).toBe('')
    await vi.advanceTimersByTimeAsync(0.1 * LONG)
    time.mockRestore()
    await read
    expect(over).toContain('timeouts.firstByte')
    answer.release()
  })

  it('for silence is what the config says, however long: nothing else cuts a quiet stream', async () => {
    let more: (text: string) => void = () => undefined
    const { url } = await provider({
      onRequest: ({ socket }) => {
        more = (text) => void socket.write(`${text.length.toString(16)}\r\n${text}\r\n`)
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n')
      },
    })
    const hour = 3_600_000
    const limits = () => ({ ...LIMITS, idleMs: 2 * hour })
    const call = { provider: 'p', url, headers: {}, body: '{}' }
    const answer = await upstream({ limits }).send(call, new AbortController().signal)
    expect(String((await answer.body.next()).value)).toBe('first')
    const next = answer.body.next()
    await vi.advanceTimersByTimeAsync(hour)
    more('second')
    expect(String((await next).value)).toBe('second')
    answer.release()
  })
})

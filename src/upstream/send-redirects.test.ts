/** Compressed answers, redirects and idle connections. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  brotliCompressSync,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflateSync,
  gzipSync,
} from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import type { Call } from '../providers/configured/call.ts'
import type { Answer } from './answer.ts'
import { answerError } from './answer-errors.ts'
import { createUpstream } from './send.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** @returns the origin of a server that answers so. */
async function serve(
  answer: (req: IncomingMessage, res: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((req, res) => {
    req.resume().once('end', () => void answer(req, res))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

function sender(): (url: string) => Promise<Answer> {
  const timeouts = { connectMs: 60_000, firstByteMs: 60_000, idleMs: 60_000 }
  const upstream = createUpstream({ limits: () => timeouts, network: { proxyUrl: '', env: {} } })
  closing.push(() => upstream.close())
  return (url) => upstream.send(call(url), new AbortController().signal)
}

const call = (url: string): Call => ({
  provider: 'p',
  url,
  headers: { authorization: 'Bearer key' },
  body: '{}',
})

async function textOf(answer: Answer): Promise<string> {
  let text = ''
  for await (const chunk of answer.body) text += Buffer.from(chunk).toString()
  answer.release()
  return text
}

it.each([
  ['gzip', gzipSync('hé')],
  ['x-gzip', gzipSync('hé')],
  ['deflate', deflateSync('hé')],
  ['br', brotliCompressSync('hé')],
  ['identity', Buffer.from('hé')],
  ['of-tomorrow', Buffer.from('hé')],
])('an answer that a proxy packed as %s is unpacked', async (encoding, bytes) => {
  const origin = await serve((_req, res) => {
    res.writeHead(200, { 'content-encoding': encoding }).end(bytes)
  })
  expect(await textOf(await sender()(origin))).toBe('hé')
})

it.each([
  ['gzip', createGzip],
  ['deflate', createDeflate],
  ['br', createBrotliCompress],
])('an event packed as %s is given out before the next one comes', async (name, pack) => {
  let next = (): void => undefined
  const origin = await serve((_req, res) => {
    const packed = pack()
    packed.pipe(res.writeHead(200, { 'content-encoding': name }))
    packed.write('one')
    packed.flush()
    next = () => packed.end('two')
  })
  const answer = await sender()(origin)
  const first = await answer.body.next()
  expect(Buffer.from(first.value as Uint8Array).toString()).toBe('one')
  next()
  expect(await textOf(answer)).toBe('two')
})

it('a compressed answer that breaks off or is damaged is an error', async () => {
  const whole = gzipSync('x'.repeat(1000))
  for (const bytes of [whole.subarray(0, -9), Buffer.from('plain')]) {
    const origin = await serve((_req, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes)
    })
    await expect(textOf(await sender()(origin))).rejects.toThrow(/packed answer/)
  }
})

it('a compressed error is readable', async () => {
  const origin = await serve((_req, res) => {
    res.writeHead(429, { 'content-encoding': 'gzip' }).end(gzipSync('{"error":{"message":"slow"}}'))
  })
  const error = await answerError(await sender()(origin), call(origin), [])
  expect([error.kind, error.message]).toEqual(['rate_limit_error', 'p: slow'])
})

it.each([307, 308])(
  'a redirect %i on the same host is followed, body and key too',
  async (code) => {
    const paths: unknown[] = []
    const origin = await serve((req, res) => {
      paths.push([req.method, req.url, req.headers.authorization, req.headers['content-length']])
      if (req.url === '/v1/') res.writeHead(code, { location: '../v2' }).end()
      else res.end('here')
    })
    expect(await textOf(await sender()(`${origin}/v1/`))).toBe('here')
    expect(paths).toEqual([
      ['POST', '/v1/', 'Bearer key', '2'],
      ['POST', '/v2', 'Bearer key', '2'],
    ])
  },
)

it('a redirect to another host gets neither prompt nor key; the error says where it leads', async () => {
  let requests = 0
  const other = await serve((_req, res) => {
    requests += 1
    res.end()
  })
  const origin = await serve((_req, res) => {
    res.writeHead(308, { location: `${other}/v2?token=secret` }).end()
  })
  const error = await answerError(await sender()(origin), call(origin), [])
  expect(requests).toBe(0)
  expect([error.status, error.shouldRetry]).toEqual([502, false])
  expect(error.message).toContain(`redirects to ${other}/v2 (HTTP 308)`)
})

it('a redirect whose own body never ends is not read for ever', async () => {
  const closed: Promise<unknown>[] = []
  const origin = await serve((req, res) => {
    if (req.url === '/v2') {
      res.end('here')
      return
    }
    closed.push(once(req.socket, 'close'))
    res.writeHead(307, { location: '/v2' }).write('moved')
  })
  expect(await textOf(await sender()(`${origin}/v1`))).toBe('here')
  await Promise.all(closed)
  expect(closed).toHaveLength(1)
})

it('an answer that is not wanted any more is broken off, packed or not', async () => {
  for (const pack of [false, true]) {
    let closed: Promise<unknown> = Promise.resolve()
    const origin = await serve((req, res) => {
      closed = once(req.socket, 'close')
      const packed = createGzip()
      if (pack) packed.pipe(res.writeHead(200, { 'content-encoding': 'gzip' }))
      const out = pack ? packed : res
      out.write('one')
      packed.flush()
    })
    const answer = await sender()(origin)
    await answer.body.next()
    await answer.body.return(undefined)
    answer.release()
    await closed
  }
})

it('a redirect without an end is given up', async () => {
  let requests = 0
  const origin = await serve((_req, res) => {
    requests += 1
    res.writeHead(307, { location: '/' }).end()
  })
  expect((await sender()(origin)).status).toBe(307)
  expect(requests).toBe(4)
})

it.each(['reset', 'end'] as const)(
  'a kept connection whose %s crosses a request does no harm',
  async (how) => {
    const answered = new WeakSet()
    let fresh = 0
    const origin = await serve((req, res) => {
      if (!answered.has(req.socket)) {
        answered.add(req.socket)
        fresh += 1
        res.end('ok')
      } else if (how === 'reset') req.socket.resetAndDestroy()
      else req.socket.end()
    })
    const send = sender()
    expect(await textOf(await send(origin))).toBe('ok')
    expect(await textOf(await send(origin))).toBe('ok')
    expect(fresh).toBe(2)
  },
)

it.each([
  ['without ever having answered', ''],
  ['in the middle of a status line', 'HTTP/1.1 200'],
])('a connection that ends %s is not tried again', async (_, start) => {
  let requests = 0
  const origin = await serve((req) => {
    requests += 1
    if (start === '') req.socket.resetAndDestroy()
    else req.socket.end(start)
  })
  await expect(sender()(origin)).rejects.toThrow(/closed the connection/)
  expect(requests).toBe(1)
})

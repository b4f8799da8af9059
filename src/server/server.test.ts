import { once } from 'node:events'
import { type IncomingMessage, request, type RequestOptions, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Gateway } from '../gateway/gateway.ts'
import { silent } from '../lib/log.ts'
import { GatewayError } from '../messages/error.ts'
import { BODY_LIMIT } from './body.ts'
import { createGuard } from './guard.ts'
import { type Control, createServer } from './server.ts'

const token = 'ccr-tok-own'
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const echo: Gateway = {
  messages: (_req, res, body) => {
    res.end(body)
    return Promise.resolve()
  },
  countTokens: (_req, res) => {
    res.end('{"input_tokens":3}')
    return Promise.resolve()
  },
  models: (_req, res) => void res.end('{"data":[]}'),
  counters: { served: 0, running: 0, dropped: 0 },
  close: () => Promise.resolve(),
}

const control: Control = {
  startCommand: 'CCR_MODEL_PREFERENCE=p,m ccr start',
  ending: null,
  health: (nonce) => ({ status: 'ok', nonce }),
  status: () => ({ pid: 1 }),
  routes: () => ({ routes: [] }),
  reports: () => Promise.resolve({ reports: {} }),
  charged: (conversation) => Promise.resolve({ conversation }),
  lease: (_req, res) => void res.end('lease'),
  stop: (options, res) => void res.end(JSON.stringify(options)),
  succeed: (order) => Promise.resolve({ order }),
  handover: (options, res) => void res.end(JSON.stringify(options)),
}

async function serve(parts: { gateway?: Partial<Gateway>; control?: Partial<Control> } = {}) {
  const guard = createGuard({
    host: '127.0.0.1',
    port: () => (server.address() as AddressInfo).port,
    token,
    apiKey: '',
    requireToken: null,
    isDefault: true,
  })
  const server = createServer({
    gateway: { ...echo, ...parts.gateway },
    control: { ...control, ...parts.control },
    guard,
    log: silent,
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

function ask(
  port: number,
  options: RequestOptions & { body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, ...options }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => parts.push(part))
      res.on('error', reject)
      res.on('end', () => {
        const body = Buffer.concat(parts).toString()
        resolve({ status: res.statusCode, headers: res.headers, body })
      })
    })
    sent.on('error', reject)
    sent.end(options.body)
  })
}

const kind = ({ body }: Answer): unknown => {
  const envelope = JSON.parse(body) as { type: string; error: { type: string } }
  expect(envelope.type).toBe('error')
  return envelope.error.type
}
const authorized = { authorization: `Bearer ${token}` }

test('the endpoints answer, with any query, each with a request id of its own', async () => {
  const port = await serve()
  const answers = await Promise.all([
    ask(port, { path: '/' }),
    ask(port, { path: '/', method: 'HEAD' }),
    ask(port, { path: '/health' }),
    ask(port, { path: '/v1/models?limit=1000' }),
    ask(port, { path: '/v1/messages?beta=true', method: 'POST', body: 'x' }),
    ask(port, { path: '/v1/messages/count_tokens?beta=true', method: 'POST', body: '{}' }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  const ids = answers.map(({ headers }) => headers['request-id'])
  expect(new Set(ids).size).toBe(6)
  for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{24}$/)
})

test('an unknown path is 404, a wrong method 405 with what is allowed', async () => {
  const port = await serve()
  const unknown = await ask(port, { path: '/v1/nothing' })
  expect([unknown.status, kind(unknown)]).toEqual([404, 'not_found_error'])
  const wrong = await ask(port, { path: '/v1/messages' })
  expect([wrong.status, kind(wrong), wrong.headers.allow]).toEqual([
    405,
    'invalid_request_error',
    'POST',
  ])
  expect((await ask(port, { path: '/constructor' })).status).toBe(404)
})

test('a web page and a foreign name are refused before anything else', async () => {
  const port = await serve()
  const page = await ask(port, { headers: { origin: 'https://evil.example' } })
  const rebound = await ask(port, { headers: { host: `evil.example:${String(port)}` } })
  expect([page.status, kind(page), rebound.status]).toEqual([403, 'permission_error', 403])
})

test('control needs the token', async () => {
  const port = await serve()
  const paths = ['/control/status', '/control/charged', '/control/lease']
  for (const path of paths) {
    const refused = await ask(port, { path })
    expect([refused.status, refused.headers['x-should-retry']]).toEqual([401, 'false'])
    expect((await ask(port, { path, headers: authorized })).status).toBe(200)
  }
  expect((await ask(port, { path: '/control/stop', method: 'POST' })).status).toBe(401)
})

test('options of a stop are taken from its body, odd ones ignored', async () => {
  const port = await serve()
  const stop = (body: string) =>
    ask(port, { path: '/control/stop', method: 'POST', headers: authorized, body })
  expect((await stop('{"drainMs":5}')).body).toBe('{"drainMs":5}')
  expect((await stop('{"drainMs":-5}')).body).toBe('{}')
  expect((await stop('')).body).toBe('{}')
  expect((await stop('x')).status).toBe(400)
})

test('while stopping, models are refused without advice to retry; health still answers', async () => {
  const port = await serve({ control: { ending: 'stopping' } })
  const refused = await ask(port, { path: '/v1/messages', method: 'POST', body: '{}' })
  expect([refused.status, kind(refused)]).toEqual([503, 'overloaded_error'])
  expect(refused.headers['x-should-retry']).toBe('false')
  expect(refused.headers.connection).toBe('close')
  expect((await ask(port, { path: '/health' })).status).toBe(200)
})

test('while another daemon takes over, requests on old connections are served', async () => {
  const port = await serve({ control: { ending: 'restarting' } })
  const served = await ask(port, { path: '/v1/messages', method: 'POST', body: '{}' })
  expect([served.status, served.headers.connection]).toEqual([200, 'close'])
})

test('a body whose announced length is over the limit is refused at once', async () => {
  const port = await serve()
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${String(port)}\r\n` +
      `content-length: ${String(BODY_LIMIT + 1)}\r\n\r\n`,
  )
  const [head] = (await once(socket.setEncoding('utf8'), 'data')) as [string]
  expect(head).toMatch(/^HTTP\/1.1 413 /)
  expect(head).toContain('"type":"request_too_large"')
  socket.destroy()
})

test('a chunked body is refused as soon as it is over the limit', async () => {
  const port = await serve()
  const sent = request({ host: '127.0.0.1', port, path: '/v1/messages', method: 'POST' })
  sent.on('error', () => undefined)
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  const part = Buffer.alloc(8 * 1024 * 1024)
  for (let size = 0; size <= BODY_LIMIT; size += part.length) {
    if (!sent.write(part)) await Promise.race([once(sent, 'drain'), answered])
  }
  const [res] = await answered
  expect(res.statusCode).toBe(413)
  sent.destroy()
})

test('a body of exactly the limit is taken', async () => {
  let size = 0
  const port = await serve({
    gateway: {
      messages: (_req, res, body) => {
        size = body.length
        res.end()
        return Promise.resolve()
      },
    },
  })
  const body = Buffer.alloc(BODY_LIMIT)
  expect((await ask(port, { path: '/v1/messages', method: 'POST', body })).status).toBe(200)
  expect(size).toBe(BODY_LIMIT)
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const)('a body packed as %s is unpacked', async (encoding, pack) => {
  const port = await serve()
  const headers = { 'content-encoding': encoding }
  const post = (body: Buffer) => ask(port, { path: '/v1/messages', method: 'POST', headers, body })
  expect((await post(pack('{"a":"é"}'))).body).toBe('{"a":"é"}')
  const damaged = await post(Buffer.from('{"a":1}'))
  expect([damaged.status, kind(damaged)]).toEqual([400, 'invalid_request_error'])
})

test('a packed body that is too large unpacked is refused', async () => {
  const port = await serve()
  const headers = { 'content-encoding': 'gzip' }
  const body = gzipSync(Buffer.alloc(BODY_LIMIT + 1))
  const bomb = await ask(port, { path: '/v1/messages', method: 'POST', headers, body })
  expect([bomb.status, kind(bomb)]).toEqual([413, 'request_too_large'])
})

test('an unknown packing of a body is named', async () => {
  const port = await serve()
  const headers = { 'content-encoding': 'rar' }
  const refused = await ask(port, { path: '/v1/messages', method: 'POST', headers, body: 'x' })
  expect([refused.status, kind(refused)]).toEqual([415, 'invalid_request_error'])
  expect(refused.body).toContain('rar')
})

test('a byte order mark, a URL with the host in it and unknown expectations do no harm', async () => {
  const port = await serve()
  const path = `http://127.0.0.1:${String(port)}/v1/messages?beta=true`
  const headers = { expect: 'wonders' }
  const answer = await ask(port, { path, method: 'POST', headers, body: '\ufeff{}' })
  expect([answer.status, answer.body]).toEqual([200, '{}'])
})

test('a client that goes away in its body disturbs no other', async () => {
  const port = await serve()
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${String(port)}\r\ncontent-length: 9\r\n\r\nab`,
  )
  socket.destroy()
  expect((await ask(port, { path: '/health' })).status).toBe(200)
})

test('what is no HTTP gets an error, and the server lives', async () => {
  const port = await serve()
  for (const [text, status] of [
    ['nonsense\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\n\r\n', 400],
  ] as const) {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.write(text)
    const [answer] = (await once(socket, 'data')) as [string]
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
    socket.destroy()
  }
  expect((await ask(port, { path: '/health' })).status).toBe(200)
})

test('an error of the gateway becomes its envelope; an unforeseen one shows nothing', async () => {
  const fail = (error: Error) => () => Promise.reject(error)
  const limited = new GatewayError('rate_limit_error', 'slow down', { retryAfter: '7' })
  const known = await serve({ gateway: { messages: fail(limited) } })
  const answer = await ask(known, { path: '/v1/messages', method: 'POST' })
  expect([answer.status, kind(answer), answer.headers['retry-after']]).toEqual([
    429,
    'rate_limit_error',
    '7',
  ])
  const bug = await serve({ gateway: { messages: fail(new Error('at secret.ts:1')) } })
  const unforeseen = await ask(bug, { path: '/v1/messages', method: 'POST' })
  expect([unforeseen.status, kind(unforeseen)]).toEqual([500, 'api_error'])
  expect(unforeseen.body).not.toContain('secret.ts')
})

test('an answer that fails after its head is cut, not ended', async () => {
  const port = await serve({
    gateway: {
      messages: (_req, res) => {
        res.write('half')
        return Promise.reject(new Error('late'))
      },
    },
  })
  await expect(ask(port, { path: '/v1/messages', method: 'POST' })).rejects.toThrow(
    /aborted|hang up/,
  )
})

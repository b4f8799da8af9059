/** What the server does with each request besides handing it on: headers, logs, odd clients. */
import { once } from 'node:events'
import {
  Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Gateway } from '../gateway/gateway.ts'
import { type Logger, silent } from '../lib/log.ts'
import { GatewayError } from '../messages/error.ts'
import { createGuard } from './guard.ts'
import { type Control, createServer, originForm } from './server.ts'

const TOKEN = 'ccr-tok-own'
let server: Server
let port: number
let gateway: Gateway
let control: Control
let logged: (readonly [string, ...unknown[]])[]

beforeEach(async () => {
  logged = []
  gateway = {
    messages: (_req, res, body) => {
      res.end(`messages ${String(body)}`)
      return Promise.resolve()
    },
    countTokens: (_req, res, body) => {
      res.end(`count ${String(body)}`)
      return Promise.resolve()
    },
    models: (req, res) => void res.end(`models ${req.url ?? ''}`),
    counters: { served: 0, running: 0, dropped: 0 },
    close: () => Promise.resolve(),
  }
  control = {
    startCommand: 'ccr start',
    ending: null,
    health: (nonce) => ({ health: nonce ?? null }),
    status: () => ({ control: 'status' }),
    routes: () => ({ control: 'routes' }),
    reports: () => Promise.resolve({ reports: {} }),
    charged: (conversation) => Promise.resolve({ charged: conversation }),
    lease: (_req, res) => void res.end('lease'),
    stop: (options, res) => void res.end(`stop ${JSON.stringify(options)}`),
    succeed: (order) => Promise.resolve({ order }),
    handover: (options, res) => void res.end(`handover ${JSON.stringify(options)}`),
  }
  const log: Logger = {
    ...silent,
    error: (...words: unknown[]) => void logged.push(['error', ...words]),
    warn: (...words: unknown[]) => void logged.push(['warn', ...words]),
  }
  const guard = createGuard({
    ...{ host: '127.0.0.1', port: () => port, token: TOKEN },
    ...{ apiKey: '', requireToken: null, isDefault: true },
  })
  const parts = { log, guard }
  server = createServer({
    ...parts,
    get gateway() {
      return gateway
    },
    get control() {
      return control
    },
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

interface Asking {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
  readonly agent?: Agent
}

async function ask(method: string, path: string, { headers = {}, body, agent }: Asking = {}) {
  const authorized = { authorization: `Bearer ${TOKEN}`, ...headers }
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: authorized,
    agent: agent ?? false,
  })
  sent.end(body)
  const [res] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const part of res.setEncoding('utf8')) text += String(part)
  return { status: res.statusCode, headers: res.headers, text }
}

/** What the server says to these bytes, until it closes the connection. */
async function say(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.write(text)
  let answer = ''
  for await (const part of socket) answer += String(part)
  return answer
}

describe('each path', () => {
  it.each([
    ['GET', '/', '{"name":"ccr","status":"ok"}'],
    ['GET', '/api/hello', '{"name":"ccr","status":"ok"}'],
    ['GET', '/health', '{"health":null}'],
    ['GET', '/health?nonce=n1', '{"health":"n1"}'],
    ['POST', '/v1/messages?beta=true', 'messages B'],
    ['POST', '/v1/messages/count_tokens', 'count B'],
    ['GET', '/v1/models?limit=1', 'models /v1/models?limit=1'],
    ['GET', '/v1/models/p%2Cm', 'models /v1/models/p%2Cm'],
    ['GET', '/control/status', '{"control":"status"}'],
    ['GET', '/control/routes', '{"control":"routes"}'],
    ['GET', '/control/charged?conversation=c-1', '{"charged":"c-1"}'],
    ['GET', '/control/charged', '{"charged":""}'],
    ['GET', '/control/lease', 'lease'],
    ['POST', '/control/succeed', '{"order":"B"}'],
  ])('%s %s is answered', async (method, path, text) => {
    const answer = await ask(method, path, method === 'POST' ? { body: 'B' } : {})
    expect([answer.status, answer.text]).toEqual([200, text])
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['request-id']).toMatch(/^req_/)
  })

  it('is sent with its type and length', async () => {
    const { headers, text } = await ask('GET', '/health?nonce=é')
    expect(headers['content-type']).toBe('application/json')
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
    const head = await ask('HEAD', '/api/hello')
    expect([head.status, head.text]).toEqual([200, ''])
  })

  it.each(['/control/status', '/control/routes', '/control/charged', '/control/lease'])(
    'of control is closed without the token: GET %s',
    async (path) => {
      expect((await ask('GET', path, { headers: { authorization: 'Bearer x' } })).status).toBe(401)
    },
  )
  it.each(['/control/stop', '/control/succeed', '/control/handover'])(
    'of control is closed without the token: POST %s',
    async (path) => {
      const headers = { authorization: 'Bearer x' }
      expect((await ask('POST', path, { headers, body: '{}' })).status).toBe(401)
    },
  )

  it('is no other one: a longer or a foreign name, or an own name of objects', async () => {
    for (const path of [
      '/v1/model',
      '/v1/messages/',
      '/v1',
      '/toString',
      '/__proto__',
      '/health/',
    ]) {
      expect([path, (await ask('GET', path)).status]).toEqual([path, 404])
    }
    const wrong = await ask('DELETE', '/')
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD'])
    expect((await ask('POST', '/v1/models/x', { body: '' })).status).toBe(405)
  })

  it.each(['stop', 'handover'])('%s takes how long streams may take', async (what) => {
    const order = (body: string) => ask('POST', `/control/${what}`, { body })
    expect((await order('{"drainMs":0}')).text).toBe(`${what} {"drainMs":0}`)
    expect((await order('{"drainMs":"5"}')).text).toBe(`${what} {}`)
    expect((await order('{"drainMs":-1}')).text).toBe(`${what} {}`)
    for (const body of ['null', '7', '{']) {
      expect([body, (await order(body)).status]).toEqual([body, 400])
    }
  })
})

describe('a session that ends', () => {
  const withEnding = (ending: Control['ending']): void => {
    control = { ...control, ending }
  }
  it('refuses models, says how to start it again, and goes on to answer control', async () => {
    withEnding('stopping')
    for (const [method, path] of [
      ['POST', '/v1/messages'],
      ['GET', '/v1/models'],
    ] as const) {
      const refused = await ask(method, path)
      expect([refused.status, refused.headers['x-should-retry']]).toEqual([503, 'false'])
      expect(refused.text).toContain('ccr start')
    }
    expect((await ask('GET', '/control/status')).status).toBe(200)
    expect((await ask('GET', '/')).status).toBe(200)
  })

  it('keeps no connection once it ends, and all of them before', async () => {
    const agent = new Agent({ keepAlive: true })
    const served = await ask('POST', '/v1/messages', { body: '{}', agent })
    expect(served.headers.connection).toBe('keep-alive')
    // Clients close what idles after a minute at most; the end must be theirs.
    expect(served.headers['keep-alive']).toBe('timeout=75')
    withEnding('restarting')
    const last = await ask('POST', '/v1/messages', { body: '{}', agent })
    expect([last.status, last.headers.connection]).toEqual([200, 'close'])
    agent.destroy()
  })
})

describe('the log', () => {
  it('has each refusal with its path, without what the query may hold', async () => {
    await ask('POST', '/v1/nothing?key=secret')
    expect(logged).toEqual([
      [
        'warn',
        { method: 'POST', path: '/v1/nothing', status: 404, cause: undefined },
        expect.stringContaining('/v1/nothing'),
      ],
    ])
  })

  it('has a failure of ccr itself as an error, with its cause', async () => {
    const bug = new Error('undefined is not a function')
    gateway = { ...gateway, messages: () => Promise.reject(bug) }
    await ask('POST', '/v1/messages', { body: '{}' })
    expect(logged).toMatchObject([['error', { status: 500, cause: bug }, expect.any(String)]])
    logged = []
    const busy = new GatewayError('rate_limit_error', 'slow')
    gateway = { ...gateway, messages: () => Promise.reject(busy) }
    await ask('POST', '/v1/messages', { body: '{}' })
    expect(logged).toMatchObject([['warn', { status: 429 }, 'slow']])
  })

  it('has nothing of a client that went away in its request', async () => {
    const before = server.listenerCount('request')
    expect(before).toBe(1)
    const socket = connect(port, '127.0.0.1')
    const came = once(server, 'request') as Promise<[IncomingMessage]>
    socket.write(`POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${String(port)}\r\n`)
    socket.write('content-length: 9\r\n\r\nab')
    const [req] = await came
    const closed = once(req, 'close').catch(() => undefined)
    socket.destroy()
    await closed
    await ask('GET', '/health')
    expect(logged).toEqual([])
  })
})

describe('what is not a request of ours', () => {
  const host = (): string => `host: 127.0.0.1:${String(port)}\r\n`

  it.each([
    ['a proxy is wanted', () => `CONNECT x.example:443 HTTP/1.1\r\n${host()}\r\n`, 405, 'no proxy'],
    ['HTTP is of another version', () => `GET / HTTP/9.9\r\n${host()}\r\n`, 505, 'HTTP/1.1'],
    ['it is no HTTP', () => 'hello\r\n\r\n', 400, 'not an HTTP request'],
    [
      'headers are too long',
      () => `GET / HTTP/1.1\r\n${host()}x: ${'y'.repeat(17_000)}\r\n\r\n`,
      431,
      'too large',
    ],
  ])('gets an error where %s, once, and is hung up on', async (_, text, status, words) => {
    const answer = await say(text())
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toContain('x-should-retry: false')
    expect(head).toContain('connection: close')
    expect(head).toContain(`content-length: ${String(Buffer.byteLength(body))}`)
    expect(JSON.parse(body)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(words) as string },
    })
  })

  it('gets an error in the shape that clients read where the Host header is missing', async () => {
    const answer = await say('GET /health HTTP/1.1\r\nconnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('{"type":"error","error":{"type":"invalid_request_error"')
  })

  it('is refused where two servers would read it in two ways', async () => {
    const two = 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    const answer = await say(`POST /v1/messages HTTP/1.1\r\n${host()}${two}`)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })

  it('gets an error that it took too long', async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    const [theirs] = (await once(server, 'connection')) as [object]
    server.emit(
      'clientError',
      Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      theirs,
    )
    let answer = ''
    for await (const part of socket) answer += String(part)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })

  it('is hung up on where the client is gone', async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    const [theirs] = (await once(server, 'connection')) as [object]
    server.emit('clientError', Object.assign(new Error(), { code: 'ECONNRESET' }), theirs)
    let answer = ''
    for await (const part of socket) answer += String(part)
    expect(answer).toBe('')
  })

  it('is refused where headers hide behind many others, and taken with as many as clients send', async () => {
    const many = (count: number) => 'a: b\r\n'.repeat(count)
    const hidden = 'origin: https://evil.example\r\nconnection: close\r\n\r\n'
    const text = `GET /health HTTP/1.1\r\n${host()}${many(2_100)}${hidden}`
    expect(await say(text)).toMatch(/^HTTP\/1.1 (431|403) /)
    const fine = `GET /health HTTP/1.1\r\n${host()}${many(250)}connection: close\r\n\r\n`
    expect(await say(fine)).toMatch(/^HTTP\/1.1 200 /)
  })

  it('long headers of clients are taken', async () => {
    const fine = `GET / HTTP/1.1\r\n${host()}x: ${'y'.repeat(15_000)}\r\nconnection: close\r\n\r\n`
    expect(await say(fine)).toMatch(/^HTTP\/1.1 200 /)
  })
})

it('a target that names the server is read as its path', () => {
  expect(
    [
      '/v1?x=1',
      'http://127.0.0.1:1/v1?x=1',
      'HTTP://h/v1',
      'http://h',
      'http://h?x=1',
      'https://h/',
    ].map(originForm),
  ).toEqual(['/v1?x=1', '/v1?x=1', '/v1', '/', '?x=1', 'https://h/'])
})

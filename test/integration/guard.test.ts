/** Attacks on the ports of running daemons: by web pages, by foreign names, by other servers. */
import { once } from 'node:events'
import {
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPeer } from '../../src/session/peer.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let ccr: Ccr
let upstream: Upstream
let session: LiveSession
let other: LiveSession
const servers: Server[] = []
const sockets = new Set<Socket>()
const PATIENCE_MS = 30_000

beforeAll(async () => {
  upstream = await startUpstream(() => text('paid for'))
  const shop = { name: 'shop', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m', 'n'] }
  ccr = await throwawayCcr({ Providers: [shop] })
  session = await ccr.start('shop,m')
  other = await ccr.start('shop,n')
})
afterAll(async () => {
  for (const server of servers) server.close()
  for (const socket of sockets) socket.destroy()
  await ccr.remove()
  await upstream.close()
})

/** Every door of a daemon. */
const DOORS = [
  ['GET', '/'],
  ['GET', '/health?nonce=1'],
  ['GET', '/v1/models'],
  ['POST', '/v1/messages'],
  ['POST', '/v1/messages/count_tokens'],
  ['GET', '/control/status'],
  ['GET', '/control/charged'],
  ['GET', '/control/lease'],
  ['POST', '/control/stop'],
  ['POST', '/control/handover'],
] as const

const QUESTION = JSON.stringify({
  model: 'any',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'spend money' }],
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/** A request with any headers, which `fetch` would not send. */
async function ask(method: string, path: string, headers: OutgoingHttpHeaders): Promise<Answer> {
  const sent = request({
    host: '127.0.0.1',
    port: session.port,
    agent: false,
    method,
    path,
    headers,
  })
  sent.end(method === 'POST' ? QUESTION : undefined)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  return { status: answer.statusCode ?? 0, headers: answer.headers }
}

/** Both sessions serve as before, and no provider was asked meanwhile. */
async function unharmed(requests: number): Promise<void> {
  expect(upstream.requests).toHaveLength(requests)
  const rows = JSON.parse((await ccr.run(['sessions', '--json'])).stdout) as object[]
  expect(rows).toMatchObject([session, other].map(({ pid }) => ({ pid, state: 'running' })))
}

describe('a name that was made to point at this machine (DNS rebinding)', () => {
  test.each(DOORS)('opens no door, not even with the token: %s %s', async (method, path) => {
    const requests = upstream.requests.length
    for (const host of ['rebound.example', `rebound.example:${String(session.port)}`]) {
      // The page is then of the same origin as the port: the browser sends no foreign Origin.
      const authorization = `Bearer ${session.token}`
      const origin = `http://${host}`
      expect((await ask(method, path, { host, authorization })).status).toBe(403)
      expect((await ask(method, path, { host, origin, authorization })).status).toBe(403)
    }
    await unharmed(requests)
  })
})

describe('a web page that posts to localhost', () => {
  /** What a form or `fetch` with no-cors may send without asking the server first. */
  const SIMPLE = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]

  test.each(SIMPLE)('as %s reaches no provider and stops nothing', async (type) => {
    const requests = upstream.requests.length
    // A sandboxed frame and a page without referrer have the origin `null`.
    for (const origin of ['https://page.example', 'http://localhost:8080', 'null']) {
      for (const [method, path] of DOORS) {
        const answer = await ask(method, path, { origin, 'content-type': type })
        expect([answer.status, path]).toEqual([403, path])
        expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      }
    }
    await unharmed(requests)
  })

  test('gets no leave when its browser asks first (preflight)', async () => {
    const answer = await ask('OPTIONS', '/v1/messages', {
      origin: 'https://page.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
      'access-control-request-private-network': 'true',
    })
    expect(answer.status).toBe(403)
    const leave = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
    expect(leave).toEqual([])
  })
})

describe('a browser that names no Origin', () => {
  test.each(['cross-site', 'same-site'])(
    'but says that its page is %s opens no door',
    async (site) => {
      const requests = upstream.requests.length
      for (const [method, path] of DOORS) {
        expect((await ask(method, path, { 'sec-fetch-site': site })).status).toBe(403)
      }
      await unharmed(requests)
    },
  )
})

/** What came back for bytes that no client library would send. */
function exchange(text: string, port = session.port): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
    socket.write(text)
  })
}

type Irregular = readonly [what: string, request: () => string, status: number]

describe('a request that two servers could read in two ways', () => {
  const self = (): string => `127.0.0.1:${String(session.port)}`
  const POST = 'POST /v1/messages HTTP/1.1'
  const BODY = `content-length: ${String(Buffer.byteLength(QUESTION))}\r\nconnection: close\r\n\r\n${QUESTION}`
  const chunked = `transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n`

  test.each([
    ['two Host headers', () => `${POST}\r\nHost: ${self()}\r\nhost: ${self()}\r\n${BODY}`, 400],
    ['no Host header', () => `${POST}\r\n${BODY}`, 400],
    [
      'another server as its target',
      () => `POST http://evil.example/v1/messages HTTP/1.1\r\nHost: ${self()}\r\n${BODY}`,
      403,
    ],
    [
      'a target that is no path',
      () => `POST v1/messages HTTP/1.1\r\nHost: ${self()}\r\n${BODY}`,
      400,
    ],
    [
      'length and chunks',
      () => `${POST}\r\nHost: ${self()}\r\ncontent-length: 3\r\n${chunked}`,
      400,
    ],
    ['two lengths', () => `${POST}\r\nHost: ${self()}\r\ncontent-length: 3\r\n${BODY}`, 400],
    ['a method that does not exist', () => `BREW / HTTP/1.1\r\nHost: ${self()}\r\n\r\n`, 400],
    ['TRACE', () => `TRACE / HTTP/1.1\r\nHost: ${self()}\r\nconnection: close\r\n\r\n`, 405],
    ['CONNECT', () => `CONNECT ${self()} HTTP/1.1\r\nHost: ${self()}\r\n\r\n`, 405],
    ['a version to come', () => `GET / HTTP/3.7\r\nHost: ${self()}\r\n\r\n`, 505],
    ['HTTP/1.0 without a Host', () => `GET /health HTTP/1.0\r\n\r\n`, 400],
    [
      'headers of 20 KB',
      () => `${POST}\r\nHost: ${self()}\r\nx: ${'y'.repeat(20_000)}\r\n${BODY}`,
      431,
    ],
    [
      'so many headers that Origin could hide behind them',
      () =>
        `${POST}\r\nHost: ${self()}\r\n${'a:b\r\n'.repeat(2_100)}Origin: https://evil.example\r\n${BODY}`,
      431,
    ],
  ] satisfies Irregular[])(
    'is refused, in the words of the API: %s',
    async (_, request, status) => {
      const requests = upstream.requests.length
      const answer: string = await exchange(request())
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `))
      expect(answer).toMatch(/x-content-type-options: nosniff/i)
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
      expect(body).toContain('"type":"error"')
      await unharmed(requests)
    },
  )

  test('its own name as an absolute target is read like a path', async () => {
    const text = `GET http://${self()}/health HTTP/1.1\r\nHost: ${self()}\r\nconnection: close\r\n\r\n`
    expect(await exchange(text)).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('HTTP/1.0 with a Host is answered', async () => {
    expect(await exchange(`GET /health HTTP/1.0\r\nHost: ${self()}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 /,
    )
  })

  test('no answer can be taken for something else than it is', async () => {
    for (const [method, path] of DOORS.filter(([, at]) => !at.startsWith('/control'))) {
      const answer = await ask(method, path, { authorization: `Bearer ${session.token}` })
      expect([path, answer.headers['x-content-type-options']]).toEqual([path, 'nosniff'])
    }
  })
})

describe('who has no token', () => {
  const state = async (preference: string) => {
    const { stdout } = await ccr.run(['status', '--json'], { preference })
    return JSON.parse(stdout) as {
      readonly access: string
      readonly requestsWithoutToken: number
      readonly notes: readonly string[]
    }
  }

  test('is answered at the port of a preference, counted, and named with what mends it', async () => {
    const { requestsWithoutToken: before } = await state('shop,n')
    const stranger = { ...other, token: 'sk-any' }
    expect((await messagesClient(stranger, 'any').post()).status).toBe(200)
    expect((await messagesClient(other, 'any').post()).status).toBe(200)
    const after = await state('shop,n')
    expect(after).toMatchObject({ access: 'counted', requestsWithoutToken: before + 1 })
    expect(after.notes.join('\n')).toContain('CCR_MODEL_PREFERENCE=shop,n ccr env')
    expect(after.notes.join('\n')).toContain('REQUIRE_TOKEN: false')
    expect((await ccr.run(['doctor'])).stdout).toContain("without the session's token")
  })

  test('is told so by the default session, and refused as soon as REQUIRE_TOKEN is true', async () => {
    const shop = { name: 'shop', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m', 'n'] }
    const config = { Providers: [shop], Router: { default: 'shop,m' } }
    await ccr.configure(config)
    const standard = await ccr.start()
    const stranger = { ...standard, token: 'sk-any' }
    expect((await messagesClient(stranger, 'any').post()).status).toBe(200)
    expect(await state('')).toMatchObject({ access: 'open', requestsWithoutToken: 0, notes: [] })
    expect((await ccr.run(['status'])).stdout).toContain('REQUIRE_TOKEN: true')
    expect((await ccr.run(['doctor'])).stdout).toContain('answers any program on this machine')

    await ccr.configure({ ...config, REQUIRE_TOKEN: true })
    await expect.poll(() => state(''), { timeout: PATIENCE_MS }).toMatchObject({ access: 'closed' })
    expect((await messagesClient(stranger, 'any').post()).status).toBe(401)
    expect((await messagesClient(standard, 'any').post()).status).toBe(200)
    await ccr.configure({ ...config, REQUIRE_TOKEN: false })
    await expect
      .poll(() => state('shop,n'), { timeout: PATIENCE_MS })
      .toMatchObject({ access: 'open', notes: [] })
    await ccr.run(['stop'])
  })
})

describe('a token that was changed', () => {
  test('by a restart is refused from then on, without advice to retry; the new one is good', async () => {
    const preference = 'shop,m'
    const { code } = await ccr.run(['restart', '--new-token'], { preference })
    expect(code).toBe(0)
    const old = session
    session = await ccr.start(preference)
    expect(session.token).not.toBe(old.token)
    expect(session.port).toBe(old.port)
    const refused = await messagesClient(old, 'any').post()
    expect(refused.status).toBe(401)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect((await messagesClient(session, 'any').post()).status).toBe(200)
  })

  test('by a stop is another at the next start; without the option it stays', async () => {
    const preference = 'shop,m'
    await ccr.run(['stop'], { preference })
    const same = await ccr.start(preference)
    expect(same.token).toBe(session.token)
    await ccr.run(['stop', '--new-token'], { preference })
    session = await ccr.start(preference)
    expect(session.token).not.toBe(same.token)
  })
})

describe('the token of another session', () => {
  test('buys nothing and controls nothing, and no retry is advised', async () => {
    const requests = upstream.requests.length
    for (const [method, path] of DOORS.filter(([, at]) => /^.(v1|control)/.test(at))) {
      for (const credential of [
        { authorization: `Bearer ${other.token}` },
        { 'x-api-key': other.token },
      ]) {
        const answer = await ask(method, path, credential)
        expect([answer.status, path]).toEqual([401, path])
        expect(answer.headers['x-should-retry']).toBe('false')
      }
    }
    await unharmed(requests)
  })

  test('its own token does', async () => {
    expect((await messagesClient(session, 'any').post()).status).toBe(200)
    expect((await messagesClient(other, 'any').post()).status).toBe(200)
  })
})

describe('who is found where a session is remembered', () => {
  const recordOf = (of: LiveSession, port: number) => ({
    id: of.sessionId,
    host: '127.0.0.1',
    port,
    token: of.token,
  })

  test('its daemon is believed', async () => {
    const peer = await findPeer(recordOf(session, session.port), PATIENCE_MS)
    if (typeof peer === 'string') throw new Error(peer)
    expect(peer.health.pid).toBe(session.pid)
    peer.close()
  })

  test('the daemon of another session is not', async () => {
    expect(await findPeer(recordOf(session, other.port), PATIENCE_MS)).toBe('absent')
  })

  test('a server that passes every byte on to the daemon is not, and never gets the token', async () => {
    const received: Buffer[] = []
    const answered: Buffer[] = []
    const server = createServer((socket) => {
      const onward = connect(session.port, '127.0.0.1')
      for (const end of [socket, onward]) {
        sockets.add(end)
        end.on('error', () => undefined)
      }
      socket.on('data', (part) => received.push(part))
      onward.on('data', (part) => answered.push(part))
      socket.pipe(onward).pipe(socket)
    }).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    expect(await findPeer(recordOf(session, port), PATIENCE_MS)).toBe('absent')
    expect(Buffer.concat(received).toString()).toContain('/health?nonce=')
    expect(Buffer.concat(received).toString()).not.toContain(session.token)
    expect(Buffer.concat(answered).toString()).not.toMatch(/"proof"|ccr-tok/)
  })

  test('a server that also puts the daemon’s own name and nonce in its place is not', async () => {
    const received: string[] = []
    const answered: Buffer[] = []
    const server = createServer((socket) => {
      const onward = connect(session.port, '127.0.0.1')
      for (const end of [socket, onward]) {
        sockets.add(end)
        end.on('error', () => undefined)
      }
      const relayPort = (server.address() as AddressInfo).port
      socket.on('data', (part) => {
        received.push(part.toString())
        onward.write(part.toString().replaceAll(String(relayPort), String(session.port)))
      })
      onward.on('data', (part) => answered.push(part))
      onward.pipe(socket)
    }).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    // The daemon does prove itself, but for another nonce.
    expect(await findPeer(recordOf(session, port), PATIENCE_MS)).toBe('absent')
    expect(Buffer.concat(answered).toString()).toContain('"proof"')
    expect(received.join('')).not.toContain(session.token)
  })
})

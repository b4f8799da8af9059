import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { proofOf } from '../lib/secret.ts'
import { COMMAND_LIMIT_MS, findPeer, provePeer, readJson, SilentPeer } from './peer.ts'

const token = 'ccr-tok-secret'
const open: { close(): unknown; closeAllConnections?(): void }[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const server of open.splice(0)) {
    server.closeAllConnections?.()
    server.close()
  }
})

async function serve(handle: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}

const nonceOf = (req: IncomingMessage): string =>
  new URL(req.url ?? '', 'http://x').searchParams.get('nonce') ?? ''

/** Answers as the session's own daemon would; notes the requests. */
function daemon(seen: IncomingMessage[], id = 'abc'): RequestListener {
  return (req, res) => {
    seen.push(req)
    const proof = proofOf(token, nonceOf(req))
    res.end(JSON.stringify({ status: 'ok', sessionId: id, pid: 7, proof }))
  }
}

const address = (port: number) => ({ id: 'abc', host: '127.0.0.1', port, token })

test('a daemon that knows the token is proved and then asked with it', async () => {
  const seen: IncomingMessage[] = []
  const { port } = await serve(daemon(seen))
  const peer = await provePeer(address(port), 5_000)
  expect(peer?.health).toEqual({ status: 'ok', pid: 7 })
  await readJson(await peer!.ask('GET', '/control/status'))
  peer?.close()
  expect(seen.map((req) => req.headers.authorization)).toEqual([undefined, `Bearer ${token}`])
  expect(seen[0]?.url).not.toContain(token)
})

test.each<[string, RequestListener]>([
  [
    'repeats the nonce',
    (req, res) =>
      res.end(JSON.stringify({ status: 'ok', sessionId: 'abc', pid: 7, proof: nonceOf(req) })),
  ],
  [
    'knows another token',
    (req, res) =>
      res.end(
        JSON.stringify({
          status: 'ok',
          sessionId: 'abc',
          pid: 7,
          proof: proofOf('x', nonceOf(req)),
        }),
      ),
  ],
  ['only says ok', (_req, res) => res.end('{"status":"ok"}')],
  ['answers HTML', (_req, res) => res.end('<html>')],
  [
    'sends without end',
    (_req, res) => {
      // Its callback tells that the client is gone; `res.destroyed` may not, before 'close' (Node 24).
      const more = (failed?: Error | null): void => {
        if (!failed) res.write('x'.repeat(65_536), more)
      }
      more()
    },
  ],
  ['hangs up', (_req, res) => res.destroy()],
])('a stranger who %s is not proved and never gets the token', async (_, answer) => {
  const heads: string[] = []
  const { port } = await serve((req, res) => {
    heads.push(JSON.stringify([req.url, req.headers]))
    answer(req, res)
  })
  expect(await provePeer(address(port), 5_000)).toBeNull()
  expect(heads).toHaveLength(1)
  expect(heads[0]).not.toContain(token)
})

test('a stranger who says nothing is given up after the limit', async () => {
  const sockets: Socket[] = []
  const server = createNetServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await provePeer(address(port), 50)).toBeNull()
  for (const socket of sockets) socket.destroy()
})

/** Proves itself, then begins each answer with `begun` and falls silent. */
function hanging(begun: string, arrived: () => void): RequestListener {
  return (req, res) => {
    if (nonceOf(req) !== '') return daemon([])(req, res)
    if (begun !== '') res.write(begun)
    arrived()
  }
}

test.each([
  ['before it answers', ''],
  ['in the middle of an answer', '{"pid":'],
])('a daemon that hangs after its proof, %s, is given up after the limit', async (_, begun) => {
  let arrived = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const { port } = await serve(hanging(begun, arrived))
  const peer = await provePeer(address(port), 5_000)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const answered = peer!.ask('GET', '/control/status')
  const failed = expect(answered.then((answer) => readJson(answer))).rejects.toThrow(SilentPeer)
  await reached
  if (begun !== '') await answered
  vi.advanceTimersByTime(COMMAND_LIMIT_MS)
  await failed
  expect(vi.getTimerCount()).toBe(0)
})

test('an answer that has come leaves no timer behind, however long the next one may take', async () => {
  const { port } = await serve(daemon([]))
  const peer = await provePeer(address(port), 5_000)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await readJson(await peer!.ask('GET', '/control/status'))
  expect(vi.getTimerCount()).toBe(0)
  peer?.close()
})

test('a daemon of another session is not proved', async () => {
  const { port } = await serve(daemon([], 'other'))
  expect(await provePeer(address(port), 5_000)).toBeNull()
})

test('nobody listens: not proved', async () => {
  const { port, server } = await serve(daemon([]))
  server.close()
  expect(await provePeer(address(port), 5_000)).toBeNull()
})

test('the token goes over no other connection than the one that was proved', async () => {
  const heads: (string | undefined)[] = []
  const { port } = await serve((req, res) => {
    heads.push(req.headers.authorization)
    res.setHeader('connection', 'close')
    daemon([])(req, res)
  })
  const peer = await provePeer(address(port), 5_000)
  await expect(peer!.ask('GET', '/control/status')).rejects.toThrow(/connection/)
  expect(heads).toEqual([undefined])
})

test('the nonce names the port that was asked', async () => {
  const seen: IncomingMessage[] = []
  const { port } = await serve(daemon(seen))
  ;(await provePeer(address(port), 5_000))?.close()
  expect(nonceOf(seen[0]!)).toMatch(new RegExp(`^[0-9a-f]{48}\\.${String(port)}$`))
})

test('the limit of the proof does not end the connection later, nor does who waited for it', async () => {
  const patience = new AbortController()
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal)
  const { port } = await serve(daemon([]))
  const unwanted = new AbortController()
  const peer = await findPeer(address(port), 5_000, unwanted.signal)
  expect(timeout).toHaveBeenCalledWith(5_000)
  timeout.mockRestore()
  patience.abort()
  unwanted.abort()
  if (typeof peer === 'string') throw new Error(peer)
  expect(await readJson(await peer.ask('GET', '/control/status'))).toMatchObject({ pid: 7 })
  peer.close()
})

test('why nobody is proved: nobody is there, or nobody answers, or nobody wants to know', async () => {
  const { port } = await serve(() => undefined)
  expect(await findPeer(address(port), 50)).toBe('silent')
  const unwanted = new AbortController()
  const looking = findPeer(address(port), 60_000, unwanted.signal)
  setImmediate(() => unwanted.abort())
  expect(await looking).toBe('absent')
  const other = await serve(daemon([], 'other'))
  expect(await findPeer(address(other.port), 5_000)).toBe('absent')
  expect(await findPeer({ ...address(port), port: null }, 5_000)).toBe('absent')
  expect(await findPeer({ ...address(port), token: '' }, 5_000)).toBe('absent')
})

test('of a stranger who sends without end little is read', async () => {
  let sent = 0
  const { port } = await serve((_req, res) => {
    const more = (failed?: Error | null): void => {
      if (failed) return
      sent += 65_536
      res.write('x'.repeat(65_536), more)
    }
    more()
  })
  expect(await findPeer(address(port), 60_000)).toBe('absent')
  expect(sent).toBeLessThan(64 * 1024 * 1024)
})

test('a daemon that drains says so, and what else it says is no state of ours', async () => {
  const says = async (status: string) => {
    const { port } = await serve((req, res) => {
      const proof = proofOf(token, nonceOf(req))
      res.end(JSON.stringify({ status, sessionId: 'abc', pid: 7, proof }))
    })
    const peer = await provePeer(address(port), 5_000)
    peer?.close()
    return peer?.health.status
  }
  expect([await says('draining'), await says('whatever')]).toEqual(['draining', 'ok'])
})

test('a question has its headers, its body and the token, which no header of ours replaces', async () => {
  const seen: IncomingMessage[] = []
  let body = ''
  const { port } = await serve((req, res) => {
    if (nonceOf(req) !== '') {
      daemon([])(req, res)
      return
    }
    seen.push(req)
    req.setEncoding('utf8').on('data', (part: string) => (body += part))
    req.on('end', () => res.end('[1]'))
  })
  const peer = await provePeer(address(port), 5_000)
  const headers = { 'x-mine': '1', authorization: 'Bearer other' }
  const answer = await peer!.ask('POST', '/control/stop', { drainMs: 5 }, { headers })
  expect(await readJson(answer)).toEqual([1])
  expect([seen[0]?.method, seen[0]?.url, body]).toEqual(['POST', '/control/stop', '{"drainMs":5}'])
  expect(seen[0]?.headers).toMatchObject({
    ...{ 'x-mine': '1', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
  await readJson(await peer!.ask('GET', '/control/status'))
  expect(seen[1]?.headers['content-type']).toBeUndefined()
  peer?.close()
})

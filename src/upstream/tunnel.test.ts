/** A connection through a proxy, as it is opened and for as long as it lasts. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOCAL_CERTIFICATE, LOCAL_KEY } from '../../test/support/certificate.ts'
import { startConnectProxy, startSocksProxy } from '../../test/support/proxies.ts'
import { answered, startRawProvider } from '../../test/support/raw-provider.ts'
import { createUpstream } from './send.ts'
import { openTunnel } from './tunnel.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closing.splice(0).reverse()) await close()
})

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Waits for what a server does, without the clock, which stands. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

const LIMIT = 20_000
const tunnel = async (proxyUrl: string): Promise<Socket> => {
  const socket = await openTunnel({
    proxy: { url: new URL(proxyUrl), setBy: 'PROXY_URL' },
    destination: { host: 'provider.test', port: 443 },
    limitMs: LIMIT,
    secureContext: () => undefined,
  })
  closing.push(() => socket.destroy())
  return socket
}

/** A proxy that says this to the first words of each client. */
async function saying(words: string): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(words))
  })
  return `127.0.0.1:${String(await listening(server))}`
}

describe('a tunnel', () => {
  it.each([
    ['http', startConnectProxy],
    ['socks5', startSocksProxy],
    ['socks5h', startSocksProxy],
    ['socks', startSocksProxy],
  ])('of an %s proxy lives on when the limit for opening it has passed', async (scheme, start) => {
    const echo = createServer((socket) => socket.pipe(socket))
    const proxy = await start({ leadTo: await listening(echo) })
    closing.push(() => proxy.close())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const socket = await tunnel(`${scheme}://${proxy.host}`)
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10 * LIMIT)
    socket.write('still there')
    const [received] = (await once(socket.resume(), 'data')) as [Buffer]
    expect(String(received)).toBe('still there')
    expect(proxy.destinations).toEqual(['provider.test:443'])
  })

  it.each(['http', 'socks5'] as const)(
    'of an %s proxy that says nothing is given up at the limit, with its connection',
    async (scheme) => {
      let theirs: Socket | undefined
      const server = createServer((socket) => (theirs = socket.resume()))
      const port = await listening(server)
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      let over = ''
      const opening = tunnel(`${scheme}://127.0.0.1:${String(port)}`).catch(
        (error: unknown) => (over = String(error)),
      )
      await until(() => theirs !== undefined)
      const closed = once(theirs!, 'close')
      await vi.advanceTimersByTimeAsync(LIMIT - 1)
      expect(over).toBe('')
      await vi.advanceTimersByTimeAsync(1)
      await opening
      expect(over).toContain('opened no connection within 20 s')
      await closed
    },
  )

  it.each([
    ['SSH-2.0-x\r\n\r\n', 'is no HTTP proxy'],
    ['HTTP/1.1 500 No\r\n\r\n', 'answered 500 to CONNECT provider.test:443'],
    ['HTTP/1.1 302 No\r\n\r\n', 'answered 302 to CONNECT provider.test:443'],
    ['HTTP/1.1 407 No\r\n\r\n', 'wants a user name and password'],
    ['HTTP/1.1 200', 'closed the connection'],
  ])('of a proxy that says %j is refused in words', async (words, why) => {
    await expect(tunnel(`http://${await saying(words)}`)).rejects.toThrow(why)
  })

  it('that is refused is closed by us where the proxy keeps it', async () => {
    const closed: Promise<unknown>[] = []
    const server = createServer((socket) => {
      closed.push(once(socket, 'close'))
      socket.once('data', () => socket.write('HTTP/1.1 403 No\r\n\r\n'))
    })
    const port = String(await listening(server))
    await expect(tunnel(`http://127.0.0.1:${port}`)).rejects.toThrow('answered 403')
    await Promise.all(closed)
    expect(closed).toHaveLength(1)
  })

  it('is opened by any success, and what comes behind it belongs to the provider', async () => {
    const socket = await tunnel(`http://${await saying('HTTP/1.0 204 Fine\r\n\r\nhello')}`)
    const [received] = (await once(socket.resume(), 'data')) as [Buffer]
    expect(String(received)).toBe('hello')
  })

  it('tells the proxy who asks only where it was said, and where to', async () => {
    const heads: string[] = []
    const server = createServer((socket) => {
      socket.once('data', (head: Buffer) => {
        heads.push(String(head))
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
      })
    })
    const port = String(await listening(server))
    await tunnel(`http://127.0.0.1:${port}`)
    await tunnel(`http://me:p%40ss@127.0.0.1:${port}`)
    const lines = ['CONNECT provider.test:443 HTTP/1.1', 'host: provider.test:443']
    const basic = Buffer.from('me:p@ss').toString('base64')
    expect(heads).toEqual([
      `${lines.join('\r\n')}\r\n\r\n`,
      `${[...lines, `proxy-authorization: Basic ${basic}`].join('\r\n')}\r\n\r\n`,
    ])
  })
})

describe('a proxy that is spoken to over TLS', () => {
  async function secureProxy(): Promise<string> {
    const provider = await startRawProvider({
      onRequest: ({ socket }) => socket.write(answered('ok')),
    })
    closing.push(() => provider.close())
    const proxy = await startConnectProxy({ leadTo: provider.port })
    closing.push(() => proxy.close())
    const front = createTlsServer({ key: LOCAL_KEY, cert: LOCAL_CERTIFICATE }, (socket) => {
      const onward = connect(proxy.port, '127.0.0.1')
      for (const end of [socket, onward]) end.on('error', () => undefined)
      socket.pipe(onward).pipe(socket)
    })
    return `https://localhost:${String(await listening(front))}`
  }
  const ask = async (proxyUrl: string, env: Readonly<Record<string, string>>): Promise<string> => {
    const timeouts = { connectMs: 30_000, firstByteMs: 30_000, idleMs: 30_000 }
    const network = { proxyUrl, env }
    const upstream = createUpstream({ limits: () => timeouts, network })
    closing.push(() => upstream.close())
    const call = { provider: 'p', url: 'http://provider.test/v1', headers: {}, body: '{}' }
    const answer = await upstream.send(call, new AbortController().signal)
    let text = ''
    for await (const piece of answer.body) text += Buffer.from(piece).toString()
    answer.release()
    return text
  }

  it('must have a certificate that is believed', async () => {
    const proxyUrl = await secureProxy()
    await expect(ask(proxyUrl, {})).rejects.toThrow(
      /the proxy https:\/\/localhost:\d+ \(PROXY_URL\)/,
    )
    const folder = mkdtempSync(join(tmpdir(), 'ccr-proxied-'))
    closing.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'ca.pem'), LOCAL_CERTIFICATE)
    expect(await ask(proxyUrl, { SSL_CERT_FILE: join(folder, 'ca.pem') })).toBe('ok')
  })
})

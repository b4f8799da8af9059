import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CERTIFICATE, KEY } from '../../test/support/certificate.ts'
import {
  type ProxyOptions,
  startConnectProxy,
  startSocksProxy,
  type TestProxy,
} from '../../test/support/proxies.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream as Fake } from '../../test/support/upstream.ts'
import { createUpstream, type UpstreamParts } from './send.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function fake(): Promise<Fake> {
  const started = await startUpstream(() => text('hello'))
  closing.push(() => started.close())
  return started
}

const KINDS = { http: startConnectProxy, socks5: startSocksProxy }

async function proxy(kind: keyof typeof KINDS, options: ProxyOptions): Promise<TestProxy> {
  const started = await KINDS[kind](options)
  closing.push(() => started.close())
  return started
}

interface Asking {
  readonly env?: Readonly<Record<string, string>>
  readonly connectMs?: number
  readonly sessionPort?: UpstreamParts['sessionPort']
  readonly authorities?: UpstreamParts['authorities']
  readonly note?: (text: string) => void
}

/** POSTs to a URL by way of a proxy, and gives the status. */
async function ask(url: string, proxyUrl: string, asking: Asking = {}): Promise<number> {
  const { env = {}, connectMs = 30_000, ...parts } = asking
  const timeouts = { connectMs, firstByteMs: 30_000, idleMs: 30_000 }
  const network = { proxyUrl, env }
  const upstream = createUpstream({ limits: () => timeouts, network, ...parts })
  closing.push(() => upstream.close())
  const call = { provider: 'p', url, headers: {}, body: '{}' }
  const answer = await upstream.send(call, new AbortController().signal)
  while ((await answer.body.next()).done !== true);
  answer.release()
  return answer.status
}

describe.each(['http', 'socks5'] as const)('a provider behind an %s proxy', (kind) => {
  it('is reached through it, by its name', async () => {
    const { port } = await fake()
    const { host, destinations } = await proxy(kind, { leadTo: port })
    expect(await ask('http://provider.test/v1/messages', `${kind}://${host}`)).toBe(200)
    expect(destinations).toEqual(['provider.test:80'])
  })

  it.each(['http://10.1.2.3:81/v1/messages', 'http://[fd00::5:0:1]:81/v1/messages'])(
    'is reached by its address: %s',
    async (url) => {
      const { port } = await fake()
      const { host, destinations } = await proxy(kind, { leadTo: port })
      expect(await ask(url, `${kind}://${host}`)).toBe(200)
      const v6 = kind === 'http' ? '[fd00::5:0:1]:81' : '[fd00:0:0:0:0:5:0:1]:81'
      expect(destinations).toEqual([url.includes('10.1') ? '10.1.2.3:81' : v6])
    },
  )

  it('is reached with a user name and password, and however small the pieces are', async () => {
    const { port } = await fake()
    const options = { leadTo: port, credentials: 'me:pass word', byteByByte: true }
    const { host } = await proxy(kind, options)
    const url = `${kind}://me:pass%20word@${host}`
    expect(await ask('http://provider.test/v1/messages', url)).toBe(200)
  })

  it('is not reached without, and the error names the proxy but no password', async () => {
    const { host } = await proxy(kind, { credentials: 'me:right' })
    const missing = ask('http://provider.test/v1/messages', `${kind}://${host}`)
    await expect(missing).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(
        new RegExp(`the proxy ${kind}://${host} \\(PROXY_URL\\) wants a user name and password`),
      ) as string,
    })
    const wrong = ask('http://provider.test/v1/messages', `${kind}://me:wrong@${host}`)
    await expect(wrong).rejects.toMatchObject({
      message: expect.stringMatching(/refused the user name or password/) as string,
    })
    await expect(wrong).rejects.not.toMatchObject({
      message: expect.stringContaining('wrong') as string,
    })
  })

  it('is not reached where the proxy does not let through', async () => {
    const { host } = await proxy(kind, { refuseWith: kind === 'http' ? 403 : 2 })
    const refused = ask('http://provider.test/v1/messages', `${kind}://${host}`)
    await expect(refused).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(
        /answered 403 to CONNECT provider\.test:80|does not allow this connection/,
      ) as string,
    })
  })

  it('is given up when the proxy says nothing', async () => {
    const { host } = await proxy(kind, { silent: true })
    const hung = ask('http://provider.test/v1/messages', `${kind}://${host}`, { connectMs: 50 })
    await expect(hung).rejects.toMatchObject({
      message: expect.stringContaining('opened no connection within 0.05 s') as string,
    })
  })

  it('is not reached where no proxy is', async () => {
    const gone = await proxy(kind, {})
    await gone.close()
    closing.pop()
    const refused = ask('http://provider.test/v1/messages', `${kind}://${gone.host}`)
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('refused the connection') as string,
    })
  })

  it('is reached directly where it is this machine', async () => {
    const { messagesUrl } = await fake()
    const { host, destinations } = await proxy(kind, {})
    expect(await ask(messagesUrl, `${kind}://${host}`)).toBe(200)
    expect(destinations).toEqual([])
  })

  it('speaks TLS end to end, with an authority of SSL_CERT_FILE or of the config', async () => {
    const server = createHttps({ key: KEY, cert: CERTIFICATE }, (_, res) => res.end('secret'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    const dir = mkdtempSync(join(tmpdir(), 'ccr-ca-'))
    closing.push(() => {
      rmSync(dir, { recursive: true })
      return Promise.resolve()
    })
    writeFileSync(join(dir, 'ca.pem'), CERTIFICATE)
    const { host } = await proxy(kind, { leadTo: (server.address() as AddressInfo).port })
    const url = 'https://provider.test/v1/messages'
    await expect(ask(url, `${kind}://${host}`)).rejects.toMatchObject({ status: 502 })
    const env = { SSL_CERT_FILE: join(dir, 'ca.pem') }
    expect(await ask(url, `${kind}://${host}`, { env })).toBe(200)
    const files = [join(dir, 'gone.pem'), join(dir, 'ca.pem')]
    const notes: string[] = []
    const authorities = (provider: string) => (provider === 'p' ? files : [])
    const note = (text: string) => notes.push(text)
    expect(await ask(url, `${kind}://${host}`, { authorities, note })).toBe(200)
    expect(notes).toEqual([expect.stringContaining('gone.pem is ignored: ENOENT')])
    await expect(ask(url, `${kind}://${host}`, { authorities: () => [] })).rejects.toMatchObject({
      message: expect.stringContaining('CA_FILE') as string,
    })
  })
})

describe('a proxy that is none', () => {
  it('is reported', async () => {
    const { port } = await fake()
    const at = `127.0.0.1:${String(port)}`
    await expect(ask('http://provider.test/', `socks5://${at}`)).rejects.toMatchObject({
      message: expect.stringMatching(/is no SOCKS5 proxy|closed the connection/) as string,
    })
    await expect(ask('http://provider.test/', `ftp://${at}`)).rejects.toMatchObject({
      message: expect.stringContaining('is no http, https or socks5 URL') as string,
    })
  })
})

describe('a session that would call itself', () => {
  it('is told the setting that is wrong', async () => {
    const sessionPort = () => 3456
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const self = ask(`http://${host}:3456/v1/messages`, '', { sessionPort })
      await expect(self).rejects.toMatchObject({
        shouldRetry: false,
        message: expect.stringContaining('its api_base_url must be') as string,
      })
    }
    const proxied = ask('https://provider.test/', 'http://127.0.0.1:3456', { sessionPort })
    await expect(proxied).rejects.toMatchObject({
      message:
        'p cannot be reached: the proxy http://127.0.0.1:3456 (PROXY_URL) is this session of ccr itself.',
    })
    const other = ask('http://127.0.0.1:1/v1/messages', '', { sessionPort })
    await expect(other).rejects.toMatchObject({
      message: expect.stringContaining('refused') as string,
    })
  })
})

/** What is set for one provider does not affect another one: authorities, connections. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOCAL_CERTIFICATE, LOCAL_KEY } from '../../test/support/certificate.ts'
import {
  answered,
  type RawProviderOptions,
  startRawProvider,
} from '../../test/support/raw-provider.ts'
import type { Timeouts } from './timeouts.ts'
import { createUpstream, type Upstream, type UpstreamParts } from './send.ts'
import { authoritiesOf, secureContexts } from './tls.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
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

async function provider(options: RawProviderOptions = {}) {
  const onRequest: RawProviderOptions['onRequest'] = ({ socket }) => socket.write(answered('ok'))
  const started = await startRawProvider({ onRequest, ...options })
  closing.push(() => started.close())
  return { started, url: `http://127.0.0.1:${String(started.port)}/v1` }
}

/** A server that speaks TLS with the certificate of this machine, and answers. */
async function secure(): Promise<string> {
  const server = createTlsServer({ key: LOCAL_KEY, cert: LOCAL_CERTIFICATE }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write(answered('secret')))
  })
  return `https://localhost:${String(await listening(server))}/v1`
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-apart-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, text)
  return path
}

async function ask(one: Upstream, url: string, name = 'p'): Promise<string> {
  const call = { provider: name, url, headers: {}, body: '{}' }
  const answer = await one.send(call, new AbortController().signal)
  let text = ''
  for await (const piece of answer.body) text += Buffer.from(piece).toString()
  answer.release()
  return text
}

describe('an authority of one provider', () => {
  it('is trusted for this provider only, whichever is called first', async () => {
    const url = await secure()
    const ca = file(LOCAL_CERTIFICATE)
    const authorities = (name: string) => (name === 'own' ? [ca] : [])
    for (const order of [
      ['own', 'other'],
      ['other', 'own'],
    ]) {
      const one = upstream({ authorities })
      const outcomes: string[] = []
      for (const name of order) {
        outcomes.push(await ask(one, url, name).catch((error: unknown) => (error as Error).message))
      }
      expect(outcomes[order.indexOf('own')]).toBe('secret')
      expect(outcomes[order.indexOf('other')]).toContain('name its file in the config')
    }
  })

  it('is added to the one of the config, and an empty one is ignored', () => {
    const base = { url: '', apiKey: '', models: [], missing: [] }
    const providers = [
      { ...base, name: 'p', caFile: '/p.pem' },
      { ...base, name: 'q' },
      { ...base, name: 'r', caFile: '' },
    ]
    const both = authoritiesOf({ providers, caFile: '/all.pem' })
    expect(['p', 'q', 'r', 'x'].map(both)).toEqual([
      ['/all.pem', '/p.pem'],
      ['/all.pem'],
      ['/all.pem'],
      ['/all.pem'],
    ])
    const withoutConfig = authoritiesOf({ providers, caFile: '' })
    expect(['p', 'q'].map(withoutConfig)).toEqual([['/p.pem'], []])
  })

  it('is read once, and without any Node’s default applies', () => {
    const notes: string[] = []
    const trust = secureContexts({}, (text) => notes.push(text))
    expect(trust([])).toBeUndefined()
    const ca = file(LOCAL_CERTIFICATE)
    const made = trust([ca])
    expect(made).toBeDefined()
    rmSync(ca)
    expect(trust([ca])).toBe(made)
    expect(notes).toEqual([])
  })

  it('of the environment is named where it cannot be read, and is left out', () => {
    const notes: string[] = []
    const env = { SSL_CERT_FILE: '/not/there.pem', NODE_EXTRA_CA_CERTS: '/nor/there.pem' }
    const trust = secureContexts(env, (text) => notes.push(text))
    expect(trust([])).toBeUndefined()
    expect(notes).toEqual([expect.stringMatching(/^SSL_CERT_FILE is ignored: ENOENT/)])
    expect(trust([file(LOCAL_CERTIFICATE)])).toBeDefined()
    expect(notes.slice(1)).toEqual([
      expect.stringMatching(/^SSL_CERT_FILE is ignored/),
      expect.stringMatching(/^NODE_EXTRA_CA_CERTS is ignored/),
    ])
  })
})

describe('connections', () => {
  it('are kept for the next request, and closed with the session', async () => {
    const sockets: Socket[] = []
    const { started, url } = await provider({ onConnection: (socket) => sockets.push(socket) })
    const one = upstream()
    expect(await ask(one, url)).toBe('ok')
    // The library takes a connection for free a turn after its answer has ended.
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(await ask(one, url)).toBe('ok')
    expect(started.connections).toBe(1)
    const closed = once(sockets[0]!, 'end')
    await one.close()
    await closed
    await expect(ask(one, url)).rejects.toThrow()
  })

  it('take answers with long headers, as proxies write them', async () => {
    const head = (bytes: number) => `HTTP/1.1 200 OK\r\nx-policy: ${'x'.repeat(bytes)}\r\n`
    let bytes = 60_000
    const { url } = await provider({
      onRequest: ({ socket }) => socket.write(`${head(bytes)}content-length: 2\r\n\r\nok`),
    })
    const one = upstream()
    expect(await ask(one, url)).toBe('ok')
    bytes = 70_000
    await expect(ask(one, url)).rejects.toThrow('more headers than ccr reads')
  })
})

/** What a peer may say and how long it may take, and what is left of that. */
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { proofOf } from '../lib/secret.ts'
import { findPeer, type Peer, provePeer, readJson } from './peer.ts'

const token = 'ccr-tok-secret'
const closing: (() => unknown)[] = []
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) close()
})

/** The port of a server on this machine. */
async function serve(handle: RequestListener): Promise<number> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
const address = (port: number) => ({ id: 'abc', host: '127.0.0.1', port, token })
const proofFor = (req: IncomingMessage): string =>
  proofOf(token, new URL(req.url ?? '', 'http://x').searchParams.get('nonce') ?? '')

/** A daemon that has proved itself, and answers the next question so. */
async function proved(answer: (res: ServerResponse) => unknown): Promise<Peer> {
  const port = await serve((req, res) => {
    if (req.url?.startsWith('/health') !== true) answer(res)
    else res.end(JSON.stringify({ sessionId: 'abc', pid: 7, proof: proofFor(req) }))
  })
  const peer = await provePeer(address(port), 5_000)
  if (!peer) throw new Error('not proved')
  closing.push(() => peer.close())
  return peer
}

it('the limit is one for the whole of the proof, however often something comes', async () => {
  const patience = new AbortController()
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal)
  const port = await serve((_req, res) => {
    res.write('{"sessionId":')
    setImmediate(() => patience.abort())
  })
  expect(await findPeer(address(port), 60_000)).toBe('silent')
})

it.each([
  ['without a pid', (proof: string) => ({ sessionId: 'abc', proof })],
  ['with a pid that is no number', (proof: string) => ({ sessionId: 'abc', pid: '7', proof })],
  ['with a proof that is no text', () => ({ sessionId: 'abc', pid: 7, proof: 7 })],
  ['without a proof', () => ({ sessionId: 'abc', pid: 7 })],
])('an answer %s proves nothing', async (_, answer) => {
  const port = await serve((req, res) => res.end(JSON.stringify(answer(proofFor(req)))))
  expect(await findPeer(address(port), 5_000)).toBe('absent')
})

it('a daemon is asked under the address that it has', async () => {
  const hosts: unknown[] = []
  const port = await serve((req, res) => {
    hosts.push(req.headers.host)
    res.end()
  })
  await findPeer(address(port), 5_000)
  expect(hosts).toEqual([`127.0.0.1:${String(port)}`])
})

it('a connection that is closed without an answer leaves no timer, which would keep a command from ending', async () => {
  const peer = await proved((res) => res.destroy())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await expect(peer.ask('GET', '/control/status')).rejects.toThrow()
  while (vi.getTimerCount() > 0) await new Promise((resolve) => setImmediate(resolve))
})

it.each([
  ['{"pid":7}', { pid: 7 }],
  ['null', {}],
  ['7', {}],
  ['"text"', {}],
  ['true', {}],
  ['', {}],
  ['<html>', {}],
  ['{"pid":', {}],
])('of an answer that is %s as much is known as is in an object', async (text, found) => {
  const peer = await proved((res) => res.end(text))
  expect(await readJson(await peer.ask('GET', '/control/status'))).toEqual(found)
})

it('an answer in which a character comes in two pieces is whole', async () => {
  const bytes = Buffer.from('{"note":"größer"}')
  const at = bytes.indexOf(0xc3) + 1
  const peer = await proved((res) => {
    res.write(bytes.subarray(0, at))
    setImmediate(() => res.end(bytes.subarray(at)))
  })
  expect(await readJson(await peer.ask('GET', '/control/status'))).toEqual({ note: 'größer' })
})

import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { proofOf } from '../../lib/secret.ts'
import { openMessages, RefusedError } from './messages.ts'

const session = { id: 'abc', host: '127.0.0.1', token: 'ccr-tok-secret' }
const open: { close(): unknown; closeAllConnections(): void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server that notes what it was sent, and on which connection. */
async function serve(handle: RequestListener) {
  const received: { readonly text: string; readonly socket: Socket }[] = []
  const server = createServer((req, res) => {
    let body = ''
    req.setEncoding('utf8').on('data', (part: string) => (body += part))
    req.on('end', () => {
      received.push({
        text: `${req.method ?? ''} ${req.url ?? ''}\n${req.rawHeaders.join('\n')}\n${body}`,
        socket: req.socket,
      })
      handle(req, res)
    })
  }).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return { received, address: { ...session, port: (server.address() as AddressInfo).port } }
}

const nonceOf = (url = ''): string | null => new URL(url, 'http://x').searchParams.get('nonce')

/** The session's daemon, which answers a request for an answer so. */
const daemon =
  (answer: (res: ServerResponse) => void): RequestListener =>
  (req, res) => {
    const nonce = nonceOf(req.url)
    if (nonce === null) return answer(res)
    const proof = proofOf(session.token, nonce)
    res.end(JSON.stringify({ status: 'ok', sessionId: session.id, pid: 7, proof }))
  }

const events = (res: ServerResponse): void => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.end('data: {"type":"message_start"}\n\ndata: {"type":"message_stop"}\n\n')
}

const signal = new AbortController().signal
const body = { messages: [{ role: 'user', content: 'a private prompt' }] }

test('the prompt and the token go over the connection that was proved, which is then closed', async () => {
  const { received, address } = await serve(daemon(events))
  const { events: stream } = await openMessages(address, body, { signal, conversation: 'c' })
  const types: unknown[] = []
  for await (const event of stream) types.push(event.type)
  expect(types).toEqual(['message_start', 'message_stop'])
  const [proving, asking] = received
  expect(received).toHaveLength(2)
  expect(proving?.text).not.toMatch(/ccr-tok-secret|private/)
  expect(asking?.text).toMatch(/^POST \/v1\/messages\n/)
  expect(asking?.text).toMatch(
    /Bearer ccr-tok-secret[^]*x-claude|x-claude[^]*Bearer ccr-tok-secret/,
  )
  expect(asking?.text).toContain('"stream":true')
  expect(asking?.socket).toBe(proving?.socket)
  if (!asking?.socket.destroyed) await once(asking!.socket, 'close')
})

test.each<[string, RequestListener]>([
  ['answers as a model would', (_req, res) => events(res)],
  [
    'proves another token',
    (req, res) => {
      const proof = proofOf('x', nonceOf(req.url) ?? '')
      res.end(JSON.stringify({ status: 'ok', sessionId: 'abc', pid: 7, proof }))
    },
  ],
  ['hangs up', (_req, res) => res.destroy()],
])('a stranger on the port who %s gets neither token nor prompt', async (_, handle) => {
  const { received, address } = await serve(handle)
  await expect(openMessages(address, body, { signal })).rejects.toThrow(
    'no daemon of session abc answers on its port',
  )
  expect(received.map(({ text }) => text).join()).not.toMatch(/ccr-tok-secret|private/)
})

test('a stranger who takes the port behind the proof gets neither token nor prompt', async () => {
  const { received, address } = await serve((req, res) => {
    res.setHeader('connection', 'close') // the next connection would be the stranger's
    daemon(events)(req, res)
  })
  await expect(openMessages(address, body, { signal })).rejects.toThrow(/connection/)
  expect(received).toHaveLength(1)
  expect(received[0]?.text).not.toMatch(/ccr-tok-secret|private/)
})

test('a refusal says what the session said, and leaves no connection behind', async () => {
  const { received, address } = await serve(
    daemon((res) => res.writeHead(429).end('{"error":{"message":"wait a little"}}')),
  )
  const refused = openMessages(address, body, { signal })
  await expect(refused).rejects.toThrow(RefusedError)
  await expect(refused).rejects.toMatchObject({ status: 429, message: 'wait a little' })
  const socket = received[1]!.socket
  if (!socket.destroyed) await once(socket, 'close')
})

test('an abort ends a request that nobody answers yet', async () => {
  const controller = new AbortController()
  const { address } = await serve(daemon(() => controller.abort(new Error('the user left'))))
  await expect(openMessages(address, body, { signal: controller.signal })).rejects.toThrow()
})

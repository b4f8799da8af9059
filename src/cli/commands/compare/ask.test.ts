import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { proofOf } from '../../../lib/secret.ts'
import { ask } from './ask.ts'

test('a time limit that is longer than any timer waits is no limit of a millisecond', async () => {
  const events = [
    { type: 'message_start', message: { model: 'p,m', usage: {} } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'whole' } },
    { type: 'message_stop' },
  ]
  const session = { id: 'abc', host: '127.0.0.1', token: 't' }
  const server = createServer((req, res) => {
    const nonce = new URL(req.url ?? '', 'http://x').searchParams.get('nonce')
    if (nonce !== null) {
      const proof = proofOf(session.token, nonce)
      res.end(JSON.stringify({ status: 'ok', sessionId: session.id, pid: 7, proof }))
      return
    }
    setTimeout(() => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
    }, 50) // a timer that overflows fires after 1 ms
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const signal = new AbortController().signal
  for (const timeoutMs of [3e9, 1e12]) {
    const request = { body: {}, conversation: 'c', signal, timeoutMs }
    const answer = await ask(() => Promise.resolve({ ...session, port }), request)
    expect(answer).toMatchObject({ outcome: 'answered', text: 'whole' })
  }
  server.close()
  server.closeAllConnections()
})

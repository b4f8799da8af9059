import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import type { Call } from '../providers/configured/call.ts'
import { withViaHeader, checkVia } from './loop-detection.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Asks a gateway whose session is `deadbeef`, in front of a server that keeps the headers it saw. */
async function ask(headers: Record<string, string>) {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((req, res) => {
    seen.push(req.headers)
    req.resume()
    res.end('{"type":"message","content":[]}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/messages`
  const provider = { name: 'p', url, apiKey: 'k', models: ['m'], missing: [] }
  const gateway = await gatewayServer({ providers: [provider] })
  closing.push(
    () => server.close(),
    () => gateway.close(),
  )
  const messages = [{ role: 'user', content: 'hi' }]
  const response = await gateway.post({ model: 'p,m', max_tokens: 9, messages }, { headers })
  return { response, seen }
}

describe('sessions that are providers of one another', () => {
  it('pass on which sessions a request has come through', async () => {
    const { response, seen } = await ask({ 'x-ccr-via': 'aaaaaaaa' })
    expect(response.status).toBe(200)
    expect(seen.map((headers) => headers['x-ccr-via'])).toEqual(['aaaaaaaa,deadbeef'])
  })

  it('refuse a request that comes back', async () => {
    const { response, seen } = await ask({ 'x-ccr-via': 'deadbeef,aaaaaaaa' })
    expect([response.status, seen.length]).toEqual([502, 0])
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.text()).toContain('has come through this session of ccr before')
  })

  it('do not pass it on to another machine', async () => {
    const calls: Call[] = []
    let isClosed = false
    const upstream = withViaHeader(
      {
        send(call) {
          calls.push(call)
          return Promise.reject(new Error('no answer'))
        },
        close() {
          isClosed = true
          return Promise.resolve()
        },
      },
      'aaaaaaaa',
    )
    const { signal } = new AbortController()
    for (const host of ['api.example.com', '127.0.0.1:3456', 'localhost', '[::1]:1']) {
      const call = { provider: 'p', url: `http://${host}/v1`, headers: { a: '1' }, body: '' }
      await upstream.send(call, signal).catch(() => undefined)
    }
    const via = { a: '1', 'x-ccr-via': 'aaaaaaaa' }
    expect(calls.map(({ headers }) => headers)).toEqual([{ a: '1' }, via, via, via])
    await upstream.close()
    expect(isClosed).toBe(true)
  })

  it('know themselves among several, and not by a part of their names', () => {
    expect(checkVia({}, 'b')).toBe('b')
    expect(checkVia({ 'x-ccr-via': 'a,bb' }, 'b')).toBe('a,bb,b')
    expect(() => checkVia({ 'x-ccr-via': 'a,b,c' }, 'b')).toThrow('lead back to it')
  })
})

/** Servers that speak the Messages API and answer with a document, or nothing, to whatever is asked. */
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Asks a gateway in front of a server that always answers so. */
async function ask(answer: string, stream: boolean): Promise<Response> {
  const server = createServer((req, res) => {
    req.resume()
    res.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/messages`
  const gateway = await gatewayServer({
    providers: [{ name: 'p', url, apiKey: 'k', models: ['m'], missing: [] }],
    retry: { repeats: 0, repeatWithinMs: 0 },
  })
  closing.push(
    () => server.close(),
    () => gateway.close(),
  )
  const messages = [{ role: 'user', content: 'hi' }]
  return gateway.post({ model: 'p,m', max_tokens: 9, stream, messages })
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
    { type: 'redacted_thinking', data: 'abc' },
    { type: 'text', text: 'héllo' },
    { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: '/a', deep: [1, null] } },
    { type: 'tool_use', id: 'toolu_2', name: 'Now', input: {} },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 7 },
}

it('a document in the place of a stream becomes the stream that says the same', async () => {
  const response = await ask(JSON.stringify(MESSAGE), true)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = await response.text()
  const lines = text.split('\n').filter((line) => line.startsWith('data: '))
  const events = lines.map((line) => line.slice('data: '.length)).join('\n')
  const body = new Response(events).body
  if (body === null) throw new Error('no body')
  expect(await MessageStream.fromReadableStream(body).finalMessage()).toMatchObject(MESSAGE)
})

it('a document that was asked for stays as it is', async () => {
  const bytes = JSON.stringify(MESSAGE, null, 1)
  expect(await (await ask(bytes, false)).text()).toBe(bytes)
})

it.each([true, false])('nothing is an error, not an empty answer (stream: %s)', async (stream) => {
  const response = await ask('', stream)
  expect(response.status).toBe(502)
  expect(await response.json()).toMatchObject({
    type: 'error',
    error: { type: 'api_error', message: 'p answered with nothing.' },
  })
})

/** Servers that speak the Messages API, more or less: a document for a stream, and the other way round. */
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { messageToEvents } from '../protocols/anthropic/response.ts'
import { gatewayServer } from '../../test/support/gateway.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Answer = (res: ServerResponse) => void

const sent =
  (body: string, type = 'application/json'): Answer =>
  (res) =>
    res.writeHead(200, { 'content-type': type }).end(body)

/** Asks a gateway in front of a server that always answers so. */
async function ask(answer: string | Answer, stream: boolean): Promise<Response> {
  const respond = typeof answer === 'string' ? sent(answer) : answer
  const server = createServer((req, res) => {
    req.resume()
    respond(res)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/messages`
  const gateway = await gatewayServer({
    providers: [{ name: 'p', url, apiKey: 'k', models: ['m'], missing: [] }],
    retry: { repeats: 0, repeatWithinMs: 0, afterSend: false },
  })
  closing.push(
    () => {
      server.closeAllConnections()
      server.close()
    },
    () => gateway.close(),
  )
  const messages = [{ role: 'user', content: 'hi' }]
  return gateway.post({ model: 'p,m', max_tokens: 9, stream, messages })
}

/** The answer names the model that was asked for. */
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'p,m',
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

/** What the client makes of a stream. */
async function streamed(response: Response): Promise<object> {
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = await response.text()
  expect(text).not.toContain('event: error')
  const lines = text.split('\n').filter((line) => line.startsWith('data: '))
  const events = lines.map((line) => line.slice('data: '.length)).join('\n')
  const body = new Response(events).body
  if (body === null) throw new Error('no body')
  return MessageStream.fromReadableStream(body).finalMessage()
}

const STREAM = messageToEvents(MESSAGE) ?? ''

it.each(['application/json', 'text/event-stream', 'text/plain'])(
  'a document in the place of a stream becomes the stream that says the same (%s)',
  async (type) => {
    for (const mark of ['', '\ufeff\n']) {
      const response = await ask(sent(mark + JSON.stringify(MESSAGE), type), true)
      expect(await streamed(response)).toMatchObject(MESSAGE)
    }
  },
)

it.each(['text/event-stream', 'application/json', 'text/plain'])(
  'a stream in the place of a document becomes the document that says the same (%s)',
  async (type) => {
    const response = await ask(sent(STREAM, type), false)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject(MESSAGE)
  },
)

it.each(['text/event-stream', 'application/octet-stream'])(
  'a stream is one by what it says (%s)',
  async (type) => {
    expect(await streamed(await ask(sent(STREAM, type), true))).toMatchObject(MESSAGE)
  },
)

it('a stream is whole without the blank line behind its last event', async () => {
  for (const cut of [STREAM.trimEnd(), `${STREAM.trimEnd()}\r\n`]) {
    expect(await streamed(await ask(sent(cut, 'text/event-stream'), true))).toMatchObject(MESSAGE)
  }
})

it('a stream is whole once it has stopped, whatever becomes of its connection', async () => {
  const announced = (then: (res: ServerResponse) => void): Answer => {
    return (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(STREAM, () => then(res))
    }
  }
  for (const then of [() => undefined, (res: ServerResponse) => res.destroy()]) {
    expect(await streamed(await ask(announced(then), true))).toMatchObject(MESSAGE)
  }
})

it('a stream is whole with its stop reason, where its connection breaks before the last event', async () => {
  const text = STREAM.slice(0, STREAM.indexOf('event: message_stop'))
  const response = await ask((res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write(text, () => setImmediate(() => res.destroy()))
  }, true)
  expect(await streamed(response)).toMatchObject(MESSAGE)
})

it.each(['{"id":"msg_1","ty', '[]', 'null', '<html>'])(
  'what is no message is an error, not an answer: %s',
  async (body) => {
    for (const stream of [true, false]) {
      const response = await ask(sent(body, 'text/plain'), stream)
      expect(response.status).toBe(502)
      expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    }
  },
)

it.each([
  ['{', ' '.repeat(1024 * 1024)],
  ['', '\n'.repeat(1024 * 1024)],
  ['', `data: {"type":"content_block_delta","x":"${'x'.repeat(1024 * 1024)}"}\n\n`],
])('a document without an end is given up (%j)', async (first, rest) => {
  const response = await ask((res) => {
    Readable.from(endless(Buffer.from(first), Buffer.from(rest))).pipe(res)
  }, false)
  expect(response.status).toBe(502)
  expect(await response.text()).toContain('p sent a longer answer than ccr reads.')
})

function* endless(first: Buffer, rest: Buffer): Generator<Buffer> {
  yield first
  for (;;) yield rest
}

it('a stream may be longer than what ccr holds of one answer', async () => {
  const piece = 'x'.repeat(1024 * 1024)
  const delta = {
    type: 'content_block_delta',
    index: 2,
    delta: { type: 'text_delta', text: piece },
  }
  const [before = '', after = ''] = STREAM.split(
    /(?=event: content_block_stop\ndata: [^\n]*"index":2)/,
  )
  const frame = `event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`
  const response = await ask((res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    Readable.from([before, ...Array.from({ length: 70 }, () => frame), after]).pipe(res)
  }, true)
  let length = 0
  for await (const chunk of response.body ?? []) length += (chunk as Uint8Array).length
  expect(length).toBe(Buffer.byteLength(STREAM) + 70 * frame.length)
})

it('an answer names the model of the request, and is otherwise as it was', async () => {
  const withUpstreamModel = (text: string): string => text.replace('"p,m"', '"glm-4.7"')
  const spaced = JSON.stringify(MESSAGE, null, 1)
  expect(await (await ask(withUpstreamModel(spaced), false)).text()).toBe(spaced)
  const served = STREAM.replaceAll('":"', '": "')
  const response = await ask(sent(withUpstreamModel(served), 'text/event-stream'), true)
  expect(await response.text()).toBe(served)
  const made = await ask(withUpstreamModel(JSON.stringify(MESSAGE)), true)
  expect(await streamed(made)).toMatchObject(MESSAGE)
  const read = await ask(sent(withUpstreamModel(STREAM), 'text/event-stream'), false)
  expect(await read.json()).toMatchObject(MESSAGE)
})

it('a document stays one where the client wants one', async () => {
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

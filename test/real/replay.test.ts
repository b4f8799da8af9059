/** What real servers answered (recordings/, made by `npm run test:real -- --record`) still decodes rightly. */
import type { Message } from '@anthropic-ai/sdk/resources/messages'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../src/messages/events.ts'
import { parseEvents } from '../support/client.ts'
import { gatewayServer } from '../support/gateway.ts'
import { requireLegal } from '../support/stream.ts'
import { rawAnswer } from './answers.ts'
import { type RecordedAnswer, readRecordings } from './recordings.ts'

const PATHS: Readonly<Record<string, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

/** A retry would only wait. */
const NO_RETRY = { repeats: 0, repeatWithinMs: 0, afterSend: false }

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A session before a server that gives this answer to everything. */
async function replaying({ way, status, type, body }: RecordedAnswer) {
  const server = createServer((req, res) => {
    req.resume()
    res.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  opened.push(() => new Promise((resolve) => server.close(resolve)))
  const url = `http://127.0.0.1:${String(port)}${PATHS[way] ?? ''}`
  const provider = { name: 'llamacpp', url, apiKey: '', models: ['m'], missing: [] }
  const gateway = await gatewayServer({ providers: [provider], retry: NO_RETRY })
  opened.push(() => gateway.close())
  return gateway
}

const REQUEST = {
  model: 'llamacpp,m',
  max_tokens: 300,
  messages: [{ role: 'user', content: 'hello' }],
  tools: [{ name: 'look_up', input_schema: { type: 'object' } }],
}

const isStream = ({ type }: RecordedAnswer): boolean => type.startsWith('text/event-stream')

/** The message of an answer, streamed where the server streamed it. */
async function replayed(answer: RecordedAnswer): Promise<Message> {
  const gateway = await replaying(answer)
  const isForwarded = answer.way === 'messages'
  const stream = isForwarded && isStream(answer)
  const response = await gateway.post({ ...REQUEST, stream })
  if (!stream) {
    expect(response.status).toBe(200)
    return (await response.json()) as Message
  }
  const events = parseEvents(await response.text()).map(({ data }) => data)
  requireLegal(events as unknown as readonly StreamEvent[])
  return collected(events)
}

/** A message of its events, as simply as possible. */
function collected(events: readonly Record<string, unknown>[]): Message {
  const raw = rawAnswer(
    'messages',
    events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  )
  const last = events.find(({ type }) => type === 'message_delta') as {
    delta: { stop_reason: string }
    usage: object
  }
  return {
    content: [
      { type: 'text', text: raw.text },
      ...raw.calls.map((call) => ({ type: 'tool_use', ...call })),
    ],
    stop_reason: last.delta.stop_reason,
    usage: last.usage,
  } as unknown as Message
}

const recordings = await readRecordings()

it('has recordings', () => {
  expect(recordings.map(({ server }) => server)).toContain('llama')
})

for (const { server, version, date, answers } of recordings) {
  describe(`${server} (${version}, recorded on ${date})`, () => {
    const good = answers.filter(({ status }) => status === 200)
    it.each(good.map((answer) => [`${answer.way}: ${answer.check}`, answer] as const))(
      '%s',
      async (_, answer) => {
        const raw = rawAnswer(answer.way, answer.body)
        const { content, stop_reason: stop, usage } = await replayed(answer)
        const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('')
        const calls = content.flatMap((block) =>
          block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
        )
        expect({ text, calls }).toEqual(raw)
        expect(stop).toMatch(calls.length > 0 ? /^tool_use$/ : /^(?:end_turn|max_tokens)$/)
        // llama-cpp-python counts nothing in a stream.
        if (answer.body.includes('"usage"')) expect(usage.output_tokens).toBeGreaterThan(0)
      },
    )

    const bad = answers.filter(({ status }) => status !== 200)
    it
      .skipIf(bad.length === 0)
      .each(bad.map((answer) => [`${answer.way}: ${answer.check}`, answer] as const))(
      '%s is an error with its words',
      async (_, answer) => {
        const gateway = await replaying(answer)
        const response = await gateway.post(REQUEST)
        const { error } = (await response.json()) as { error: { message: string } }
        expect(response.status).toBeGreaterThanOrEqual(400)
        if (answer.check === 'overflow') expect(error.message).toMatch(/prompt is too long/i)
      },
    )

    const streams = good.filter(isStream)
    it.each(streams.map((answer) => [`${answer.way}: ${answer.check}`, answer] as const))(
      '%s, cut in the middle, ends in an error',
      async (_, answer) => {
        const { body } = answer
        const gateway = await replaying({ ...answer, body: body.slice(0, body.length / 2) })
        const response = await gateway.post({ ...REQUEST, stream: true })
        const text = await response.text()
        expect(text).toContain('"type":"error"')
        expect(text).not.toContain('event: message_stop')
      },
    )
  })
}

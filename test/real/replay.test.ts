/** What real servers answered (recordings/, made by `npm run test:real -- --record`) still decodes rightly. */
import type { Message } from '@anthropic-ai/sdk/resources/messages'
import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../src/messages/events.ts'
import { parseEvents } from '../support/client.ts'
import { requireLegal } from '../support/stream.ts'
import { answeringSession } from './answering.ts'
import { rawAnswer } from './answers.ts'
import { type RecordedAnswer, readRecordings } from './recordings.ts'
import type { Way } from './server.ts'
import { SERVERS } from './servers/index.ts'

/** The API of a server that gave an answer. */
function wayOf(server: string, { way }: RecordedAnswer): Way {
  const found = SERVERS.find(({ id }) => id === server)?.ways.find(({ name }) => name === way)
  if (found === undefined) throw new Error(`there is no API ${way} of ${server}`)
  return found
}

/** What a session of ccr before that server answers to a request for a stream, or for a whole answer. */
async function replay(server: string, answer: RecordedAnswer, stream: boolean): Promise<Response> {
  const { path, provider } = wayOf(server, answer)
  const { status, type, body } = answer
  const session = await answeringSession({ provider: provider.name, path, status, type, body })
  return session.post({
    model: `${provider.name},m`,
    max_tokens: 300,
    stream,
    messages: [{ role: 'user', content: 'hello' }],
    tools: [{ name: 'look_up', input_schema: { type: 'object' } }],
  })
}

const isStream = ({ type }: RecordedAnswer): boolean => type.startsWith('text/event-stream')

type Replayed = Pick<Message, 'content' | 'stop_reason'> & {
  readonly usage: Pick<Message['usage'], 'output_tokens'>
}

/** The message of a streamed answer, whose events must be legal. */
async function streamed(response: Response): Promise<Replayed> {
  const events = parseEvents(await response.text()).map(({ data }) => data)
  requireLegal(events as unknown as readonly StreamEvent[])
  return collected(events)
}

/** A message of its events, as simply as possible. */
function collected(events: readonly Record<string, unknown>[]): Replayed {
  const raw = rawAnswer(
    'messages',
    events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  )
  const last = events.find(({ type }) => type === 'message_delta') as unknown as {
    readonly delta: Pick<Message, 'stop_reason'>
    readonly usage: Message['usage']
  }
  return {
    content: [
      { type: 'text', text: raw.text },
      ...raw.calls.map((call) => ({ type: 'tool_use', ...call })),
    ] as Message['content'],
    stop_reason: last.delta.stop_reason,
    usage: last.usage,
  }
}

/** The message has what the server generated, and nothing else. */
function requireSame({ content, stop_reason: stop, usage }: Replayed, answer: RecordedAnswer) {
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const calls = content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
  )
  expect({ text, calls }).toEqual(rawAnswer(answer.way, answer.body))
  expect(stop).toMatch(calls.length > 0 ? /^tool_use$/ : /^(?:end_turn|max_tokens)$/)
  // llama-cpp-python counts nothing in a stream.
  if (answer.body.includes('"usage"')) expect(usage.output_tokens).toBeGreaterThan(0)
}

const OVERFLOW = /request \((\d+) tokens\) exceeds the available context size \((\d+) tokens\)/

/** The words of a server's error; those of an overflow as the client reads them. */
function wordsOf({ check, body }: RecordedAnswer): string {
  if (!body.startsWith('{')) return body
  const { message } = (JSON.parse(body) as { readonly error: { readonly message: string } }).error
  if (check !== 'overflow') return message
  const [, tokens = '', most = ''] = OVERFLOW.exec(message) ?? []
  return `prompt is too long: ${tokens} tokens > ${most} maximum`
}

const recordings = await readRecordings()

it('are there of every server, with a stream of each of its APIs', () => {
  const streams = recordings.map(({ server, answers }) => [
    server,
    new Set(answers.filter(isStream).map(({ way }) => way)),
  ])
  const wanted = SERVERS.map(({ id, ways }) => [id, new Set(ways.map(({ name }) => name))])
  expect(Object.fromEntries(streams)).toEqual(Object.fromEntries(wanted))
})

for (const { server, version, date, answers } of recordings) {
  const named = (some: readonly RecordedAnswer[]) =>
    some.map((answer) => [`${answer.way}: ${answer.check}`, answer] as const)

  describe(`${server} (${version}, recorded on ${date})`, () => {
    const good = answers.filter(({ status }) => status === 200)
    it.each(named(good))('%s, whole and as a stream', async (_, answer) => {
      const whole = await replay(server, answer, false)
      expect(whole.status).toBe(200)
      requireSame((await whole.json()) as Message, answer)
      requireSame(await streamed(await replay(server, answer, true)), answer)
    })

    const bad = answers.filter(({ status }) => status !== 200)
    it.each(named(bad))('%s is an error with its words', async (_, answer) => {
      const response = await replay(server, answer, false)
      expect(response.status).toBeGreaterThanOrEqual(400)
      const { error } = (await response.json()) as { error: { message: string } }
      expect(error.message).toContain(wordsOf(answer))
    })

    const streams = good.filter(isStream)
    it.each(named(streams))('%s, cut in the middle, ends in an error', async (_, answer) => {
      const body = answer.body.slice(0, answer.body.length / 2)
      const text = await (await replay(server, { ...answer, body }, true)).text()
      expect(text).toContain('"type":"error"')
      expect(text).not.toContain('event: message_stop')
    })
  })
}

/** The real client with providers to which requests are forwarded. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answer, calls, http, text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness
let before: number

beforeAll(async () => {
  on = await startHarness({ transformer: { use: ['Anthropic'] } })
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
})

/** Each call has an id of its own. */
const echo = (history: string) => ({
  name: 'Bash',
  input: { command: 'echo hi' },
  id: `toolu_${String(history.length)}`,
})

const seen = (n: number): Seen => on.upstream.requests[before + n]!

describe('a Messages API of no known maker', () => {
  it('gets the body of the client with the model replaced and the system message folded', async () => {
    on.upstream.script(answer([{ thinking: 'hm' }, { text: 'passed through' }]))
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'passed through\n' })
    const { body, headers, raw } = seen(0)
    expect(body.model).toBe('model-a')
    expect(headers['x-api-key']).toBe('fake-key')
    // A relay of no known maker gets the key both ways.
    expect(headers.authorization).toBe('Bearer fake-key')
    expect(headers['anthropic-version']).toBe('2023-06-01')
    expect(headers['anthropic-beta']).toContain('claude-code-20250219')
    // What a translation would have lost stands where the client wrote it.
    for (const field of ['context_management', 'output_config', 'thinking', 'metadata', 'system']) {
      expect(raw).toContain(`"${field}":`)
    }
    expect(raw).toContain('"cache_control":{"type":"ephemeral"')
    // Not every such server takes a system message in mid-conversation.
    expect(body.messages.map((message) => message.role)).toEqual(['user'])
    expect(raw).toContain('<system-reminder>')
  })

  it('tool calls go to and fro', async () => {
    on.upstream.script([
      calls([{ name: 'Bash', input: { command: 'echo out-$((40 + 2))' } }]),
      text('done it'),
    ])
    const ran = await on.ask('run it')
    expect(ran).toMatchObject({ code: 0, stdout: 'done it\n' })
    expect(messagesText(seen(1))).toContain('out-42')
    expect(messagesText(seen(1))).toContain('toolu_fake_0')
  })

  it.each([
    ['no room', 199_500, 'the client compacts'],
    ['room', 120_000, 'the client asks for a shorter one'],
  ])('where there is %s for the answer beside a prompt of %i tokens, %s', async (room, prompt) => {
    const together = (limit: number): string =>
      `input length and \`max_tokens\` exceed context limit: ${String(prompt)} + ${String(limit)} > 200000, decrease input length or \`max_tokens\` and try again`
    on.upstream.script((request) => {
      const history = messagesText(request)
      if (history.includes('Respond with TEXT ONLY')) return text('<summary>It ran.</summary>')
      if (history.includes('This session is being continued')) return text('on with it')
      const { max_tokens: limit = 0 } = request.body as { max_tokens?: number }
      if (history.split('"tool_result"').length < 3) return calls([echo(history)])
      if (room === 'room' && prompt + limit <= 200_000) return text('on with it')
      const error = { type: 'invalid_request_error', message: together(limit) }
      return http(400, { type: 'error', error })
    })
    const ran = await on.ask('work until it is too much')
    expect(ran).toMatchObject({ code: 0, stdout: 'on with it\n' })
    const isCompacted = on.upstream.requests
      .slice(before)
      .some((one) => messagesText(one).includes('It ran.'))
    expect(isCompacted).toBe(room === 'no room')
  })

  it('a stream that is cut ends in the right answer', async () => {
    on.upstream.script([
      text('half of an answer', { frames: 3, ending: 'cut' }),
      text('the whole answer'),
    ])
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
  })
})

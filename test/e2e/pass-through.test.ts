import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answer, calls, text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { said, stage, type Stage } from './stage.ts'

let on: Stage
let before: number

beforeAll(async () => {
  on = await stage({ transformer: { use: ['Anthropic'] } })
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
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
    expect(said(seen(1))).toContain('out-42')
    expect(said(seen(1))).toContain('toolu_fake_0')
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

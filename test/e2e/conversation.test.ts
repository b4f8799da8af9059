/** The real client in longer conversations: history, compaction, windows. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answer, calls, refusal, text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { by, messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness
let before: number

beforeAll(async () => {
  on = await startHarness()
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
})

const sent = (): readonly Seen[] => on.upstream.requests.slice(before)

const tools = (request: Seen): string[] =>
  (request.body.tools ?? []).map((tool) => (tool['function'] as { name: string }).name)

const echo = { name: 'Bash', input: { command: 'echo hi' } }

/** What a provider says whose window is full. */
const tooLong = refusal(
  400,
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
  { code: 'context_length_exceeded' },
)

describe('a conversation of the real client', () => {
  it('shows the reasoning of the model as thinking', async () => {
    on.upstream.script([
      answer([{ thinking: 'I should run it.' }, { text: 'Running.' }, { call: echo }]),
      answer([{ thinking: 'It ran.' }, { text: 'It said hi.' }], { thinkingField: 'reasoning' }),
    ])
    const ran = await on.ask('run it', { args: ['--output-format', 'stream-json', '--verbose'] })
    expect(ran.code).toBe(0)
    const lines = ran.stdout.trim().split('\n')
    const blocks = lines.flatMap((line) => {
      const { type, message } = JSON.parse(line) as {
        type: string
        message: { content: { type: string; thinking?: string; text?: string }[] }
      }
      return type === 'assistant' ? message.content : []
    })
    expect(blocks).toMatchObject([
      { type: 'thinking', thinking: 'I should run it.' },
      { type: 'text', text: 'Running.' },
      { type: 'tool_use', name: 'Bash' },
      { type: 'thinking', thinking: 'It ran.' },
      { type: 'text', text: 'It said hi.' },
    ])
  })

  it('goes on in a later run with --continue', async () => {
    on.upstream.script([calls([echo]), text('the first answer'), text('the second answer')])
    await on.ask('the first question')
    const ran = await on.ask('the second question', { args: ['--continue'] })
    expect(ran).toMatchObject({ code: 0, stdout: 'the second answer\n' })
    const last = sent().at(-1)!
    expect(by('assistant', last)).toHaveLength(2)
    expect(by('tool', last)).toHaveLength(1)
    expect(messagesText(last)).toContain('the first question')
  })

  it('is compacted when the window of the model is full, and goes on', async () => {
    on.upstream.script((request) => {
      const history = messagesText(request)
      if (history.includes('Respond with TEXT ONLY'))
        return text('<summary>It ran twice.</summary>')
      if (history.includes('This session is being continued')) return text('on with it')
      return by('tool', request).length > 1 ? tooLong : calls([echo])
    })
    const ran = await on.ask('work until it is too much')
    expect(ran).toMatchObject({ code: 0, stdout: 'on with it\n' })
    expect(messagesText(sent().at(-1)!)).toContain('It ran twice.')
  })

  it('loads deferred tools, and never offers their placeholder', async () => {
    on.upstream.script([
      calls([{ name: 'ToolSearch', input: { query: 'select:WebFetch', max_results: 3 } }]),
      text('loaded'),
    ])
    const ran = await on.ask('load a tool')
    expect(ran).toMatchObject({ code: 0, stdout: 'loaded\n' })
    const [first, second] = sent().map(tools)
    expect(first).not.toContain('WebFetch')
    expect(second).toContain('WebFetch')
    expect(second).not.toContain('DeferredToolPlaceholder')
    expect(JSON.stringify(by('tool', sent()[1]!))).toContain('WebFetch')
  })

  it('never offers a tool of the vendor that the provider does not have', async () => {
    on.upstream.script((request) => {
      if (messagesText(request).includes('Perform a web search')) return text('no links')
      const turn = by('tool', request).length
      if (turn === 0) return calls([{ name: 'ToolSearch', input: { query: 'select:WebSearch' } }])
      return turn === 1
        ? calls([{ name: 'WebSearch', input: { query: 'weather' } }])
        : text('searched')
    })
    const ran = await on.ask('search the web')
    expect(ran).toMatchObject({ code: 0, stdout: 'searched\n' })
    const search = sent().find((request) => messagesText(request).includes('Perform a web search'))
    expect(tools(search!)).toEqual([])
    expect(search!.body.model).toBe('model-a')
  })
})

import { describe, expect, it } from 'vitest'
import type { PriceTag } from '../../../../pricing/cost.ts'
import { advanced, NOTHING } from './progress.ts'

const tag = (price: PriceTag['price']): PriceTag => ({ price, source: 'config', date: null })
const read = (lines: readonly object[], price?: PriceTag) =>
  lines.reduce(
    (progress: typeof NOTHING, line) =>
      advanced(progress, line as Record<string, unknown>, () => price),
    NOTHING,
  )

const turn = (input: number, output: number): object[] => [
  {
    type: 'stream_event',
    event: { type: 'message_start', message: { usage: { input_tokens: 1 } } },
  },
  {
    type: 'stream_event',
    event: {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: input, output_tokens: output },
    },
  },
]
const call = (name: string, input: object) => ({
  type: 'assistant',
  message: {
    content: [
      { type: 'text', text: 'x' },
      { type: 'tool_use', name, input },
    ],
  },
})
const result = (more: object) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'ok',
  ...more,
})
const counted = (input: number, output: number) => ({
  modelUsage: { m: { inputTokens: input, outputTokens: output } },
})

describe('the progress of an agent', () => {
  it('counts turns and tools, and says what it does last, without power over a terminal', () => {
    const progress = read([
      ...turn(10, 1),
      call('Read', { file_path: '/a' }),
      ...turn(20, 2),
      call('Bash', { command: 'ls\n\u001b[2J' }),
    ])
    expect(progress).toMatchObject({ turns: 2, tools: 2, doing: 'Bash ls ␛[2J', end: null })
    expect(progress.usage).toMatchObject({ input: 30, output: 3 })
    expect(progress.costUsd).toBeNull()
  })

  it('prices each request by its own size', () => {
    const tiered = tag({ input: 1, output: 0, tiers: [{ over: 150, input: 10, output: 0 }] })
    const lines = [...turn(100, 0), ...turn(100, 0), result(counted(200, 0))]
    expect(read(lines, tiered).costUsd).toBeCloseTo(200 / 1e6, 12)
  })

  it('takes the total of the client where sub-agents worked besides', () => {
    const lines = [...turn(100, 10), result(counted(1000, 50))]
    const progress = read(lines, tag({ input: 1, output: 2 }))
    expect(progress.usage).toMatchObject({ input: 1000, output: 50 })
    expect(progress.costUsd).toBeCloseTo(1100 / 1e6, 12)
  })

  it('knows how it ended', () => {
    expect(read([result({ permission_denials: [{}, {}] })])).toMatchObject({
      end: { text: 'ok', failed: false },
      denied: 2,
    })
    expect(read([result({ is_error: true, result: 'API Error: 500' })]).end).toEqual({
      text: 'API Error: 500',
      failed: true,
    })
    expect(read([result({ subtype: 'error_max_turns', result: undefined })]).end).toEqual({
      text: 'error_max_turns',
      failed: true,
    })
  })

  it('knows the conversation, under which the ledger has its requests', () => {
    const lines = [{ type: 'system', subtype: 'init', session_id: 'c-1' }, { type: 'new' }]
    expect(read(lines).conversation).toBe('c-1')
    expect(read([{ type: 'system', session_id: 7 }]).conversation).toBeNull()
  })

  it('survives lines of any other form', () => {
    const odd = [
      {},
      { type: 'assistant' },
      { type: 'assistant', message: { content: 'x' } },
      { type: 'stream_event' },
      { type: 'new' },
    ]
    expect(read(odd)).toEqual(NOTHING)
  })
})

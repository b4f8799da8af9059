import { expect, it } from 'vitest'
import { testWriter } from '../../test/support/stream.ts'
import { collect } from './collect.ts'
import type { StreamEvent } from './events.ts'

it('an answer without an end is given up before it fills the memory', async () => {
  const writer = testWriter()
  let request = 0
  async function* endless(): AsyncGenerator<readonly StreamEvent[]> {
    for (;;) {
      request += 1
      writer.text('x'.repeat(1024 * 1024))
      yield await Promise.resolve(writer.take())
    }
  }
  await expect(collect(endless())).rejects.toThrow(
    expect.objectContaining({ kind: 'api_error', status: 502 }) as Error,
  )
  expect(request).toBeLessThan(100)
})

const started = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 7,
      output_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 3,
    },
  },
} as const
const ended = {
  type: 'message_delta',
  delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
  usage: { input_tokens: 9, output_tokens: 5 },
} as const

async function collected(...events: readonly object[]) {
  async function* batches(): AsyncGenerator<readonly StreamEvent[]> {
    for (const event of events) yield await Promise.resolve([event as StreamEvent])
  }
  return collect(batches())
}

function block(start: object, ...deltas: readonly object[]): object[] {
  return [
    { type: 'content_block_start', index: 0, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
  ]
}
const json = (partial_json: string): object => ({ type: 'input_json_delta', partial_json })

it('a document has all that its events say, each in its place, and the last word on usage', async () => {
  const message = await collected(
    started,
    { type: 'ping' },
    ...block(
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'h' },
      { type: 'thinking_delta', thinking: 'm' },
      { type: 'signature_delta', signature: 'si' },
      { type: 'signature_delta', signature: 'gn' },
    ),
    ...block(
      { type: 'text', text: '' },
      { type: 'text_delta', text: 'one ' },
      { type: 'of_tomorrow_delta', text: 'no' },
      { type: 'text_delta', text: 'two' },
    ),
    ...block({ type: 'tool_use', id: 't', name: 'Read', input: {} }, json('{"a"'), json(':1}')),
    ...block({ type: 'redacted_thinking', data: 'x' }),
    ended,
    { type: 'message_stop' },
  )
  expect(message).toEqual({
    ...started.message,
    content: [
      { type: 'thinking', thinking: 'hm', signature: 'sign' },
      { type: 'text', text: 'one two' },
      { type: 'tool_use', id: 't', name: 'Read', input: { a: 1 } },
      { type: 'redacted_thinking', data: 'x' },
    ],
    stop_reason: 'stop_sequence',
    stop_sequence: 'END',
    usage: {
      input_tokens: 9,
      output_tokens: 5,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 3,
    },
  })
})

const DEEP = '['.repeat(50_000) + ']'.repeat(50_000)

it.each([
  ['none', [], {}],
  ['whole', ['{"a":', '[1]}'], { a: [1] }],
  ['broken', ['{"a":'], '{"a":'],
  ['nested without end', ['['.repeat(50_000)], '['.repeat(50_000)],
  ['nested too deeply', [DEEP], DEEP],
])('arguments of a call that are %s stay what they are', async (_, pieces, input) => {
  const tool = { type: 'tool_use', id: 't', name: 'Read', input: {} }
  const { content } = await collected(started, ...block(tool, ...pieces.map(json)), ended)
  expect(content).toEqual([{ ...tool, input }])
})

it.each([
  ['no start', [...block({ type: 'text', text: '' }), ended]],
  ['no end', [started, ...block({ type: 'text', text: '' })]],
  ['nothing', []],
])('an answer that has %s is none', async (_, events) => {
  await expect(collected(...events)).rejects.toThrow(
    expect.objectContaining({ kind: 'api_error' }) as Error,
  )
})

it('what the server searched for is read as the arguments of a call are', async () => {
  const tool = { type: 'server_tool_use', id: 't', name: 'web_search', input: {} }
  const { content } = await collected(started, ...block(tool, json('{"query":"cats"}')), ended)
  expect(content).toEqual([{ ...tool, input: { query: 'cats' } }])
})

it('pieces and ends of blocks that never began are nothing', async () => {
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } }
  const { content } = await collected(
    started,
    delta,
    { type: 'content_block_stop', index: 0 },
    ...block({ type: 'text', text: '' }, { type: 'text_delta', text: 'a' }),
    ended,
  )
  expect(content).toEqual([{ type: 'text', text: 'a' }])
})

it('an end that is said twice ends a block once', async () => {
  const tool = { type: 'tool_use', id: 't', name: 'Read', input: {} }
  const end = { type: 'content_block_stop', index: 0 }
  const { content } = await collected(started, ...block(tool, json('{"a":1}')), end, ended)
  expect(content).toEqual([{ ...tool, input: { a: 1 } }])
})

it('an answer may be as long as 64 MB', async () => {
  const text = 'x'.repeat(64 * 1024 * 1024)
  const whole = block({ type: 'text', text: '' }, { type: 'text_delta', text })
  const { content } = await collected(started, ...whole, ended)
  expect(content).toHaveLength(1)
})

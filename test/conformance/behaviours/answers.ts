/** How the model's answer reaches the client. */
import assert from 'node:assert/strict'
import { type Behaviour, FINE, QUESTION } from '../behaviour.ts'
import {
  scriptFor,
  documentScript,
  exchange,
  contentLines,
  streamedMessage,
} from '../run-behaviour.ts'

const use = (message: { readonly content: readonly { readonly type: string }[] }) =>
  message.content.filter(
    (block): block is { type: 'tool_use'; id: string } => block.type === 'tool_use',
  )

const TOOLS = {
  tools: ['A', 'B'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } })),
}

/** Letters of one, two, three and four bytes. */
const UTF8 = 'aé€😀'
const LONG = UTF8.repeat(20_000)

export const ANSWERS: readonly Behaviour[] = [
  {
    name: 'text that comes in pieces is one block',
    answer: { pieces: [{ text: 'Hel' }, { text: 'lo ' }, { text: UTF8 }], finish: 'end' },
    content: [`text: Hello ${UTF8}`],
    stopReason: 'end_turn',
  },
  {
    name: '200 KB of letters of every length arrive whole, as text and as arguments',
    request: TOOLS,
    answer: {
      pieces: [{ text: LONG }, { call: '1', name: 'A', args: JSON.stringify({ x: LONG }) }],
      finish: 'tools',
    },
    content: [`text: ${LONG}`, `call A ${JSON.stringify({ x: LONG })}`],
  },
  {
    name: 'thinking comes before the text, in a block of its own',
    answer: {
      pieces: [{ thinking: 'Let ' }, { thinking: 'me see.', state: 'c3RhdGU=' }, { text: 'Yes.' }],
      finish: 'end',
    },
    check: ({ message }) => {
      const [thought, answer] = contentLines(message).filter((line) => line !== 'thinking: ')
      assert.equal(thought, 'thinking: Let me see.')
      assert.equal(answer, 'text: Yes.')
    },
  },
  {
    name: 'a call whose arguments come in pieces is whole',
    request: TOOLS,
    answer: {
      pieces: [
        { text: 'I look.' },
        { call: '1', name: 'A', args: '{"x":' },
        { call: '1', args: ' "a b"}' },
      ],
      finish: 'tools',
    },
    content: ['text: I look.', 'call A {"x":"a b"}'],
    stopReason: 'tool_use',
  },
  {
    name: 'parallel calls are a block each',
    request: TOOLS,
    answer: {
      pieces: [
        { call: '1', name: 'A', args: '{"x":1}' },
        { call: '2', name: 'B', args: '{"x":2}' },
        { call: '3', name: 'A', args: '{"x":3}' },
      ],
      finish: 'tools',
    },
    content: ['call A {"x":1}', 'call B {"x":2}', 'call A {"x":3}'],
    stopReason: 'tool_use',
  },
  {
    name: 'pieces of parallel calls that interleave make whole calls, one after the other',
    request: TOOLS,
    answer: {
      pieces: [
        { call: '1', name: 'A', args: '{"x"' },
        { call: '2', name: 'B', args: '{"y"' },
        { call: '1', args: ':1}' },
        { call: '2', args: ':2}' },
      ],
      finish: 'tools',
    },
    content: ['call A {"x":1}', 'call B {"y":2}'],
    stopReason: 'tool_use',
  },
  {
    name: 'a call without arguments has an empty input',
    request: TOOLS,
    answer: { pieces: [{ call: '1', name: 'A' }], finish: 'tools' },
    content: ['call A {}'],
  },
  {
    name: 'a call without an id gets one',
    request: TOOLS,
    answer: {
      pieces: [
        { call: '1', name: 'A', args: '{}', id: null },
        { call: '2', name: 'B', args: '{}', id: null },
      ],
      finish: 'tools',
    },
    check: ({ message }) => {
      const ids = use(message).map(({ id }) => id)
      assert.equal(new Set(ids.filter(Boolean)).size, 2)
    },
  },
  {
    name: 'a call whose id came before in the conversation gets another one',
    request: {
      ...TOOLS,
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'call_0', name: 'A', input: {} }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'x' }] },
      ],
    },
    answer: { pieces: [{ call: '0', name: 'A', args: '{}', id: 'call_0' }], finish: 'tools' },
    check: ({ message }) => {
      const [call] = use(message)
      assert.ok(call?.id && call.id !== 'call_0')
    },
  },
  {
    name: 'calls of one answer under one id are kept apart',
    request: TOOLS,
    answer: {
      pieces: [
        { call: '1', name: 'A', args: '{"x":1}', id: 'call_same' },
        { call: '2', name: 'B', args: '{"x":2}', id: 'call_same' },
      ],
      finish: 'tools',
    },
    content: ['call A {"x":1}', 'call B {"x":2}'],
    check: ({ message }) => assert.equal(new Set(use(message).map(({ id }) => id)).size, 2),
  },
  {
    name: 'an answer that ends plainly after a call stops for its tool',
    request: TOOLS,
    answer: { pieces: [{ call: '1', name: 'A', args: '{}' }], finish: 'end' },
    stopReason: 'tool_use',
  },
  {
    name: 'an answer that meets its limit says so',
    answer: { pieces: [{ text: 'And then' }], finish: 'limit' },
    content: ['text: And then'],
    stopReason: 'max_tokens',
  },
  {
    name: 'an answer that is filtered is a refusal',
    answer: { pieces: [{ text: 'I cannot' }], finish: 'refusal' },
    stopReason: 'refusal',
  },
  {
    name: 'an answer without content is an empty message',
    answer: { pieces: [], finish: 'end' },
    content: [],
    stopReason: 'end_turn',
  },
  {
    name: 'every token is counted once: cached apart from input, reasoning within output',
    answer: {
      pieces: [{ text: 'fine' }],
      finish: 'end',
      usage: { input: 100, cached: 40, output: 20, reasoning: 5 },
    },
    check: ({ message }) => {
      const { input_tokens, cache_read_input_tokens, output_tokens } = message.usage
      assert.deepEqual(
        { input_tokens, cache_read_input_tokens, output_tokens },
        { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 20 },
      )
      assert.ok(!message.usage.cache_creation_input_tokens)
    },
  },
  {
    name: 'an answer that is one document though a stream was asked for is read all the same',
    run: async (harness) => {
      const answer = {
        pieces: [{ text: 'I look.' }, { call: '1', name: 'A', args: '{"x":"é"}' }],
        finish: 'tools' as const,
      }
      harness.script(() => documentScript(harness.row, answer))
      for (const stream of [true, false]) {
        const { message } = await exchange(harness, { ...QUESTION, stream })
        assert.deepEqual(contentLines(message), ['text: I look.', 'call A {"x":"é"}'])
        assert.equal(message.stop_reason, 'tool_use')
      }
    },
  },
  {
    name: 'a socket held open after the end of the answer does not hold the client',
    run: async (harness) => {
      const { row } = harness
      harness.script((requestBody) => ({ ...scriptFor(row, FINE)(requestBody), ending: 'hold' }))
      const response = await harness.post({ ...QUESTION, stream: true })
      assert.deepEqual(contentLines(await streamedMessage(response)), ['text: fine'])
    },
  },
]

/** Tools: how they are offered and called, and how results are sent back. */
import assert from 'node:assert/strict'
import type { Behaviour } from '../behaviour.ts'
import { scriptFor, exchange, contentLines } from '../run-behaviour.ts'
import type { UpstreamMessage } from '../neutral-form.ts'

const tool = (name: string, more: object = {}): object => ({
  name,
  description: `does ${name}`,
  input_schema: { type: 'object', properties: { x: { type: 'string' } } },
  ...more,
})
const OFFERED = { tools: [tool('A'), tool('B')] }
const use = (id: string, name: string, input: object = {}): object => ({
  type: 'tool_use',
  id,
  name,
  input,
})
const result = (id: string, content: unknown, more: object = {}): object => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})
const text = (content: string): object => ({ type: 'text', text: content })
const user = (...content: readonly object[]): object => ({ role: 'user', content })
const assistant = (...content: readonly object[]): object => ({ role: 'assistant', content })
const HI = user(text('hi'))

type UpstreamCall = Extract<UpstreamMessage, { call: unknown }>
type UpstreamResult = Extract<UpstreamMessage, { by: 'tool' }>
const calls = (conversation: readonly UpstreamMessage[]): readonly UpstreamCall[] =>
  conversation.filter((one): one is UpstreamCall => 'call' in one)
const results = (conversation: readonly UpstreamMessage[]): readonly UpstreamResult[] =>
  conversation.filter((one): one is UpstreamResult => one.by === 'tool')

export const TOOLS: readonly Behaviour[] = [
  {
    name: 'tool_choice auto goes up',
    request: { ...OFFERED, tool_choice: { type: 'auto' } },
    check: ({ seen }) => {
      assert.deepEqual(seen.request.tools, ['A', 'B'])
      assert.ok([undefined, 'auto'].includes(seen.request.choice as 'auto'))
    },
  },
  {
    name: 'tool_choice any goes up',
    request: { ...OFFERED, tool_choice: { type: 'any' } },
    check: ({ seen }) => assert.equal(seen.request.choice, 'any'),
  },
  {
    name: 'tool_choice of one tool goes up',
    request: { ...OFFERED, tool_choice: { type: 'tool', name: 'B' } },
    check: ({ seen }) => assert.deepEqual(seen.request.choice, { tool: 'B' }),
  },
  {
    name: 'tool_choice none keeps the model from calling',
    request: { ...OFFERED, tool_choice: { type: 'none' } },
    check: ({ seen }) =>
      assert.ok(seen.request.choice === 'none' || seen.request.tools.length === 0),
  },
  {
    name: 'disable_parallel_tool_use goes up, or is named',
    request: { ...OFFERED, tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    check: ({ seen, dropped }) =>
      assert.ok(
        !seen.request.parallel || dropped.includes('tool_choice.disable_parallel_tool_use'),
      ),
  },
  {
    name: 'tools that are not loaded are hidden, loaded ones are offered',
    request: {
      tools: [tool('A'), tool('DeferredToolPlaceholder'), tool('B', { defer_loading: true })],
    },
    check: ({ seen }) => {
      assert.deepEqual(seen.request.tools, ['A', 'B'])
      assert.ok(!/DeferredToolPlaceholder|defer_loading/.test(seen.raw))
    },
  },
  {
    name: 'a tool that was just loaded is told by its name',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('toolu_1', 'A')),
        user(result('toolu_1', [{ type: 'tool_reference', tool_name: 'WebFetch' }])),
      ],
    },
    check: ({ seen }) => {
      const [found] = results(seen.request.conversation)
      assert.match(found?.text ?? '', /WebFetch/)
      assert.ok(!found?.text.includes('tool_reference'))
    },
  },
  {
    name: "Anthropic's web search is native, or left out and named; never an empty function",
    request: { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] },
    check: ({ seen, dropped }) => {
      assert.ok(!seen.request.tools.includes('web_search'))
      assert.ok(seen.request.search || dropped.includes('tools.web_search_20250305'))
    },
  },
  {
    name: 'a name that is too long or has letters that are refused is another one upstream',
    run: async (harness) => {
      const { row } = harness
      const names = [`mcp__${'server'.repeat(12)}__read`, 'mcp__dotted.name__write']
      const messages = [HI, assistant(use('toolu_1', names[1]!)), user(result('toolu_1', 'found'))]
      const asks = { tools: names.map((name) => tool(name)), messages, max_tokens: 100 }
      harness.script((requestBody) => {
        const [name] = row.read(requestBody, row.path).tools
        const pieces = [{ call: '1', name: name!, args: '{}' }]
        return scriptFor(row, { pieces, finish: 'tools' })(requestBody)
      })
      const choice = { tool_choice: { type: 'tool', name: names[0] } }
      const { message, seen } = await exchange(harness, { ...asks, ...choice, stream: true })
      const sent = seen.request.tools
      for (const name of sent) assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
      assert.deepEqual(seen.request.choice, { tool: sent[0] })
      assert.deepEqual(
        calls(seen.request.conversation).map(({ call }) => call.name),
        [sent[1]],
      )
      assert.deepEqual(contentLines(message), [`call ${names[0]!} {}`])
    },
  },
  {
    name: 'a call and its result arrive, and what the user says with it',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(text('I look.'), use('toolu_1', 'A', { x: 'ü' })),
        user(result('toolu_1', [text('found')]), text('and hurry')),
      ],
    },
    conversation: [
      'user: hi',
      'assistant: I look.',
      'call A {"x":"ü"}',
      'result A: found',
      'user: and hurry',
    ],
  },
  {
    name: 'what the user says before a result goes behind it',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('toolu_1', 'A')),
        user(text('and hurry'), result('toolu_1', [text('found')])),
      ],
    },
    conversation: ['user: hi', 'call A {}', 'result A: found', 'user: and hurry'],
  },
  {
    name: 'a result that is an error is marked',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('toolu_1', 'A', { x: '1' })),
        user(result('toolu_1', 'no such file', { is_error: true })),
      ],
    },
    conversation: ['user: hi', 'call A {"x":"1"}', 'result A failed: no such file'],
  },
  {
    name: 'results in another order stay with their calls',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('toolu_1', 'A', { x: '1' }), use('toolu_2', 'B', { x: '2' })),
        user(result('toolu_2', 'of B'), result('toolu_1', 'of A'), text('go on')),
      ],
    },
    check: ({ seen }) => {
      const conversation = seen.request.conversation
      const ids = new Map(calls(conversation).map(({ call }) => [call.id, call.name]))
      const pairs = results(conversation).map(
        ({ id, text: found }) => `${ids.get(id) ?? '?'}: ${found}`,
      )
      assert.deepEqual(pairs.toSorted(), ['A: of A', 'B: of B'])
    },
  },
  {
    name: 'ids that another vendor made go out alike in call and result',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('functions.A:0/Ü', 'A'), use(`call_${'9'.repeat(70)}`, 'B')),
        user(result('functions.A:0/Ü', 'of A'), result(`call_${'9'.repeat(70)}`, 'of B')),
      ],
    },
    conversation: ['user: hi', 'call A {}', 'call B {}', 'result A: of A', 'result B: of B'],
  },
  {
    name: 'a call without a result is answered, a result without a call becomes text',
    request: {
      ...OFFERED,
      messages: [
        HI,
        assistant(use('toolu_1', 'A')),
        user(result('toolu_gone', 'of a call that is gone'), text('go on')),
      ],
    },
    check: ({ seen }) => {
      const [answer] = results(seen.request.conversation)
      assert.match(answer?.text ?? '', /interrupted/)
      assert.match(JSON.stringify(seen.request.conversation), /of a call that is gone/)
    },
  },
]

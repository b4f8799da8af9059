import { describe, expect, it } from 'vitest'
import type { Message, MessagesRequest } from '../messages/request.ts'
import { type Hints, type Scenario, scenariosOf, whyScenario } from './scenario.ts'

const user = (content: Message['content']): Message => ({ role: 'user', content })
const assistant: Message = { role: 'assistant', content: 'ok' }
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A' } }

function why(scenario: Scenario, more: Partial<MessagesRequest>, hints: Partial<Hints> = {}) {
  const request = { model: 'claude-sonnet', messages: [user('hi')], ...more }
  return whyScenario(scenario, request, { tokens: 10, requestClass: 'main', ...hints }, 100)
}

describe('a long context', () => {
  it.each([
    [100, undefined],
    [101, 'about 101 tokens'],
  ])('of %i tokens with a threshold of 100: %s', (tokens, expected) => {
    expect(why('longContext', {}, { tokens })).toBe(expected)
  })
})

describe('a web search', () => {
  it.each([
    [[{ type: 'web_search_20250305', name: 'web_search' }], 'offers a web search'],
    [[{ name: 'Read' }, { type: 'web_search_20260209', name: 'w' }], 'offers a web search'],
    [[{ name: 'web_search', input_schema: {} }], undefined],
    [[{ type: 'my_web_search', name: 'x' }], undefined],
    [[], undefined],
    [undefined, undefined],
  ])('by its tools %o: %s', (tools, expected) => {
    expect(why('webSearch', { tools } as Partial<MessagesRequest>)).toBe(expected)
  })
})

describe('a request in the background', () => {
  const schema = (...names: string[]) => ({
    output_config: {
      format: { schema: { properties: Object.fromEntries(names.map((name) => [name, {}])) } },
    },
  })

  it.each<[string, Partial<MessagesRequest>, string | undefined, string | undefined]>([
    ['says so', {}, 'auxiliary', 'auxiliary request'],
    ['asks for haiku', { model: 'claude-haiku-5' }, 'main', 'asks for a haiku model'],
    ['asks for another haiku', { model: 'my-haiku' }, 'main', undefined],
    ['asks for another Claude', { model: 'claude-opus' }, 'main', undefined],
    ['wants a title and says nothing', schema('title'), undefined, 'wants a title'],
    ['wants a title and is the main one', schema('title'), 'main', undefined],
    ['wants more than a title', schema('title', 'branch'), undefined, undefined],
    [
      'wants a title with tools',
      { ...schema('title'), tools: [{ name: 'x' }] },
      undefined,
      undefined,
    ],
    ['wants a title with no tools', { ...schema('title'), tools: [] }, undefined, 'wants a title'],
    ['has no format', { output_config: { format: null } }, undefined, undefined],
    ['has no schema', { output_config: { format: {} } }, undefined, undefined],
  ])('%s', (_, more, requestClass, expected) => {
    expect(why('background', more, { requestClass })).toBe(expected)
  })
})

describe('an image', () => {
  const result = (content: unknown) => user([{ type: 'tool_result', tool_use_id: 't', content }])

  it.each<[string, Message[], boolean]>([
    ['in the newest message', [user([image])], true],
    ['beside a text', [user([{ type: 'text', text: 'see' }, image])], true],
    ['in the result of a tool', [assistant, result([image])], true],
    ['before the newest message, since the model spoke', [user([image]), user('hi')], true],
    ['that the model has answered', [user([image]), assistant, user('and?')], false],
    ['in a result without blocks', [result('image')], false],
    ['in a result of null blocks', [result([null])], false],
    ['of which only a text speaks', [user('image')], false],
  ])('%s', (_, messages, shows) => {
    expect(why('image', { messages })).toBe(shows ? 'shows the model an image' : undefined)
  })
})

describe('a request to think', () => {
  it.each<[string, Partial<MessagesRequest>, string | undefined]>([
    [
      'with a budget',
      { thinking: { type: 'enabled', budget_tokens: 9 } },
      'thinking with a budget',
    ],
    ['as always', { thinking: { type: 'adaptive' } }, undefined],
    ['not at all', { thinking: { type: 'disabled' } }, undefined],
    ['low', { output_config: { effort: 'low' } }, undefined],
    ['medium', { output_config: { effort: 'medium' } }, undefined],
    ['high, of Claude', { output_config: { effort: 'high' } }, 'effort high'],
    ['high, of another', { model: 'gpt', output_config: { effort: 'high' } }, undefined],
    ['xhigh, of another', { model: 'gpt', output_config: { effort: 'xhigh' } }, 'effort xhigh'],
    ['max', { output_config: { effort: 'max' } }, 'effort max'],
  ])('%s', (_, more, expected) => {
    expect(why('think', more)).toBe(expected)
  })

  const safeguards = (mode: string) => [{ classifier_context: { permission_mode: mode } }]
  const ACTIVE = user('<system-reminder>\nPlan mode is active. Do not edit.')
  const STILL = user([
    { type: 'text', text: 'x' },
    { type: 'text', text: 'Plan mode still active' },
  ])
  const EXITED = user('## Exited Plan Mode\nYou have exited plan mode.')
  const talk = Array.from({ length: 39 }, () => user('more'))

  it.each<[string, Partial<MessagesRequest>, boolean]>([
    ['by the field of the client', { safeguards: safeguards('plan') }, true],
    ['by that field: another mode', { safeguards: safeguards('default') }, false],
    ['without any', { safeguards: [] }, false],
    ['by a reminder', { messages: [ACTIVE] }, true],
    ['by a repeated reminder', { messages: [user('hi'), STILL, assistant] }, true],
    ['by a reminder forty messages ago', { messages: [ACTIVE, ...talk] }, true],
    ['by one before that', { messages: [ACTIVE, ...talk, user('x')] }, false],
    ['that was left', { messages: [ACTIVE, assistant, EXITED, user('go')] }, false],
    ['that was left and entered again', { messages: [EXITED, assistant, ACTIVE] }, true],
    ['of which the model speaks', { messages: [{ ...ACTIVE, role: 'assistant' }] }, false],
    ['of which a system message speaks', { messages: [{ ...ACTIVE, role: 'system' }] }, true],
  ])('in plan mode %s', (_, more, isPlan) => {
    expect(why('think', more)).toBe(isPlan ? 'plan mode' : undefined)
  })
})

it('all that fit are told in the order in which they are asked', () => {
  const request = {
    model: 'claude-haiku',
    messages: [user([image])],
    tools: [{ type: 'web_search_20250305', name: 'w' }],
    output_config: { effort: 'max' },
  } as MessagesRequest
  const fitting = [...scenariosOf(request, { tokens: 101, requestClass: 'main' }, 100)]
  expect(fitting.map(([scenario]) => scenario)).toEqual([
    'longContext',
    'webSearch',
    'background',
    'image',
    'think',
  ])
})

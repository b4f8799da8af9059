import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../messages/request.ts'
import { fittedRequest } from './fitted-request.ts'

const BASH = { name: 'Bash', input_schema: { type: 'object' } }
const SEARCH = { name: 'web_search', type: 'web_search_20250305' }
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'x' } }
const ask = (more: object): MessagesRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})

describe('a request for a model that calls no tools', () => {
  it('offers none and forces none', () => {
    const { request, dropped } = fittedRequest(
      ask({ tools: [BASH], tool_choice: { type: 'any' }, max_tokens: 5 }),
      { tools: false },
    )
    expect(request).toEqual(ask({ max_tokens: 5 }))
    expect(dropped).toEqual(['tools', 'tool_choice'])
  })

  it('keeps the search of the server, and a choice of it', () => {
    const choice = { type: 'tool', name: 'web_search' }
    const search = ask({ tools: [SEARCH], tool_choice: choice })
    expect(fittedRequest(search, { tools: false }).request).toBe(search)
    const both = fittedRequest(ask({ tools: [BASH, SEARCH], tool_choice: choice }), {
      tools: false,
    })
    expect(both).toEqual({ request: search, dropped: ['tools'] })
    const bash = { type: 'tool', name: 'Bash' }
    const forced = fittedRequest(ask({ tools: [BASH, SEARCH], tool_choice: bash }), {
      tools: false,
    })
    expect(forced).toEqual({ request: ask({ tools: [SEARCH] }), dropped: ['tools', 'tool_choice'] })
  })

  it('gets none by a change along the conversation', () => {
    const definition = { type: 'tool_definition', definition: BASH }
    const content = [{ type: 'tool_addition', tool: definition }]
    const user = { role: 'user', content: 'hi' }
    const messages = [user, { role: 'system', content }, user]
    const { request, dropped } = fittedRequest(ask({ messages }), { tools: false })
    expect(request).toEqual(ask({ messages: [user, user] }))
    expect(dropped).toEqual(['tools'])
  })

  it('has earlier calls and their results as text, and keeps their images', () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'run it' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Running.' },
          { type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'echo hi' } },
          { type: 'tool_use', id: 't2', name: 'ToolSearch', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            content: [{ type: 'text', text: 'hi' }, IMAGE],
          },
          {
            type: 'tool_result',
            tool_use_id: 't2',
            content: [{ type: 'tool_reference', tool_name: 'Grep' }],
          },
          { type: 'tool_result', tool_use_id: 'gone', content: 'no', is_error: true },
          { type: 'tool_result', tool_use_id: 't1' },
          { type: 'text', text: 'go on' },
        ],
      },
    ]
    const { request, dropped } = fittedRequest(ask({ messages }), { tools: false })
    const text = (text: string) => ({ type: 'text', text })
    expect(request.messages.map(({ content }) => content)).toEqual([
      [text('run it')],
      [
        text('Running.'),
        text('[called Bash: {"command":"echo hi"}]'),
        text('[called ToolSearch: {}]'),
      ],
      [
        ...[text('[result of Bash]'), text('hi'), IMAGE],
        ...[text('[result of ToolSearch]'), text('Tool loaded: Grep')],
        ...[text('[error of a tool]'), text('no')],
        ...[text('[result of Bash]'), text('go on')],
      ],
    ])
    expect(request.messages[0]).toBe(messages[0])
    expect(dropped).toEqual(['messages.tool_use', 'messages.tool_result'])
  })
})

describe('a request for a model that does not think', () => {
  it('has no thinking and no effort', () => {
    const request = ask({
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      output_config: { effort: 'high', format: { type: 'json_schema' } },
    })
    expect(fittedRequest(request, { reasoning: false })).toEqual({
      request: ask({ output_config: { format: { type: 'json_schema' } } }),
      dropped: ['thinking', 'output_config.effort'],
    })
  })
})

it.each([
  [{ tools: [BASH], thinking: { type: 'adaptive' } }, undefined],
  [{ tools: [BASH], thinking: { type: 'adaptive' } }, {}],
  [
    { tools: [BASH], thinking: { type: 'adaptive' } },
    { tools: true, reasoning: true },
  ],
  [{}, { tools: false, reasoning: false }],
  [{ tools: [] }, { tools: false }],
])('a request that its target takes is the very same: %#', (more, can) => {
  const request = ask(more)
  const fitted = fittedRequest(request, can)
  expect(fitted.request).toBe(request)
  expect(fitted.dropped).toEqual([])
})

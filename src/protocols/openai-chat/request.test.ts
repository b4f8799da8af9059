import { describe, expect, it } from 'vitest'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Message, MessagesRequest } from '../../messages/request.ts'
import { encode } from './request.ts'
import type { Quirks } from './types.ts'

const OPENAI: Quirks = {
  maxTokens: 'max_completion_tokens',
  midSystem: 'system',
  streamOptions: true,
  jsonSchema: true,
}
const target = { provider: 'p', model: 'm' }

interface Body {
  readonly dropped: readonly string[]
  readonly [field: string]: unknown
}

function encoded(request: Partial<MessagesRequest>, quirks: Partial<Quirks> = {}): Body {
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const { body, dropped } = encode(whole, target, { ...OPENAI, ...quirks })
  return { ...(JSON.parse(JSON.stringify(body)) as Record<string, unknown>), dropped }
}

function history(messages: readonly Message[], quirks: Partial<Quirks> = {}) {
  return encoded({ messages }, quirks)['messages'] as Record<string, unknown>[]
}

const use = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'T', input })
const result = (id: string, content: unknown = 'ok', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})
const SCHEMA = { type: 'object', properties: {} }
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }

describe('a request for Chat Completions', () => {
  it('always streams and asks for usage', () => {
    expect(encoded({ max_tokens: 5, stream: false })).toMatchObject({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 5,
    })
  })

  it('has one system message without the billing header, from a string or from blocks', () => {
    const system = [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=1;' },
      { type: 'text', text: 'A', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'B' },
    ]
    expect(encoded({ system })['messages']).toEqual([
      { role: 'system', content: 'A\n\nB' },
      { role: 'user', content: 'hi' },
    ])
  })

  it('keeps system messages in mid-conversation where they stand', () => {
    const messages = [
      { role: 'user', content: 'a' },
      {
        role: 'system',
        content: [{ type: 'text', text: 'cwd: /x' }],
        output_config: { effort: 'low' },
      },
    ]
    expect(history(messages)[1]).toEqual({ role: 'system', content: 'cwd: /x' })
    expect(encoded({ messages }).dropped).toEqual(['output_config.effort'])
  })

  it('wraps them for templates that know only a first system message, roles still alternating', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'cwd: /x' },
      { role: 'user', content: 'b' },
    ]
    expect(history(messages, { midSystem: 'user' })).toEqual([
      { role: 'user', content: 'a\n\n<system-reminder>\ncwd: /x\n</system-reminder>\n\nb' },
    ])
  })

  it('puts results directly behind their calls, errors marked, and text beside them after', () => {
    const messages = [
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'on it' }, use('a', { x: 1 }), use('b')],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'go on' },
          result('b', 'no', { is_error: true }),
          result('a', [{ type: 'text', text: 'yes' }]),
        ],
      },
    ]
    expect(history(messages)).toEqual([
      {
        role: 'assistant',
        content: 'on it',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'T', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'T', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'b', content: '[error] no' },
      { role: 'tool', tool_call_id: 'a', content: 'yes' },
      { role: 'user', content: 'go on' },
    ])
  })

  it('finds results that come in several messages, with a system message between', () => {
    const messages = [
      { role: 'assistant', content: [use('a'), use('b')] },
      { role: 'user', content: [result('a')] },
      { role: 'system', content: 'note' },
      { role: 'user', content: [result('b')] },
    ]
    expect(history(messages).map((m) => m['role'])).toEqual(['assistant', 'tool', 'tool', 'system'])
  })

  it('answers a call that was interrupted, and tells of a result whose call is gone', () => {
    const messages = [
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('gone'), { type: 'text', text: 'stop' }] },
    ]
    expect(history(messages).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '[no result: interrupted]' },
      { role: 'user', content: '[result of an earlier tool call] ok\n\nstop' },
    ])
  })

  it('moves an image inside a result to the user message that follows, as an image', () => {
    const messages = [
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('a', [PNG])] },
    ]
    expect(history(messages).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '[1 image(s) in the next message]' },
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
      },
    ])
  })

  it('sends back arguments that the client could not parse inside an object: servers parse their history', () => {
    const content = [use('a', '{"x'), use('b', { __unparsedToolInput: { raw: '{"y', len: 3 } })]
    const calls = history([{ role: 'assistant', content }])[0]?.['tool_calls']
    expect(calls).toMatchObject([
      { function: { arguments: '{"raw":"{\\"x"}' } },
      { function: { arguments: '{"raw":"{\\"y"}' } },
    ])
  })

  it('returns reasoning to the provider that made it and to no other', () => {
    const thinking = (provider: string) => ({
      type: 'thinking',
      thinking: 'hm',
      signature: encodeSignature({ provider, model: 'm' }),
    })
    const messages = (provider: string) => [
      { role: 'assistant', content: [thinking(provider), use('a')] },
    ]
    const quirks = { reasoningHistory: 'reasoning_content' } as const
    expect(history(messages('p'), quirks)[0]).toMatchObject({ reasoning_content: 'hm' })
    expect(history(messages('q'), quirks)[0]).not.toHaveProperty('reasoning_content')
    expect(encoded({ messages: messages('q') }, quirks).dropped).toEqual(['assistant.thinking'])
  })

  it('offers client tools, hides the placeholder, and names server tools it cannot offer', () => {
    const tools = [
      { name: 'Bash', description: 'd', input_schema: SCHEMA, cache_control: {} },
      { name: 'DeferredToolPlaceholder', defer_loading: true },
      { name: 'WebFetch', defer_loading: true, input_schema: SCHEMA },
      { name: 'web_search', type: 'web_search_20250305' },
    ]
    const { tools: offered, dropped } = encoded({ tools }) as unknown as {
      tools: unknown
      dropped: string[]
    }
    expect(offered).toEqual([
      {
        type: 'function',
        function: { name: 'Bash', description: 'd', parameters: SCHEMA },
      },
      { type: 'function', function: { name: 'WebFetch', parameters: SCHEMA } },
    ])
    expect(dropped).toEqual(['tools.web_search_20250305'])
  })

  it.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'T' },
      { type: 'function', function: { name: 'T' } },
    ],
  ])('turns tool_choice %j into %j', (choice, expected) => {
    expect(encoded({ tools: [{ name: 'T' }], tool_choice: choice })['tool_choice']).toEqual(
      expected,
    )
  })

  it('offers a named tool alone to a server that reads only words as tool_choice', () => {
    const named = {
      tools: [{ name: 'S' }, { name: 'T' }],
      tool_choice: { type: 'tool', name: 'T' },
    }
    const { tools, tool_choice: choice, dropped } = encoded(named, { toolChoiceWords: true })
    expect(tools).toMatchObject([{ function: { name: 'T' } }])
    expect(choice).toBe('required')
    expect(dropped).toEqual([])
    const any = encoded({ ...named, tool_choice: { type: 'any' } }, { toolChoiceWords: true })
    expect(any['tools']).toHaveLength(2)
  })

  it('turns off parallel calls, passes sampling and stops, and names what it drops', () => {
    const body = encoded({
      tools: [{ name: 'T' }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      stop_sequences: ['a', 'b', 'c', 'd', 'e'],
      thinking: { type: 'adaptive' },
      output_config: {
        effort: 'high',
        format: { type: 'json_schema', schema: { type: 'object' } },
      },
    })
    expect(body).toMatchObject({
      parallel_tool_calls: false,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['a', 'b', 'c', 'd'],
    })
    expect(body['response_format']).toMatchObject({ json_schema: { schema: { type: 'object' } } })
    expect(body.dropped).toEqual(['top_k', 'thinking', 'output_config.effort'])
  })

  it("has the client's conversation as its cache key where the provider keeps one", () => {
    const metadata = { user_id: '{"session_id":"2e1ddc8e"}' }
    const body = encoded({ metadata }, { promptCacheKey: true })
    expect(body).toMatchObject({ prompt_cache_key: '2e1ddc8e', dropped: [] })
    expect(encoded({ metadata }).dropped).toEqual(['metadata'])
  })

  it('sends a PDF as a file where the provider takes files, else tells the model of it', () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: 'AAAA' }
    const messages = [
      { role: 'user', content: [{ type: 'document', source, title: 'a.pdf' }] },
      { role: 'user', content: [{ type: 'document', source: { type: 'text', data: 'plain' } }] },
    ]
    expect(history(messages, { files: true })[0]?.['content']).toEqual([
      {
        type: 'file',
        file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
      },
      { type: 'text', text: 'plain' },
    ])
    const body = encoded({ messages })
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: '[document left out, because this model cannot take it: application/pdf]\n\nplain',
      },
    ])
    expect(body.dropped).toEqual(['user.document'])
  })

  it('names blocks that it does not know', () => {
    const content = [
      { type: 'document', source: {} },
      { type: 'brand_new' },
      { type: 'text', text: 't' },
    ]
    const { messages, dropped } = encoded({ messages: [{ role: 'user', content }] })
    const note = '[document left out, because it is not here]'
    expect(messages).toEqual([{ role: 'user', content: `${note}\n\nt` }])
    expect(dropped).toEqual(['user.document', 'user.brand_new'])
  })
})

import { describe, expect, it } from 'vitest'
import type { Message, MessagesRequest } from '../../messages/request.ts'
import type { Capabilities } from '../protocol.ts'
import { encode } from './request.ts'
import { encodePieces } from './response.ts'

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const OPUS = 'anthropic.claude-opus-4-6-v1'

interface Body {
  readonly dropped: readonly string[]
  readonly [field: string]: unknown
}

function encoded(request: Partial<MessagesRequest>, model = SONNET, can?: Capabilities): Body {
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const target = { provider: 'p', model, ...(can === undefined ? {} : { can }) }
  const { body, dropped } = encode(whole, target)
  return { ...(JSON.parse(JSON.stringify(body)) as Record<string, unknown>), dropped }
}

function history(messages: readonly Message[], model = SONNET) {
  return encoded({ messages }, model)['messages']
}

const use = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'T', input })
const result = (id: string, content: unknown = 'ok', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})
const POINT = { cachePoint: { type: 'default' } }
const GO = { role: 'user', content: 'go' }
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
const PDF = {
  type: 'document',
  title: 'a_b.pdf',
  source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
}

describe('a request for Converse', () => {
  it('has system, messages and inference parameters, and no model', () => {
    const body = encoded({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=1;' },
        { type: 'text', text: 'A', cache_control: { type: 'ephemeral' } },
      ],
      max_tokens: 5,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 7,
      stop_sequences: ['</s>'],
      stream: true,
      metadata: { user_id: 'u' },
    })
    expect(body).toEqual({
      system: [{ text: 'A' }, POINT],
      messages: [{ role: 'user', content: [{ text: 'hi' }, POINT] }],
      inferenceConfig: { maxTokens: 5, temperature: 0.5, topP: 0.9, stopSequences: ['</s>'] },
      additionalModelRequestFields: { top_k: 7 },
      additionalModelResponseFieldPaths: ['/delta/stop_sequence'],
      dropped: ['metadata'],
    })
  })

  it('clamps the output to what the model can give', () => {
    const body = encoded({ max_tokens: 128_000 }, SONNET, { maxOutput: 64_000 })
    expect(body['inferenceConfig']).toEqual({ maxTokens: 64_000 })
  })

  it('puts results, what stands beside them and a system message into one user message', () => {
    expect(
      history([
        GO,
        {
          role: 'assistant',
          content: [{ type: 'text', text: 'on it' }, use('a', { x: 1 }), use('b')],
        },
        {
          role: 'user',
          content: [{ type: 'text', text: 'go on' }, result('b', 'no', { is_error: true })],
        },
        { role: 'system', content: 'note' },
        { role: 'user', content: [result('a', [{ type: 'text', text: 'yes' }, PNG])] },
      ]),
    ).toEqual([
      { role: 'user', content: [{ text: 'go' }] },
      {
        role: 'assistant',
        content: [
          { text: 'on it' },
          { toolUse: { toolUseId: 'a', name: 'T', input: { x: 1 } } },
          { toolUse: { toolUseId: 'b', name: 'T', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'b', content: [{ text: 'no' }], status: 'error' } },
          {
            toolResult: {
              toolUseId: 'a',
              content: [{ text: 'yes' }, { image: { format: 'png', source: { bytes: 'AAAA' } } }],
              status: 'success',
            },
          },
          { text: 'go on' },
          { text: '<system-reminder>\nnote\n</system-reminder>' },
        ],
      },
    ])
  })

  it('gives every document a name of its own and a text beside it', () => {
    const document = (n: number) => ({
      document: { format: 'pdf', name: `document ${String(n)}`, source: { bytes: 'JVBE' } },
    })
    expect(
      history([
        { role: 'user', content: [PDF] },
        { role: 'assistant', content: [use('a')] },
        { role: 'user', content: [result('a', [PDF])] },
      ]),
    ).toMatchObject([
      { content: [document(1), { text: '(document)' }] },
      {},
      { content: [{ toolResult: { content: [document(2)] } }] },
    ])
  })

  it('tells the model of images and documents that it does not get', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://x/y.png' } }
    const text = { type: 'document', source: { type: 'text', data: 'plain' } }
    const { messages, dropped } = encoded({
      messages: [{ role: 'user', content: [image, text] }],
    }) as unknown as { messages: { content: unknown }[]; dropped: string[] }
    expect(messages[0]?.content).toEqual([
      { text: '[image left out, because this model cannot take it: https://x/y.png]' },
      { text: 'plain' },
    ])
    expect(dropped).toEqual(['user.image'])
    const blind = encoded({ messages: [{ role: 'user', content: [PNG] }] }, SONNET, {
      images: false,
    })
    expect(blind.dropped).toEqual(['user.image'])
  })

  it('rewrites ids that Bedrock refuses, alike for call and result, and never sends blank text', () => {
    const messages = [
      GO,
      { role: 'assistant', content: [{ type: 'text', text: ' ' }, use('functions.Bash:0')] },
      { role: 'user', content: [result('functions.Bash:0', '')] },
    ]
    const [, call, answer] = history(messages) as [
      unknown,
      { content: [{ toolUse: { toolUseId: string } }] },
      { content: [{ toolResult: { toolUseId: string; content: unknown } }] },
    ]
    const id = call.content[0].toolUse.toolUseId
    expect(id).toMatch(/^[a-zA-Z0-9]{24}$/)
    expect(answer.content[0].toolResult).toMatchObject({
      toolUseId: id,
      content: [{ text: '(empty)' }],
    })
  })

  it('sends arguments that are no object as one', () => {
    const content = [use('a', '{"x'), use('b', { __unparsedToolInput: { raw: '[1', len: 2 } })]
    expect(history([GO, { role: 'assistant', content }])).toMatchObject([
      {},
      { content: [{ toolUse: { input: { raw: '{"x' } } }, { toolUse: { input: { raw: '[1' } } }] },
      {},
    ])
  })

  it('returns signed reasoning piece by piece to the model that made it, and to no other', () => {
    const target = { provider: 'p', model: SONNET }
    const signature = encodePieces(
      [{ text: 3, signature: 's1' }, { redacted: 'AQID' }, { text: 4, signature: 's2' }],
      target,
    )
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: [{ type: 'thinking', thinking: 'onetwo!', signature }, use('a')],
      },
    ]
    expect(history(messages)).toMatchObject([
      {},
      {
        content: [
          { reasoningContent: { reasoningText: { text: 'one', signature: 's1' } } },
          { reasoningContent: { redactedContent: 'AQID' } },
          { reasoningContent: { reasoningText: { text: 'two!', signature: 's2' } } },
          { toolUse: {} },
        ],
      },
      {},
    ])
    const other = encoded({ messages }, OPUS)
    expect(JSON.stringify(other)).not.toContain('reasoningContent')
    expect(other.dropped).toEqual(['assistant.thinking'])
  })
})

describe('tools for Converse', () => {
  const tools = [{ name: 'T', description: 'd', input_schema: { type: 'object', $schema: 's' } }]

  it('are specs; the placeholder is hidden and server tools are named', () => {
    const body = encoded({
      tools: [
        ...tools,
        { name: 'DeferredToolPlaceholder', defer_loading: true },
        { name: 'web_search', type: 'web_search_20250305' },
      ],
    })
    expect(body['toolConfig']).toEqual({
      tools: [
        {
          toolSpec: {
            name: 'T',
            description: 'd',
            inputSchema: { json: { type: 'object', $schema: 's' } },
          },
        },
      ],
    })
    expect(body.dropped).toEqual(['tools.web_search_20250305'])
  })

  it('have for Nova only what its schemas allow', () => {
    expect(encoded({ tools }, 'us.amazon.nova-pro-v1:0')['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: {} } } } }],
    })
  })

  it.each([
    [{ type: 'auto' }, undefined, []],
    [{ type: 'any' }, { any: {} }, []],
    [{ type: 'tool', name: 'T' }, { tool: { name: 'T' } }, []],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      undefined,
      ['tool_choice.disable_parallel_tool_use'],
    ],
  ])('with the choice %j have %j', (choice, expected, dropped) => {
    const body = encoded({ tools, tool_choice: choice })
    expect((body['toolConfig'] as { toolChoice?: unknown }).toolChoice).toEqual(expected)
    expect(body.dropped).toEqual(dropped)
  })

  it.each(['us.meta.llama4-maverick-17b-instruct-v1:0', 'openai.gpt-oss-120b-1:0'])(
    'leave it to %s whether to call one, which cannot be forced',
    (model) => {
      const body = encoded({ tools, tool_choice: { type: 'any' } }, model)
      expect(body['toolConfig']).not.toHaveProperty('toolChoice')
      expect(body.dropped).toEqual(['tool_choice'])
    },
  )

  it('that may not be called are not offered, unless the conversation has calls', () => {
    const none = { tools, tool_choice: { type: 'none' } }
    expect(encoded(none)).not.toHaveProperty('toolConfig')
    const messages = [{ role: 'assistant', content: [use('a')] }]
    expect(encoded({ ...none, messages })).toMatchObject({ dropped: ['tool_choice'] })
  })

  it('that the conversation speaks of are declared where none are offered', () => {
    const messages = [{ role: 'assistant', content: [use('a')] }]
    expect(encoded({ messages })['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: 'T' } }],
    })
  })
})

import { describe, expect, it } from 'vitest'
import { bodyText } from '../../../test/support/body.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { forward } from './request.ts'
import type { Dialect } from './types.ts'

const MODEL = 'claude-sonnet-4-6'
const BETAS = 'claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24'

function forwarded(
  request: Partial<MessagesRequest>,
  dialect: Dialect = 'bedrock',
  model = MODEL,
): { body: Record<string, unknown>; headers: Record<string, string>; dropped: readonly string[] } {
  const whole = {
    model: 'x',
    max_tokens: 900,
    messages: [{ role: 'user', content: 'q' }],
    ...request,
  }
  const headers = { 'anthropic-version': '2023-06-01', 'anthropic-beta': BETAS }
  const original = { request: whole, headers }
  const forwarded = forward(original, { provider: 'p', model }, dialect)
  return {
    body: JSON.parse(bodyText(forwarded.body)) as Record<string, unknown>,
    headers: forwarded.headers,
    dropped: forwarded.dropped,
  }
}

describe('a request for Claude at another host', () => {
  it('of Bedrock says version and betas in the body, and no model', () => {
    const { body, headers, dropped } = forwarded({ stream: true, metadata: { user_id: 'u' } })
    expect(body).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14'],
      max_tokens: 900,
      messages: [{ role: 'user', content: 'q' }],
    })
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01' })
    expect(dropped).toEqual([
      'metadata',
      'anthropic-beta.claude-code-20250219',
      'anthropic-beta.effort-2025-11-24',
    ])
  })

  it('of Vertex AI says the version in the body and betas in their header', () => {
    const { body, headers } = forwarded({ metadata: { user_id: 'u' } }, 'vertex')
    expect(body).toMatchObject({
      anthropic_version: 'vertex-2023-10-16',
      metadata: { user_id: 'u' },
    })
    expect(body).not.toHaveProperty('model')
    expect(headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14')
  })

  it('under a URL of its own is as at Anthropic', () => {
    const { body, headers } = forwarded({ stream: true }, 'messages')
    expect(body).toMatchObject({ model: MODEL, stream: true })
    expect(body).not.toHaveProperty('anthropic_version')
    expect(headers['anthropic-beta']).toContain('claude-code-20250219')
  })

  it('keeps the marks of the prompt cache', () => {
    const cache_control = { type: 'ephemeral' }
    const text = { type: 'text', text: 'a', cache_control }
    const tool = { name: 'A', input_schema: { type: 'object' }, cache_control }
    const { body } = forwarded({
      system: [text],
      tools: [{ ...tool, defer_loading: true, eager_input_streaming: true }],
      messages: [{ role: 'user', content: [text] }],
    })
    expect(body).toMatchObject({
      system: [text],
      tools: [tool],
      messages: [{ role: 'user', content: [text] }],
    })
    expect(JSON.stringify(body)).not.toMatch(/defer_loading|eager_input_streaming/)
  })

  it.each([
    [
      'claude-sonnet-4-6',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      [],
    ],
    ['claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 16_384 } }, []],
    ['claude-3-5-haiku', {}, ['thinking', 'output_config.effort']],
  ])('tells %s of thinking as that version knows it', (model, fields, dropped) => {
    const request = {
      max_tokens: 30_000,
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'high' },
    }
    const told1 = forwarded(request, 'bedrock', model)
    const { thinking, output_config } = told1.body
    expect({ thinking, output_config }).toEqual({
      thinking: undefined,
      output_config: undefined,
      ...fields,
    })
    expect(told1.dropped.filter((name) => !name.startsWith('anthropic-beta'))).toEqual(dropped)
  })

  it.each([
    ['claude-sonnet-4-6', 'disabled'],
    ['us.anthropic.claude-opus-5', 'disabled'],
    ['claude-haiku-5-5', 'disabled'],
    ['eu.anthropic.claude-sonnet-5-5', 'between_tools'],
    ['claude-sonnet-6', 'between_tools'],
    ['claude-3-5-haiku', undefined],
  ])('asks %s for an answer without thinking by %s', (model, type) => {
    for (const written of ['disabled', 'between_tools']) {
      const { body, dropped } = forwarded({ thinking: { type: written } }, 'vertex', model)
      expect(body['thinking']).toEqual(type && { type })
      expect(body).not.toHaveProperty('output_config')
      expect(dropped).not.toContain('thinking')
    }
  })

  it.each(['claude-opus-5-5', 'anthropic.claude-fable-5', 'claude-mythos-5-1', 'claude-opus-6'])(
    'asks %s, which thinks always, to think little, and names that',
    (model) => {
      const thinking = { type: 'disabled' }
      const format = { type: 'json_schema', schema: { type: 'object' } }
      const output_config = { format, effort: 'max' }
      const { body, dropped } = forwarded({ thinking, output_config }, 'bedrock', model)
      expect(body).not.toHaveProperty('thinking')
      expect(body['output_config']).toEqual({ effort: 'low', format })
      expect(dropped).toContain('thinking')
    },
  )

  it('keeps a schema for the answer where that version knows it', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } }
    const request = { output_config: { format } }
    expect(forwarded(request).body['output_config']).toEqual({ format })
    const old = forwarded(request, 'vertex', 'claude-opus-4-1')
    expect(old.body).not.toHaveProperty('output_config')
    expect(old.dropped).toContain('output_config.format')
  })

  it('goes without what is not of Claude, and without thinking where that leaves a gap', () => {
    const foreign = encodeSignature({ provider: 'o', model: 'gpt', payload: 's' })
    const messages = [
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature: foreign },
          { type: 'thinking', thinking: 'u', signature: '' },
          { type: 'tool_use', id: 'functions.A:0', name: 'A', input: {} },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'functions.A:0', content: 'r' }],
      },
    ]
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    const { body, dropped } = forwarded(
      { messages, thinking, max_tokens: 9000 },
      'vertex',
      'claude-opus-4-1',
    )
    const [, assistant, user] = body['messages'] as {
      content: { id?: string; tool_use_id?: string }[]
    }[]
    expect(assistant?.content).toHaveLength(1)
    expect(assistant?.content[0]?.id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(user?.content[0]?.tool_use_id).toBe(assistant?.content[0]?.id)
    expect(body).not.toHaveProperty('thinking')
    expect(dropped).toEqual(expect.arrayContaining(['assistant.thinking', 'thinking']))
  })

  it("keeps Claude's own signatures", () => {
    const content = [
      { type: 'thinking', thinking: 't', signature: 'EqQBCg' },
      { type: 'text', text: 'a' },
    ]
    const messages = [
      { role: 'assistant', content },
      { role: 'user', content: 'q' },
    ]
    expect(forwarded({ messages }).body['messages']).toEqual(messages)
  })

  it.each([
    ['bedrock', undefined, ['tools.web_search_20250305']],
    ['vertex', [{ type: 'web_search_20250305', name: 'web_search' }], []],
  ] as const)('has the web search of %s', (dialect, tools, dropped) => {
    const request = {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'auto' },
    }
    const sent = forwarded(request, dialect)
    expect(sent.body['tools']).toEqual(tools)
    expect(sent.body['tool_choice']).toEqual(tools && { type: 'auto' })
    expect(sent.dropped.filter((name) => name.startsWith('tools'))).toEqual(dropped)
  })
})

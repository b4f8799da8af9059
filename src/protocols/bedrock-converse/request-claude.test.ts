import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../messages/request.ts'
import { claudeVersion } from '../claude.ts'
import { encode } from './request.ts'

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const OPUS = 'anthropic.claude-opus-4-6-v1'

interface Body {
  readonly dropped: readonly string[]
  readonly [field: string]: unknown
}

function encoded(request: Partial<MessagesRequest>, model = SONNET): Body {
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const { body, dropped } = encode(whole, { provider: 'p', model })
  return { ...(body as Record<string, unknown>), dropped }
}

const use = (id: string) => ({ type: 'tool_use', id, name: 'T', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })

it.each([
  [SONNET, 405],
  [OPUS, 406],
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', 307],
  ['anthropic.claude-sonnet-4-20250514-v1:0', 400],
  ['global.anthropic.claude-fable-5-1', 501],
  ['anthropic.claude-opus-5', 500],
  ['anthropic.claude-v2:1', 0],
  ['us.amazon.nova-pro-v1:0', undefined],
])('%s is version %s', (model, version) => {
  expect(claudeVersion(model)).toBe(version)
})

describe('thinking of Claude on Bedrock', () => {
  const adaptive = { thinking: { type: 'adaptive' }, max_tokens: 32_000 }
  const effort = (level: string) => ({ output_config: { effort: level } })
  const fields = (request: Partial<MessagesRequest>, model: string) =>
    encoded(request, model)['additionalModelRequestFields']

  it.each([
    ['adaptive', OPUS, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
    ['adaptive', 'anthropic.claude-opus-5', { output_config: { effort: 'xhigh' } }],
    ['a budget', SONNET, { thinking: { type: 'enabled', budget_tokens: 31_999 } }],
    ['a budget', 'anthropic.claude-3-7-sonnet-20250219-v1:0', { thinking: { type: 'enabled' } }],
  ])('is %s for %s', (_kind, model, expected) => {
    expect(fields({ ...adaptive, ...effort('xhigh') }, model)).toMatchObject(expected)
  })

  it('keeps a budget below the output limit, and does without where there is no room', () => {
    const thinking = { type: 'enabled', budget_tokens: 31_999 }
    expect(fields({ thinking, max_tokens: 8_192 }, SONNET)).toEqual({
      thinking: { type: 'enabled', budget_tokens: 8_191 },
    })
    expect(encoded({ thinking, max_tokens: 64 }, SONNET)).toMatchObject({ dropped: ['thinking'] })
  })

  it('is left out where older Claude, Nova or a turn of foreign calls cannot have it', () => {
    const none = (request: Partial<MessagesRequest>, model: string) => {
      const body = encoded(request, model)
      expect(body).not.toHaveProperty('additionalModelRequestFields')
      expect(body.dropped).toEqual(['thinking'])
    }
    none(adaptive, 'anthropic.claude-3-5-sonnet-20240620-v1:0')
    none(adaptive, 'us.amazon.nova-pro-v1:0')
    const messages = [
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('a')] },
    ]
    none({ ...adaptive, messages }, SONNET)
    expect(fields({ ...adaptive, messages }, OPUS)).toEqual({ thinking: { type: 'adaptive' } })
  })

  it('is not asked for when the client turns it off', () => {
    expect(encoded({ thinking: { type: 'disabled' } })).toMatchObject({ dropped: [] })
  })

  it('holds answers to a schema where the model can, else names it', () => {
    const output_config = { format: { type: 'json_schema', schema: { type: 'object' } } }
    expect(encoded({ output_config })['outputConfig']).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { name: 'answer', schema: '{"type":"object"}' } },
      },
    })
    const old = encoded({ output_config }, 'us.amazon.nova-pro-v1:0')
    expect(old.dropped).toEqual(['output_config.format'])
  })
})

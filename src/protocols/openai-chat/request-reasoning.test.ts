import { describe, expect, it } from 'vitest'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { OPENAI_EFFORTS } from '../reasoning.ts'
import type { Capabilities } from '../protocol.ts'
import { encode } from './request.ts'
import type { Quirks } from './types.ts'

const OPENAI: Quirks = {
  maxTokens: 'max_completion_tokens',
  midSystem: 'system',
  streamOptions: true,
  jsonSchema: true,
}
const CALL = { type: 'tool_use', id: 'a', name: 'T', input: {} }

function encoded(
  request: Partial<MessagesRequest>,
  quirks: Partial<Quirks> = {},
  can: Capabilities = {},
): Record<string, unknown> {
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const { body, dropped } = encode(
    whole,
    { provider: 'p', model: 'm', can },
    { ...OPENAI, ...quirks },
  )
  return { ...(JSON.parse(JSON.stringify(body)) as Record<string, unknown>), dropped }
}

describe('reasoning in Chat Completions', () => {
  const THINKS = { reasoning: true }
  const HIGH = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
  const OFF = { thinking: { type: 'disabled' } }

  it.each([
    ['reasoning_effort', { effort: 'reasoning_effort', words: OPENAI_EFFORTS }, 'high', 'low'],
    [
      'reasoning',
      { effort: 'reasoning', words: OPENAI_EFFORTS },
      { effort: 'high' },
      { effort: 'low' },
    ],
    ['thinking', { toggle: 'thinking' }, { type: 'enabled' }, { type: 'disabled' }],
    ['enable_thinking', { toggle: 'enable_thinking' }, true, false],
    ['reasoning', { toggle: 'reasoning' }, { enabled: true }, { enabled: false }],
  ] as const)('tells a model that thinks how much to by %s', (field, reasoning, high, off) => {
    const quirks = { reasoning: [reasoning] }
    expect(encoded(HIGH, quirks, THINKS)[field]).toEqual(high)
    expect(encoded(OFF, quirks, THINKS)[field]).toEqual(off)
    expect(encoded({}, quirks, THINKS)).not.toHaveProperty(field)
    // Nothing is known of it: it may think.
    expect(encoded(HIGH, quirks)[field]).toEqual(high)
    for (const body of [encoded(HIGH, quirks, { reasoning: false }), encoded(HIGH, {}, THINKS)]) {
      expect(body).not.toHaveProperty(field)
      expect(body.dropped).toEqual(['thinking', 'output_config.effort'])
    }
  })

  it('says the one word that is taken beside tools, asked or not, and names the effort', () => {
    const reasoning = [
      { models: /^m$/, effort: 'reasoning_effort', words: OPENAI_EFFORTS, besideTools: 'none' },
    ] as const
    const tools = [{ name: 'T' }]
    const body = encoded({ ...HIGH, tools }, { reasoning })
    expect(body).toMatchObject({ reasoning_effort: 'none', dropped: ['output_config.effort'] })
    expect(encoded({ tools }, { reasoning })).toMatchObject({ reasoning_effort: 'none' })
    expect(encoded(HIGH, { reasoning })).toMatchObject({ reasoning_effort: 'high', dropped: [] })
  })

  it('goes by the first quirk that fits the model', () => {
    const reasoning = [
      { models: /^other/, toggle: 'thinking' },
      { models: /^m/, effort: 'reasoning_effort', words: { high: 'most' } },
      { toggle: 'enable_thinking' },
    ] as const
    const body = encoded(HIGH, { reasoning }, THINKS)
    expect(body).toMatchObject({ reasoning_effort: 'most' })
    expect(body).not.toHaveProperty('enable_thinking')
  })

  it('spares a model that thinks what it refuses, and leaves it room within its limit', () => {
    const fields = { temperature: 1, stop_sequences: ['x'], max_tokens: 64 }
    const quirks = { refusedByThinkers: ['temperature', 'top_p', 'stop'] } as const
    expect(encoded(fields, quirks)).toMatchObject({
      temperature: 1,
      stop: ['x'],
      max_completion_tokens: 4096,
    })
    const body = encoded(fields, quirks, { reasoning: true, maxOutput: 2000 })
    expect(body).not.toHaveProperty('temperature')
    expect(body).not.toHaveProperty('stop')
    expect(body).toMatchObject({
      max_completion_tokens: 2000,
      dropped: ['temperature'],
    })
  })

  it.each([
    ['a short answer that is to come without thinking', { type: 'disabled' }, 64, 4096],
    ['a test of the model with one token', { type: 'disabled' }, 1, 1],
    ['a short answer of any other kind', undefined, 64, 64],
    ['an answer after thinking', { type: 'adaptive' }, 64, 64],
  ])('leaves a model of which nothing is known room in %s', (_, thinking, max_tokens, room) => {
    expect(encoded({ thinking, max_tokens })).toMatchObject({ max_completion_tokens: room })
  })

  it('fills in for reasoning that a turn does not have where the provider refuses one without', () => {
    const quirks = { reasoningHistory: 'reasoning_content', reasoningRequired: true } as const
    const signature = encodeSignature({ provider: 'other', model: 'm' })
    const foreign = [{ type: 'thinking', thinking: 'hm', signature }, CALL]
    const body = encoded({ messages: [{ role: 'assistant', content: foreign }] }, quirks)
    expect(body['messages']).toMatchObject([{ content: '', reasoning_content: ' ' }, {}])
  })
})

import { describe, expect, it } from 'vitest'
import { allFallbacks, firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import { encodeSignature } from './reasoning-signature.ts'

const STATE = {
  type: 'thinking',
  thinking: 't',
  signature: encodeSignature({ provider: 'p', model: 'm', payload: 's' }),
}
const REQUEST = {
  model: 'x',
  max_tokens: 32_000,
  messages: [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: [STATE] },
  ],
}
const refusal = (message: string, remainingTokens?: number): GatewayError =>
  new GatewayError(
    'invalid_request_error',
    message,
    remainingTokens === undefined ? {} : { remainingTokens },
  )

describe('a second try', () => {
  it('goes without reasoning state that is refused', () => {
    const second = firstFallback(REQUEST, refusal('Invalid thought signature.'))
    expect(second?.without).toBe('assistant.thinking.signature')
    expect(JSON.stringify(second?.request)).not.toContain(STATE.signature)
  })

  it.each([
    "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
    "messages.2.assistant.reasoning: property 'messages.2.assistant.reasoning' is unsupported",
    '{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_details"],"msg":"Extra inputs are not permitted"}',
    "Unknown parameter: 'messages[1].thinking_blocks'.",
  ])('goes without earlier reasoning where the server does not know its field: %s', (message) => {
    const second = firstFallback(REQUEST, refusal(message))
    expect(second?.without).toBe('assistant.thinking')
    expect(second?.request.messages[1]).toEqual({ role: 'assistant', content: [] })
  })

  it.each([
    "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
    "Unsupported value: 'reasoning_effort' does not support 'none' with this model.",
    'invalid thinking: only type=enabled is allowed for this model',
    '{"type":"extra_forbidden","loc":["body","enable_thinking"],"msg":"Extra inputs are not permitted"}',
  ])('says nothing of thinking where that is refused: %s', (message) => {
    const output_config = { effort: 'high', format: { type: 'json_schema' } }
    const system = { role: 'system', content: 's', output_config: { effort: 'low' } }
    const requested = { ...REQUEST, thinking: { type: 'disabled' }, output_config }
    expect(firstFallback({ ...requested, messages: [system] }, refusal(message))).toEqual({
      request: {
        model: 'x',
        max_tokens: 32_000,
        output_config: { format: { type: 'json_schema' } },
        messages: [{ role: 'system', content: 's' }],
      },
      without: 'thinking',
      memory: 'thinking',
    })
  })

  it('is not made without the reasoning that a server misses', () => {
    const message = 'The `reasoning_content` in the thinking mode must be passed back to the API.'
    expect(firstFallback(REQUEST, refusal(message))).toBeUndefined()
    const effort = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
    expect(firstFallback(REQUEST, refusal(effort))).toBeUndefined()
  })

  it('asks for as long an answer as there is room beside the prompt', () => {
    expect(firstFallback(REQUEST, refusal('too long', 12_000))).toEqual({
      request: { ...REQUEST, max_tokens: 12_000 },
      without: 'max_tokens',
      memory: 'max_tokens<=12000',
      mayRepeat: true,
    })
  })

  it('thinks less where the answer may be no longer than the thinking', () => {
    const thinking = { type: 'enabled', budget_tokens: 16_000 }
    const second = firstFallback({ ...REQUEST, thinking }, refusal('too large', 8192))
    expect(second?.request).toMatchObject({
      max_tokens: 8192,
      thinking: { type: 'enabled', budget_tokens: 4096 },
    })
    const budget = { type: 'enabled', budget_tokens: 2000 }
    const same = firstFallback({ ...REQUEST, thinking: budget }, refusal('too large', 8192))
    expect(same?.request['thinking']).toEqual(budget)
  })

  it('is not made where it would be the same', () => {
    expect(firstFallback(REQUEST, refusal('no'))).toBeUndefined()
    expect(firstFallback(REQUEST, refusal('too long', 40_000))).toBeUndefined()
    expect(
      firstFallback({ ...REQUEST, messages: [] }, refusal('Invalid thought signature.')),
    ).toBeUndefined()
  })

  it('thinks with a budget where adaptive thinking is refused, and not without room for one', () => {
    const message =
      "thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags"
    const requested = { ...REQUEST, thinking: { type: 'adaptive' } }
    const second = firstFallback(requested, refusal(message))
    expect(second?.request['thinking']).toEqual({ type: 'enabled', budget_tokens: 16_000 })
    const short = firstFallback({ ...requested, max_tokens: 1_000 }, refusal(message))
    expect(short?.request).not.toHaveProperty('thinking')
  })

  it('does not think where the calls that are answered come from another model', () => {
    const message =
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.'
    const requested = { ...REQUEST, thinking: { type: 'enabled', budget_tokens: 2_000 } }
    const second = firstFallback(requested, refusal(message))
    expect(second?.request).not.toHaveProperty('thinking')
    expect(second?.memory).toBeUndefined()
  })

  it('goes without signed thinking that another account made', () => {
    const signed = { type: 'thinking', thinking: 't', signature: 'EqRD' }
    const messages = [{ role: 'assistant', content: [signed, { type: 'text', text: 'x' }] }]
    const error = refusal('messages.1.content.0: Invalid `signature` in `thinking` block')
    const second = firstFallback({ model: 'x', messages }, error)
    expect(second?.request.messages[0]?.content).toEqual([{ type: 'text', text: 'x' }])
  })

  it('keeps the last mark of the prompt cache where a relay has set too many', () => {
    const marked = (text: string) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })
    const requested = {
      model: 'x',
      system: [marked('a'), marked('b')],
      messages: [{ role: 'user', content: [marked('c'), marked('d')] }],
    }
    const error = refusal('A maximum of 4 blocks with cache_control may be provided. Found 5.')
    const second = firstFallback(requested, error)
    expect(second?.request).toEqual({
      model: 'x',
      system: [{ type: 'text', text: 'a' }, marked('b')],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'c' }, marked('d')] }],
    })
  })

  it('gives a model that thinks room for it where one token was asked for', () => {
    const error = refusal(
      'Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.',
    )
    expect(firstFallback({ ...REQUEST, max_tokens: 1 }, error)?.request.max_tokens).toBe(4_096)
    expect(firstFallback(REQUEST, error)).toBeUndefined()
  })

  it.each([
    "Invalid value: 'xhigh'. Supported values are: 'none', 'low', 'medium', and 'high'.",
    "output_config.effort: Input should be 'low', 'medium' or 'high'",
  ])('thinks hard where a server knows no harder word, then says nothing of it: %s', (message) => {
    const second = firstFallback(
      { ...REQUEST, output_config: { effort: 'xhigh' } },
      refusal(message),
    )
    expect(second?.request['output_config']).toEqual({ effort: 'high' })
    const [, third] = allFallbacks(
      { ...REQUEST, output_config: { effort: 'xhigh' } },
      refusal(message),
    )
    expect(third?.without).toBe('thinking')
  })

  it.each([
    'Thinking may not be enabled when tool_choice forces tool use.',
    'Thinking mode does not support this tool_choice',
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
  ])('does not think where that cannot be, and thinks again the next time: %s', (message) => {
    const requested = { ...REQUEST, thinking: { type: 'enabled', budget_tokens: 2_000 } }
    const second = firstFallback(requested, refusal(message))
    expect(second).toMatchObject({ without: 'thinking', memory: undefined })
    expect(second?.request).not.toHaveProperty('thinking')
  })
})

it('asks for a shorter answer only where there is less room than was wanted, and for half of it in thought', () => {
  const long = (room: number, more: object = {}) =>
    firstFallback(
      { ...REQUEST, max_tokens: 1_000, ...more },
      refusal('max_tokens is too large', room),
    )
  expect(long(1_000)).toBeUndefined()
  expect(long(1_001)).toBeUndefined()
  expect(long(999)).toMatchObject({ request: { max_tokens: 999 }, without: 'max_tokens' })
  const thinking = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } })
  expect(long(500, thinking(499))?.request).toMatchObject({ max_tokens: 500, ...thinking(499) })
  expect(long(500, thinking(500))?.request).toMatchObject({ max_tokens: 500, ...thinking(250) })
})

import { describe, expect, it } from 'vitest'
import { GatewayError } from './error.ts'
import { refusedFields, withoutField, withoutFields } from './refused-field.ts'
import { refusalIn } from './refusal.ts'

const refusal = (message: string): GatewayError =>
  new GatewayError('invalid_request_error', `p: ${message}`)
const fieldsIn = (body: object, error: GatewayError) => {
  const refused = refusalIn(error, { provider: 'p', model: 'm' })
  return refused === undefined ? [] : refusedFields(body, refused)
}
const refusedField = (body: object, error: GatewayError) => fieldsIn(body, error)[0]?.name

/** Written by hand; the words are those of the servers that are named in the source. */
const TOOL = { name: 'Bash', strict: true, defer_loading: true, eager_input_streaming: true }
const MESSAGES = {
  model: 'm',
  temperature: 0.5,
  top_p: 0.9,
  metadata: { user_id: 'u' },
  context_management: { edits: [] },
  output_config: { effort: 'high', format: { type: 'json_schema' } },
  thinking: { type: 'adaptive', display: 'summarized' },
  tool_choice: { type: 'any' },
  tools: [{ ...TOOL, input_schema: { type: 'object', properties: { strict: {}, stop: {} } } }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { ttl: '1h' } }] },
  ],
}
const CHAT = {
  model: 'm',
  stop: ['END'],
  stream_options: { include_usage: true },
  parallel_tool_calls: false,
  max_tokens: 9,
  response_format: { type: 'json_schema' },
  messages: [{ role: 'user', content: 'stop' }],
}

describe('the field that an error refuses', () => {
  it.each([
    ['defer_loading', MESSAGES, 'tools.0.custom.defer_loading: Extra inputs are not permitted'],
    [
      'eager_input_streaming',
      MESSAGES,
      'tools.0.custom.eager_input_streaming: Extra inputs are not permitted',
    ],
    ['strict', MESSAGES, 'tools.0.custom.strict: Extra inputs are not permitted'],
    ['context_management', MESSAGES, 'context_management: Extra inputs are not permitted'],
    ['output_config', MESSAGES, 'output_config: Extra inputs are not permitted'],
    ['display', MESSAGES, 'thinking.adaptive.display: Extra inputs are not permitted'],
    [
      'ttl',
      MESSAGES,
      'messages.0.content.0.cache_control.ephemeral.ttl: Extra inputs are not permitted',
    ],
    ['temperature', MESSAGES, '`temperature` is deprecated for this model.'],
    ['temperature', MESSAGES, '`temperature` may only be set to 1 when thinking is enabled'],
    ['top_p', MESSAGES, '`temperature` and `top_p` cannot both be specified for this model.'],
    ['metadata', MESSAGES, 'json: unknown field "metadata"'],
    ['stop', CHAT, 'Argument not supported on this model: stop'],
    [
      'stream_options',
      CHAT,
      '{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}',
    ],
    ['parallel_tool_calls', CHAT, "Unknown parameter: 'parallel_tool_calls'."],
    ['response_format', CHAT, 'This response_format type is unavailable now'],
    [
      'max_tokens',
      CHAT,
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ],
  ])('%s', (name, body, message) => {
    expect(refusedField(body, refusal(message))).toBe(name)
  })

  it.each([
    ['what cannot go', MESSAGES, 'messages: Unexpected role "system"'],
    ['a field inside another', MESSAGES, 'output_config.effort: Extra inputs are not permitted'],
    ['a field that is not there', CHAT, 'context_management: Extra inputs are not permitted'],
    ['a word that is no field', CHAT, 'The stop button is not supported'],
    [
      'a tool that is not forced while the model thinks',
      MESSAGES,
      'Thinking mode does not support this tool_choice',
    ],
    ['a value that is out of range', MESSAGES, 'temperature: must be at most 1'],
  ])('is not %s', (_what, body, message) => {
    expect(refusedField(body, refusal(message))).toBeUndefined()
  })

  it.each([
    ['thinking.adaptive.display: Extra inputs are not permitted', 'display', true],
    ['`temperature` is deprecated for this model.', 'temperature', true],
    ['`temperature` may only be set to 1 when thinking is enabled', 'temperature', false],
    ["Unsupported parameter: 'tool_choice'", 'tool_choice', false],
  ])('is refused of every request or not: %s', (message, name, isLasting) => {
    expect(fieldsIn(MESSAGES, refusal(message))[0]).toEqual({ name, isLasting })
  })

  it('is none of an error that is about something else', () => {
    const text = 'context_management: Extra inputs are not permitted'
    expect(refusedField(MESSAGES, new GatewayError('api_error', text))).toBeUndefined()
    const facts = { remainingTokens: 5 }
    const error = new GatewayError('invalid_request_error', text, facts)
    expect(refusedField(MESSAGES, error)).toBeUndefined()
  })
})

describe('a body without a field', () => {
  it('has it nowhere but in what the user has defined', () => {
    const body = withoutField(MESSAGES, 'strict') as typeof MESSAGES
    expect(body.tools[0]).toEqual({
      name: 'Bash',
      defer_loading: true,
      eager_input_streaming: true,
      input_schema: { type: 'object', properties: { strict: {}, stop: {} } },
    })
    expect(withoutField(MESSAGES, 'stop')).toBe(MESSAGES)
  })

  it('keeps what a model gave to a tool', () => {
    const call = { type: 'tool_use', id: 't', name: 'X', input: { ttl: 5 } }
    const body = { messages: [{ role: 'assistant', content: [call] }] }
    expect(withoutField(body, 'ttl')).toBe(body)
  })

  it('keeps the output limit under the other name', () => {
    expect(withoutField({ model: 'm', max_tokens: 9 }, 'max_tokens')).toEqual({
      model: 'm',
      max_completion_tokens: 9,
    })
  })

  it('goes without summaries of reasoning, and keeps those of earlier items', () => {
    const input = [{ type: 'reasoning', summary: [] }]
    const body = { input, reasoning: { effort: 'high', summary: 'auto' } }
    const error = refusal('Your organization must be verified to generate reasoning summaries.')
    const name = refusedField(body, error) ?? ''
    expect(withoutField(body, name)).toEqual({ input, reasoning: { effort: 'high' } })
  })

  it('goes without all that a server has refused, and names what it had', () => {
    const { body, dropped } = withoutFields(MESSAGES, ['top_p', 'stop', 'thinking', 'system'])
    expect(dropped).toEqual(['top_p'])
    expect(body).toHaveProperty('thinking')
  })
})

describe('a field of which nothing is there', () => {
  it.each([{}, { reasoning: null }, { reasoning: 'x' }, { reasoning: { effort: 'low' } }])(
    'leaves the very same body: %j',
    (body) => {
      expect(withoutField(body, 'reasoning.summary')).toBe(body)
      expect(withoutField(body, 'max_tokens')).toBe(body)
      expect(withoutField(body, 'ttl')).toBe(body)
    },
  )

  it('goes from the items of a list and leaves the others the very same', () => {
    const body = { tools: [{ name: 'a', strict: null }, { name: 'b' }, null, 'strict'] }
    const left = withoutField(body, 'strict') as typeof body
    expect(left).toEqual({ tools: [{ name: 'a' }, { name: 'b' }, null, 'strict'] })
    expect(left.tools[1]).toBe(body.tools[1])
  })

  it('goes from the items that Responses calls its input', () => {
    const body = { input: [{ type: 'message', strict: true }] }
    expect(withoutField(body, 'strict')).toEqual({ input: [{ type: 'message' }] })
  })
})

describe('of several fields that are refused', () => {
  const body = { top_p: 1, temperature: 1, seed: 1, metadata: {} }
  const names = (message: string) => fieldsIn(body, refusal(message)).map(({ name }) => name)

  it('the first is the likeliest, and of two that exclude each other the second', () => {
    const order = "unknown: 'metadata', 'seed', 'temperature'"
    expect(names(order)).toEqual(['metadata', 'seed', 'temperature'])
    expect(names('`top_p`, `temperature` and `seed` cannot both be there')).toEqual([
      'seed',
      'temperature',
      'top_p',
    ])
  })

  it('an output limit goes on under its other name only where the one is unknown', () => {
    const limited = { max_tokens: 9 }
    expect(fieldsIn(limited, refusal('max_tokens: must not be that'))).toEqual([])
    expect(fieldsIn(limited, refusal('max_tokens: unknown'))).toEqual([
      { name: 'max_tokens', isLasting: true },
    ])
  })

  it('all go, each under its own name', () => {
    const left = withoutFields({ max_tokens: 9, seed: 1, model: 'm' }, ['seed', 'max_tokens'])
    expect(left).toEqual({
      body: { model: 'm', max_completion_tokens: 9 },
      dropped: ['seed', 'max_tokens'],
    })
  })
})

/** Written by hand, in the words of servers. */
import { describe, expect, it } from 'vitest'
import { firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import { refusedFields } from './refused-field.ts'
import { refusalIn } from './refusal.ts'

const invalid = (message: string, facts: object = {}) =>
  new GatewayError('invalid_request_error', message, facts)
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }
const MARKED = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
const REQUEST = {
  model: 'x',
  max_tokens: 32_000,
  temperature: 1,
  thinking: { type: 'adaptive' },
  system: 'prompt',
  tools: [{ name: 'Bash', strict: true, input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: [MARKED, IMAGE, { type: 'tool_reference', tool_name: 'Bash' }] },
  ],
}

describe('an error', () => {
  it.each([
    [
      'a list of pydantic’s',
      `[{'type': 'missing', 'loc': ('body', 'messages', 0, 'name'), 'msg': 'Field required', 'input': {'content': [{'type': 'image', 'cache_control': {}}], 'thinking': 'invalid', 'strict': True, 'text': 'vision is not supported'}}]`,
    ],
    [
      'a text of pydantic’s',
      `1 validation error for ChatRequest\nmessages.0.name\n  Field required [type=missing, input_value={'cache_control': 1, 'thinking': 'unsupported', 'temperature': 1}, input_type=dict]`,
    ],
  ])('that quotes the request refuses nothing of what is quoted: %s', (_, message) => {
    const error = invalid(message)
    expect(firstFallback(REQUEST, error)).toBeUndefined()
    const refusal = refusalIn(error)
    expect(refusal && refusedFields(REQUEST, refusal)).toEqual([])
  })

  it('names behind a quotation what else is wrong', () => {
    const message = `[{'type': 'extra_forbidden', 'loc': ('body', 'x'), 'msg': 'Extra inputs are not permitted', 'input': {'strict': 1}}, {'type': 'extra_forbidden', 'loc': ('body', 'temperature'), 'msg': 'Extra inputs are not permitted', 'input': 1}]`
    const refusal = refusalIn(invalid(message))
    expect(refusal && refusedFields(REQUEST, refusal).map(({ name }) => name)).toEqual([
      'temperature',
    ])
  })

  it.each([
    'messages[0].content: unknown variant `tool_reference`, expected one of `text`, `image`, `document`',
    "messages.0.content.2: Input tag 'tool_reference' found using 'type' does not match any of the expected tags: 'text', 'image'",
    "Unsupported content type 'tool_reference'. Supported types are: 'text', 'image'.",
  ])('that lists what is accepted leaves that in its place: %s', (message) => {
    const second = firstFallback(REQUEST, invalid(message))
    expect(second?.without).toBe('messages.tool_reference')
    expect(second?.request.messages[0]?.content).toContainEqual(IMAGE)
  })

  it('that lists the fields of the API refuses none of them', () => {
    const refusal = refusalIn(
      invalid('unknown field `foo`, expected one of `model`, `temperature`, `strict`, `stop`'),
    )
    expect(refusal && refusedFields(REQUEST, refusal)).toEqual([])
  })

  it('does not speak of what the provider and the model are called', () => {
    const target = { provider: 'thinking', model: 'acme-thinking-vision' }
    const error = invalid('thinking: acme-thinking-vision: invalid request')
    expect(refusalIn(error, target)?.message).toBe('MODEL: invalid request')
  })

  it.each([
    'messages.0.content.1.image.source.media_type: image/tiff is not supported',
    'The image format is not supported',
    'Image dimensions are not allowed to exceed 8000 pixels',
    'This API version does not support revision 2',
  ])('about one image leaves all images in their place: %s', (message) => {
    expect(firstFallback(REQUEST, invalid(message))).toBeUndefined()
  })

  it.each([
    'messages.0.content.0.cache_control: cache_control cannot be set for this block',
    'a ttl=1h cache_control block must not come after a ttl=5m cache_control block',
  ])('about a mark in its place leaves all marks in theirs: %s', (message) => {
    expect(firstFallback(REQUEST, invalid(message))).toBeUndefined()
  })

  it('about another parameter raises no output limit', () => {
    const target = { ...REQUEST, max_tokens: 1 }
    const words = (name: string) =>
      `Invalid '${name}': integer below minimum value. Expected a value >= 16, but got 1 instead.`
    expect(firstFallback(target, invalid(words('n')))).toBeUndefined()
    expect(firstFallback(target, invalid(words('max_output_tokens')))?.request.max_tokens).toBe(
      4_096,
    )
  })
})

it('marks and fields that tools define stay where a server knows none', () => {
  const schema = { type: 'object', properties: { cache_control: { type: 'string' } } }
  const call = { type: 'tool_use', id: 't', name: 'Fetch', input: { cache_control: 'no-store' } }
  const target = {
    model: 'x',
    tools: [{ name: 'Fetch', input_schema: schema, cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'assistant', content: [call] },
      { role: 'user', content: [MARKED] },
    ],
  }
  for (const message of [
    'cache_control: Extra inputs are not permitted',
    'A maximum of 0 blocks with cache_control may be provided. Found 2.',
  ]) {
    const left = firstFallback(target, invalid(message))?.request
    expect(left?.tools).toEqual([{ name: 'Fetch', input_schema: schema }])
    expect(left?.messages[0]?.content).toEqual([call])
  }
})

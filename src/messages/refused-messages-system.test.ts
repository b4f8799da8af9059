import { expect, it } from 'vitest'
import { allFallbacks, firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'

const reminder = (text: string) => ({
  type: 'text',
  text: `<system-reminder>\n${text}\n</system-reminder>`,
})
const result = { type: 'tool_result', tool_use_id: 't', content: 'ok' }
const REQUEST = {
  model: 'x',
  system: 'prompt',
  messages: [
    { role: 'user', content: 'a' },
    { role: 'system', content: 'mid' },
    { role: 'user', content: [result] },
  ],
}

/** Written by hand, in the words of templates and servers. */
it.each([
  'System role not supported',
  'System messages are not allowed',
  'System message must be at the beginning.',
  'Conversation roles must alternate user/assistant/user/assistant/...',
  'messages[1].role: unknown variant `system`, expected `user` or `assistant`',
  'Messages API 不支持 role="system"',
  'request.messages.1.role: Invalid discriminator value. Expected user | assistant',
])('what the system says is said by the user in further tries: %s', (message) => {
  const error = new GatewayError('invalid_request_error', message)
  const second = firstFallback(REQUEST, error)
  expect(second?.without).toBe('messages.system')
  const turn = { role: 'user', content: [result, { type: 'text', text: 'a' }, reminder('mid')] }
  expect(second?.request).toEqual({ model: 'x', system: 'prompt', messages: [turn] })
  const [, third] = allFallbacks(REQUEST, error)
  expect(third?.without).toBe('system')
  const content = [result, reminder('prompt'), { type: 'text', text: 'a' }, reminder('mid')]
  expect(third?.request).toEqual({ model: 'x', messages: [{ role: 'user', content }] })
  expect(third && firstFallback(third.request, error)).toBeUndefined()
})

it('an error that is about something else changes nothing', () => {
  for (const message of ['The system is overloaded, not available', 'role: required']) {
    expect(
      firstFallback(REQUEST, new GatewayError('invalid_request_error', message)),
    ).toBeUndefined()
  }
})

const NOT_SUPPORTED = new GatewayError('invalid_request_error', 'System role not supported')
const text = (words: string) => ({ type: 'text', text: words })

it('what stands beside the words of the system, and its marks, go along', () => {
  const image = { type: 'image', source: {} }
  const marked = { ...text('mid'), cache_control: { type: 'ephemeral' } }
  const messages = [
    { role: 'assistant', content: 'a' },
    { role: 'system', content: [marked, image] },
    { role: 'assistant', content: 'b' },
    { role: 'assistant', content: 'c' },
  ]
  expect(firstFallback({ model: 'x', messages }, NOT_SUPPORTED)?.request.messages).toEqual([
    messages[0],
    { role: 'user', content: [{ ...reminder('mid'), cache_control: marked.cache_control }, image] },
    messages[2],
    messages[3],
  ])
})

it('a prompt in blocks is said before all else, as far as it is text', () => {
  const system = [text('one'), { type: 'of_tomorrow' }, text('two')]
  const messages = [{ role: 'assistant', content: 'a' }]
  const second = firstFallback({ model: 'x', system, messages }, NOT_SUPPORTED)
  expect(second).toEqual({
    request: {
      model: 'x',
      messages: [{ role: 'user', content: [reminder('one'), reminder('two')] }, ...messages],
    },
    without: 'system',
    memory: 'system',
  })
})

it('what no system says is the matter of no further try', () => {
  const messages = [{ role: 'user', content: 'a' }]
  expect(firstFallback({ model: 'x', messages }, NOT_SUPPORTED)).toBeUndefined()
  expect(firstFallback({ model: 'x', system: [], messages }, NOT_SUPPORTED)).toBeUndefined()
})

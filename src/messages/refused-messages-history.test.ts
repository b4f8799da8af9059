import { expect, it } from 'vitest'
import { firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import type { Block } from './request.ts'

const call = (id: string): Block => ({ type: 'tool_use', id, name: 'Bash', input: {} })
const result = (id: string, content: string): Block => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
})
const message = (text: string): Block => ({ type: 'text', text })
const none = (id: string): Block => ({ ...result(id, '(no result)'), is_error: true })
const user = (...content: Block[]) => ({ role: 'user', content })
const assistant = (...content: Block[]) => ({ role: 'assistant', content })
const invalid = (message: string) => new GatewayError('invalid_request_error', message)

/** Written by hand; the words are Anthropic's. */
it.each([
  [
    'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: b.',
    [user(message('x')), assistant(call('a'), call('b')), user(result('a', '1'), message('go on'))],
    [
      user(message('x')),
      assistant(call('a'), call('b')),
      user(result('a', '1'), none('b'), message('go on')),
    ],
  ],
  [
    'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: z.',
    [user(result('z', 'lost'), message('go on'))],
    [user(message('lost'), message('go on'))],
  ],
  [
    'each tool_use must have a single result. Found multiple `tool_result` blocks with id: a',
    [assistant(call('a')), user(result('a', '1'), result('a', '2'))],
    [assistant(call('a')), user(result('a', '1'))],
  ],
  [
    'messages: text content blocks must be non-empty',
    [user(message(''), message('x')), assistant(message('')), user(message('y'))],
    [user(message('x')), user(message('y'))],
  ],
  [
    'messages.0: `tool_use` ids were found without `tool_result` blocks immediately after: a.',
    [assistant(call('a')), assistant(call('b'))],
    [assistant(call('a')), user(none('a')), assistant(call('b')), user(none('b'))],
  ],
  [
    'messages.3.content.0: `tool_use` ids must be unique',
    [
      ...[assistant(call('a')), user(result('a', '1')), assistant(call('a'), call('a_2'))],
      ...[user(result('a_2', '3'), result('a', '2')), assistant(call('a'))],
    ],
    [
      ...[assistant(call('a')), user(result('a', '1')), assistant(call('a_3'), call('a_2'))],
      ...[user(result('a_3', '2'), result('a_2', '3')), assistant(call('a_4')), user(none('a_4'))],
    ],
  ],
  [
    'messages.1.content.1: `tool_use` ids must be unique',
    [assistant(call('a'), call('a')), user(result('a', '1'), result('a', '2'))],
    [assistant(call('a'), call('a_2')), user(result('a', '1'), result('a_2', '2'))],
  ],
  [
    'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: a.',
    [assistant(call('a')), user(message('x')), user(result('a', '1'), message('y'))],
    [assistant(call('a')), user(result('a', '1'), message('x')), user(message('y'))],
  ],
  [
    'messages.0.content.1: cache_control cannot be set for empty text blocks',
    [user(message('x'), { ...message(''), cache_control: { type: 'ephemeral' } })],
    [user(message('x'))],
  ],
  [
    'messages: text content blocks must contain non-whitespace text',
    [
      user(message('x'), message(' \n')),
      assistant(call('a')),
      user({ ...result('a', ''), content: [message('')] }),
    ],
    [user(message('x')), assistant(call('a')), user({ ...result('a', ''), content: [] })],
  ],
])('a conversation is mended in the second try: %s', (message, messages, mended) => {
  const second = firstFallback({ model: 'x', messages }, invalid(message))
  expect(second).toEqual({
    request: { model: 'x', messages: mended },
    without: 'messages.history',
    memory: 'messages.history',
  })
  expect(second && firstFallback(second.request, invalid(message))).toBeUndefined()
})

it.each<[string, object[], object[]]>([
  [
    'a call without an id, which nobody can answer, stays',
    [user(message('')), assistant({ type: 'tool_use', name: 'Bash' }), user(message('x'))],
    [assistant({ type: 'tool_use', name: 'Bash' }), user(message('x'))],
  ],
  [
    'what is no call stays without a result',
    [assistant({ type: 'server_tool_use', id: 's' }, call('a'))],
    [assistant({ type: 'server_tool_use', id: 's' }, call('a')), user(none('a'))],
  ],
  [
    'what the system says stands where it stood',
    [assistant(call('a')), { role: 'system', content: 's' }, user(result('a', '1'), message(''))],
    [assistant(call('a')), { role: 'system', content: [message('s')] }, user(result('a', '1'))],
  ],
  [
    'a result of the system is none',
    [assistant(call('a')), { role: 'system', content: [result('a', '1')] }],
    [assistant(call('a')), user(none('a')), { role: 'system', content: [result('a', '1')] }],
  ],
  [
    'a result of no call is neither lost nor given to another call',
    [assistant(call('a'), call('b')), user(result('z', 'lost'), result('a', '1'))],
    [assistant(call('a'), call('b')), user(result('a', '1'), none('b'), message('lost'))],
  ],
  [
    'what only looks like a result is none',
    [assistant(call('a')), user({ type: 'of_tomorrow', tool_use_id: 'a' })],
    [assistant(call('a')), user(none('a'), { type: 'of_tomorrow', tool_use_id: 'a' })],
  ],
  [
    'what other blocks hold stays',
    [user({ type: 'search_result', content: [message('')] }, message(''))],
    [user({ type: 'search_result', content: [message('')] })],
  ],
  [
    'a turn without calls is followed by none of the user',
    [user(message(''), message('x')), assistant(message('y')), assistant(message('z'))],
    [user(message('x')), assistant(message('y')), assistant(message('z'))],
  ],
  [
    'a result of no call whose content is of no known shape goes',
    [user({ type: 'tool_result', tool_use_id: 'z', content: 5 }, message('x'))],
    [user(message('x'))],
  ],
  [
    'the content of a result that is not of blocks stays',
    [assistant(call('a')), user({ ...result('a', ''), content: ['odd'] }, message(' '))],
    [assistant(call('a')), user({ ...result('a', ''), content: ['odd'] })],
  ],
  [
    'blocks of other kinds that hold an empty text stay',
    [user({ type: 'of_tomorrow', text: '' }, { type: 'text' }, message(''))],
    [user({ type: 'of_tomorrow', text: '' }, { type: 'text' })],
  ],
])('mended with care: %s', (_, messages, mended) => {
  const request = { model: 'x', messages: messages as ReturnType<typeof user>[] }
  const second = firstFallback(request, invalid('messages: text content blocks must be non-empty'))
  expect(second?.request.messages).toEqual(mended)
})

it('a conversation of which nothing else is refused, or that is whole, is left alone', () => {
  const whole = {
    model: 'x',
    messages: [assistant(call('a')), user(result('a', '1'), message('x'))],
  }
  const broken = { model: 'x', messages: [user(message(''), message('x'))] }
  const words = 'messages: text content blocks must be non-empty'
  expect(firstFallback(whole, invalid(words))).toBeUndefined()
  expect(
    firstFallback({ model: 'x', messages: [{ role: 'user', content: 'x' }] }, invalid(words)),
  ).toBe(undefined)
  expect(firstFallback(broken, new GatewayError('api_error', words))).toBeUndefined()
  expect(firstFallback(broken, invalid('something else'))).toBeUndefined()
})

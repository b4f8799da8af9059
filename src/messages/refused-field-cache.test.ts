/** Marks of the prompt cache that a server does not take; written by hand, in the words of servers. */
import { expect, it } from 'vitest'
import { firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import type { MessagesRequest } from './request.ts'

const mark = { cache_control: { type: 'ephemeral' } }
const text = (message: string, more: object = {}) => ({ type: 'text', text: message, ...more })
const user = (...content: object[]) => ({ role: 'user', content: content as [{ type: 'text' }] })
const TOO_MANY = 'A maximum of 4 blocks with cache_control may be provided. Found 5.'
const UNKNOWN = 'messages.0.content.0.cache_control: Extra inputs are not permitted'

const second = (
  request: Partial<MessagesRequest>,
  message: string,
  kind = 'invalid_request_error',
) =>
  firstFallback(
    { model: 'x', messages: [], ...request },
    new GatewayError(kind as 'api_error', message),
  )

it('marks that a server does not know all go, and stay away', () => {
  const messages = [user(text('a', mark)), user(text('b', mark))]
  expect(second({ system: [text('s', mark)], messages }, UNKNOWN)).toEqual({
    request: { model: 'x', system: [text('s')], messages: [user(text('a')), user(text('b'))] },
    without: 'cache_control',
    memory: 'cache_control',
  })
})

it.each<[string, Partial<MessagesRequest>, Partial<MessagesRequest>]>([
  [
    'of two messages the later',
    { messages: [user(text('a', mark)), user(text('b', mark)), user(text('c'))] },
    { messages: [user(text('a')), user(text('b', mark)), user(text('c'))] },
  ],
  [
    'that of a system prompt, where the messages have none',
    { system: [text('s', mark), text('t', mark)], messages: [{ role: 'user', content: 'q' }] },
    { system: [text('s'), text('t', mark)], messages: [{ role: 'user', content: 'q' }] },
  ],
  [
    'that of the messages beside a system prompt in one text',
    { system: 's', messages: [user(text('a', mark), text('b', mark))] },
    { system: 's', messages: [user(text('a'), text('b', mark))] },
  ],
  [
    'none of the tools',
    { tools: [{ name: 'Read', ...mark }], messages: [user(text('a', mark))] },
    { tools: [{ name: 'Read' }], messages: [user(text('a', mark))] },
  ],
])('of too many marks the last ones stay: %s', (_, request, left) => {
  const tried = second(request, TOO_MANY)
  expect(tried?.without).toBe('cache_control.more')
  expect(tried?.request).toEqual({ model: 'x', messages: [], ...left })
})

it('few marks are the matter of no further try', () => {
  expect(second({ messages: [user(text('a', mark))] }, TOO_MANY)).toBeUndefined()
  expect(second({ messages: [user(text('a'))] }, TOO_MANY)).toBeUndefined()
  expect(second({ messages: [user(text('a'))] }, UNKNOWN)).toBeUndefined()
})

it('a failure of the server costs no marks', () => {
  const messages = [user(text('a', mark))]
  expect(second({ messages }, UNKNOWN, 'api_error')).toBeUndefined()
  expect(second({ messages }, 'temperature: Extra inputs are not permitted')).toBeUndefined()
})

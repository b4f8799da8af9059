import { expect, it } from 'vitest'
import { testWriter, TARGET } from '../../test/support/stream.ts'
import { GatewayError } from '../messages/error.ts'
import { guardedProtocol } from './protocol.ts'
import { openaiChat } from './openai-chat/index.ts'
import { COMPATIBLE } from '../providers/definition.ts'

it('an event of another shape than documented is an error of the provider, with its cause', () => {
  const decoder = guardedProtocol(openaiChat(COMPATIBLE)).decoder(testWriter(), TARGET)
  const frame = { event: '', data: '{"choices":[{"delta":{"tool_calls":[null]}}]}' }
  expect(() => decoder.push(frame)).toThrow(GatewayError)
  expect(() => decoder.push(frame)).toThrow('p sent an event of a shape that ccr does not know')
})

it('has no getters of its own, which would keep the request until the next full collection', () => {
  const decoder = guardedProtocol(openaiChat(COMPATIBLE)).decoder(testWriter(), TARGET)
  const fields = Object.values(Object.getOwnPropertyDescriptors(decoder))
  expect(fields.filter((field) => 'get' in field)).toEqual([])
})

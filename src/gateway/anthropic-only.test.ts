import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../messages/error.ts'
import { parseRequest } from '../messages/request.ts'
import { refuseAnthropicOnly } from './anthropic-only.ts'
import type { ResolvedTarget } from './targets/targets.ts'

type Candidate = Pick<ResolvedTarget, 'api'>

const of = (dialect: string): Candidate =>
  ({ api: { kind: 'forward', dialect, rewrite: undefined } }) as unknown as Candidate
const anthropic = of('anthropic')
const translated = { api: { kind: 'translate' } } as unknown as Candidate
const others = [translated, of('unknown'), of('compatible'), of('bedrock'), of('vertex')]

const goesOn = { type: 'continue', previous_message_id: 'msg_1' }
const request = (fields: object) =>
  parseRequest(
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }),
  )

function refused(fields: object, ...candidates: [Candidate, ...Candidate[]]): unknown {
  try {
    refuseAnthropicOnly(request(fields), candidates)
    return undefined
  } catch (thrown) {
    return (thrown as GatewayError).envelope()
  }
}

describe('a request that goes on in a message thread', () => {
  const unsupported = {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: expect.stringContaining('message-threads-2026-08-12') as string,
      details: { error_code: 'thread_unsupported_request', unsupported: 'thread' },
    },
  }

  it('goes to Anthropic, whatever keys it has', () => {
    expect(refused({ thread: goesOn }, anthropic, anthropic)).toBeUndefined()
  })

  it.each(others)('is refused for %j in a form that makes the client send all', (candidate) => {
    expect(refused({ thread: goesOn }, candidate)).toEqual(unsupported)
    // Failover could not go there otherwise.
    expect(refused({ thread: goesOn }, anthropic, candidate)).toEqual(unsupported)
    expect(refused({ thread: goesOn }, candidate, anthropic)).toEqual(unsupported)
  })

  it('may have no message of its own', () => {
    expect(refused({ thread: goesOn, messages: [] }, anthropic)).toBeUndefined()
    expect(() => request({ messages: [] })).toThrow('at least one message')
    expect(() => request({ messages: [], thread: 'continue' })).toThrow('at least one message')
    expect(() => request({ messages: [], thread: { type: 'create' } })).toThrow('at least one')
  })
})

it('a request that begins a thread holds the whole conversation, and goes everywhere', () => {
  for (const candidate of others) {
    expect(refused({ thread: { type: 'create' } }, candidate)).toBeUndefined()
  }
})

it.each(others)('a request for no tokens is refused for %j', (candidate) => {
  expect(refused({ max_tokens: 0 }, candidate)).toMatchObject({
    error: {
      type: 'invalid_request_error',
      message: expect.stringContaining('max_tokens') as string,
    },
  })
  expect(refused({ max_tokens: 1 }, candidate)).toBeUndefined()
  expect(refused({ max_tokens: 0 }, anthropic, candidate)).toBeUndefined()
})

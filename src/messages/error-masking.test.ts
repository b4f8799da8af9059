import { expect, it } from 'vitest'
import { GatewayError } from './error.ts'

const SECRET = 'a"secret\\that-is-long'

it('an error that quotes a secret is told without it, with everything else as it was', () => {
  const facts = { status: 418, retryAfter: '7', shouldRetry: false, cause: new Error('why') }
  const error = new GatewayError('api_error', 'bad key secret-0123456789', facts)
  const masked = error.without(['', 'other', 'secret-0123456789'])
  expect(masked).toMatchObject({ ...facts, kind: 'api_error', message: 'bad key ***' })
  expect(masked.envelope().error.message).toBe('bad key ***')
})

it("another maker's envelope is kept, without the secret", () => {
  const envelope = {
    type: 'error' as const,
    error: { type: 'authentication_error' as const, message: `no: ${SECRET}` },
    request_id: 'req_1',
  }
  const error = new GatewayError('authentication_error', 'no', { envelope })
  expect(error.without([SECRET]).envelope()).toEqual({
    ...envelope,
    error: { type: 'authentication_error', message: 'no: ***' },
  })
})

it('words that only look like a short key stay', () => {
  const error = new GatewayError('api_error', 'ollama is not there')
  expect(error.without(['ollama'])).toBe(error)
})

it('an error that quotes no secret is the very same, with an envelope too', () => {
  const envelope = { type: 'error', error: { type: 'api_error', message: 'no' } } as const
  const error = new GatewayError('api_error', 'no', { envelope })
  expect(error.without([SECRET])).toBe(error)
})

it('a secret that stands in the envelope alone is starred there', () => {
  const more = { type: 'api_error', message: 'no', param: SECRET } as const
  const error = new GatewayError('api_error', 'no', { envelope: { type: 'error', error: more } })
  expect(error.without([SECRET]).envelope().error).toEqual({ ...more, param: '***' })
})

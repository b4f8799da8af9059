/** What counts as a refusal of the request itself, and what of its words is read. */
import { describe, expect, it } from 'vitest'
import { type ErrorFacts, type ErrorKind, GatewayError } from './error.ts'
import { isSameRefusal, type Refusal, refusalIn } from './refusal.ts'

const WORDS = 'temperature: Extra inputs are not permitted'
const failing = (kind: ErrorKind, facts: ErrorFacts = {}) => new GatewayError(kind, WORDS, facts)

describe('a refusal', () => {
  it.each<[ErrorKind, ErrorFacts]>([
    ['invalid_request_error', {}],
    ['invalid_request_error', { shouldRetry: false }],
    ['api_error', {}],
    ['api_error', { shouldRetry: true }],
  ])('is what a server says of the request: %s %j', (kind, facts) => {
    const text = { kind, message: WORDS, isBesidePrompt: false }
    expect(refusalIn(failing(kind, facts))).toMatchObject(text)
  })

  it.each<[string, ErrorKind, ErrorFacts]>([
    ['by ccr itself', 'invalid_request_error', { origin: 'gateway' }],
    ['behind the begin of an answer, which is billed', 'invalid_request_error', { partial: true }],
    ['of nobody: no answer came, and it may be billed', 'api_error', { unanswered: true }],
    ['of nobody: nobody is there', 'api_error', { unreachable: true }],
    ['that no change can help', 'api_error', { shouldRetry: false }],
    ['for a time', 'rate_limit_error', {}],
    ['of a key', 'authentication_error', {}],
    ['of a prompt that is too long', 'invalid_request_error', { overflow: true }],
  ])('is none %s', (_, kind, facts) => {
    expect(refusalIn(failing(kind, facts))).toBeUndefined()
  })

  it.each<ErrorFacts>([{ remainingTokens: 4000 }, { excess: 500 }])(
    'of prompt and answer together leaves only the numbers to be read: %j',
    (facts) => {
      const refusal = refusalIn(failing('invalid_request_error', { overflow: true, ...facts }))
      expect(refusal).toEqual({
        kind: 'invalid_request_error',
        message: '',
        remainingTokens: undefined,
        isBesidePrompt: true,
        excess: undefined,
        ...facts,
      })
    },
  )

  it('is read without the names of who was asked, of which short ones stand in many words', () => {
    const read = (message: string, provider: string, model: string) =>
      refusalIn(new GatewayError('invalid_request_error', message), { provider, model })?.message
    expect(read('p: o3-pro and o3-pro: no', 'p', 'o3-pro')).toBe('MODEL and MODEL: no')
    expect(read('p: gpt-4 is not it', 'p', 'gpt-4')).toBe('gpt-4 is not it')
    expect(read('it is p: no', 'p', 'any-model')).toBe('it is p: no')
  })

  it.each([
    ['unknown variant `x`, expected one of `text`, `image`', 'unknown variant `x`'],
    [
      'no [type=missing, input_value={"a": 1}, input_type=dict]',
      'no [type=missing, , input_type=dict]',
    ],
  ])('is read without what it lists and quotes: %s', (message, read) => {
    expect(refusalIn(new GatewayError('invalid_request_error', message))?.message).toBe(read)
  })

  it('of many words is read in its beginning alone', () => {
    const message = 'x '.repeat(10_000)
    const read = refusalIn(new GatewayError('invalid_request_error', message))?.message
    expect(read).toBe(message.slice(0, 8192))
  })
})

describe('the same refusal', () => {
  const one: Refusal = {
    kind: 'invalid_request_error',
    message: 'no (req_0123456789ab)',
    remainingTokens: 5,
    isBesidePrompt: false,
  }

  it.each<[string, Partial<Refusal>, boolean]>([
    ['word by word', {}, true],
    ['with the id of another request', { message: 'no (req_ab9876543210)' }, true],
    ['with other words', { message: 'not this (req_0123456789ab)' }, false],
    ['with a long word in place of an id', { message: 'no (req_abcdefghijkl)' }, false],
    ['of another kind', { kind: 'api_error' }, false],
    ['with another room', { remainingTokens: 6 }, false],
    ['with another excess', { excess: 6 }, false],
  ])('comes again %s: %s', (_, changed, is) => {
    expect(isSameRefusal(one, { ...one, ...changed })).toBe(is)
  })
})

import { describe, expect, it } from 'vitest'
import { upstreamFault } from './fault.ts'

describe('what an upstream says when it fails', () => {
  it.each([
    [400, { error: { message: 'bad' } }, 'invalid_request_error', 400],
    [401, { error: 'no key' }, 'authentication_error', 401],
    [402, { error: { message: 'pay' } }, 'billing_error', 402],
    [403, {}, 'permission_error', 403],
    [404, { error: { message: 'The model `x` does not exist' } }, 'not_found_error', 404],
    [404, { error: { message: 'Not Found' } }, 'invalid_request_error', 400],
    [422, { detail: [{ msg: 'x' }] }, 'invalid_request_error', 400],
    [429, [{ error: { message: 'slow', status: 'RESOURCE_EXHAUSTED' } }], 'rate_limit_error', 429],
    [500, 'boom', 'api_error', 500],
    [502, undefined, 'api_error', 502],
    [503, { message: 'busy' }, 'overloaded_error', 503],
    [529, {}, 'overloaded_error', 529],
    [302, '', 'api_error', 502],
  ])('status %i with %j is %s', (status, body, kind, ours) => {
    expect(upstreamFault(body, { provider: 'p', status })).toMatchObject({ kind, status: ours })
  })

  it('reads from the body how long to wait, where no header says it', () => {
    const details = [{ '@type': 'x' }, { '@type': 'RetryInfo', retryDelay: '34.4s' }]
    const error = { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED', details }
    expect(upstreamFault({ error }, 'p').headers()).toEqual({ 'retry-after': '35' })
    const both = { provider: 'p', status: 429, retryAfter: '7' }
    expect(upstreamFault([{ error }], both).headers()).toEqual({ 'retry-after': '7' })
    const odd = { ...error, details: [null, { retryDelay: 'soon' }] }
    expect(upstreamFault({ error: odd }, 'p').headers()).toEqual({})
  })

  it('takes the wrong key of a Google 400 for what it is', () => {
    const details = [{ reason: 'API_KEY_INVALID', domain: 'googleapis.com' }]
    const error = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details }
    expect(upstreamFault({ error }, { provider: 'p', status: 400 })).toMatchObject({
      kind: 'authentication_error',
      shouldRetry: false,
    })
  })

  it.each([
    [{ code: 502, message: 'x' }, 'api_error', 502],
    [{ type: 'overloaded_error', message: 'x' }, 'overloaded_error', 529],
    [{ code: 'rate_limit_exceeded', message: 'x' }, 'rate_limit_error', 429],
    [{ message: 'x' }, 'api_error', 500],
  ])('inside a stream %j is %s', (error, kind, status) => {
    expect(upstreamFault(error, 'p')).toMatchObject({ kind, status, message: 'p: x' })
  })

  it.each([
    ['Rate limit reached. Please try again in 1m12.5s. Visit …', '73'],
    ['Please try again in 345ms.', '1'],
    ['Please retry after 20 seconds. To increase …', '20'],
    ['Try again in 6 minutes', '360'],
    ['Try again later', undefined],
  ])('reads %j as a time to wait', (message, seconds) => {
    const error = upstreamFault({ error: { message } }, { provider: 'p', status: 429 })
    expect(error.retryAfter).toBe(seconds)
  })

  it('keeps retry-after, and advises against retries that cannot help', () => {
    const busy = upstreamFault({}, { provider: 'p', status: 429, retryAfter: '7' })
    expect(busy.headers()).toEqual({ 'retry-after': '7' })
    const quota = { error: { message: 'x', code: 'insufficient_quota' } }
    expect(upstreamFault(quota, { provider: 'p', status: 429 }).headers()).toEqual({
      'x-should-retry': 'false',
    })
    expect(upstreamFault({}, { provider: 'p', status: 401 }).headers()).toEqual({
      'x-should-retry': 'false',
    })
  })

  it.each([
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,512 tokens.",
    'The input (130512 tokens) is longer than the model context length (128000 tokens). prompt is too long',
  ])(
    'says that the prompt is too long in the words that make the client compact: %s',
    (message) => {
      expect(upstreamFault({ error: { message } }, { provider: 'p', status: 400 })).toMatchObject({
        kind: 'invalid_request_error',
        status: 400,
        message: 'prompt is too long: 130512 tokens > 128000 maximum',
      })
    },
  )
})

import { describe, expect, it } from 'vitest'
import { asGatewayError, type ErrorKind, GatewayError } from './error.ts'
import { upstreamError } from './upstream-error.ts'

describe('an error for the client', () => {
  it.each<[ErrorKind, number, string | undefined]>([
    ['invalid_request_error', 400, undefined],
    ['authentication_error', 401, 'false'],
    ['billing_error', 402, undefined],
    ['permission_error', 403, undefined],
    ['not_found_error', 404, undefined],
    ['request_too_large', 413, undefined],
    ['rate_limit_error', 429, undefined],
    ['timeout_error', 504, undefined],
    ['overloaded_error', 529, undefined],
    ['api_error', 500, undefined],
  ])('%s has status %i and advice %s', (kind, status, advice) => {
    const error = new GatewayError(kind, 'why')
    expect(error.status).toBe(status)
    // The headers go to Node, which takes no undefined.
    expect(error.headers()).toStrictEqual(advice === undefined ? {} : { 'x-should-retry': advice })
    expect(error.envelope()).toEqual({ type: 'error', error: { type: kind, message: 'why' } })
  })

  it('says of itself only what it was told, so that nobody takes it for billed or too long', () => {
    const error = new GatewayError('api_error', 'x')
    expect(Object.entries(error).filter(([, fact]) => fact === true)).toEqual([])
    expect(error.name).toBe('GatewayError')
    expect('cause' in error).toBe(false)
    expect(new GatewayError('api_error', 'x', { cause: 'y' }).cause).toBe('y')
  })

  it('has the status, the wait and the advice that it was given', () => {
    const error = new GatewayError('api_error', 'x', {
      status: 502,
      retryAfter: '7',
      shouldRetry: true,
    })
    expect(error.headers()).toEqual({ 'retry-after': '7', 'x-should-retry': 'true' })
    expect(error.status).toBe(502)
    const retried = new GatewayError('authentication_error', 'x', { shouldRetry: true })
    expect(retried.headers()).toEqual({ 'x-should-retry': 'true' })
  })

  const WHOLE = {
    status: 503,
    retryAfter: '7',
    shouldRetry: false,
    overflow: true,
    limit: 5,
    partial: true,
    unanswered: true,
    unreachable: true,
    origin: 'gateway' as const,
    remainingTokens: 6,
  }
  const facts = (error: GatewayError): object =>
    Object.fromEntries(Object.keys(WHOLE).map((key) => [key, error[key as keyof typeof WHOLE]]))

  it.each<[string, (error: GatewayError) => GatewayError, object]>([
    ['other facts', (error) => error.with({ status: 500 }), { status: 500 }],
    ['more to say', (error) => error.adding('(more)'), {}],
    ['its secrets starred', (error) => error.without(['sk-secret-1234']), {}],
    ['another wait', (error) => error.retryAfterMs(1_001), { retryAfter: '2' }],
    ['no wait', (error) => error.retryAfterMs(0), { retryAfter: undefined }],
  ])('is the same with %s', (_, change, changed) => {
    const error = new GatewayError('overloaded_error', 'key sk-secret-1234', WHOLE)
    const other = change(error)
    expect(facts(other)).toEqual({ ...WHOLE, ...changed })
    expect(other.kind).toBe('overloaded_error')
    expect(other.message).toMatch(/^key /)
  })

  it('keeps the envelope of its maker in all of these', () => {
    const envelope = {
      type: 'error',
      error: { type: 'overloaded_error', message: 'key sk-secret-1234', details: 1 },
      request_id: 'r',
    } as const
    const error = new GatewayError('overloaded_error', 'key sk-secret-1234', { envelope })
    expect(error.with({ status: 500 }).envelope()).toEqual(envelope)
    expect(error.retryAfterMs(5).envelope()).toEqual(envelope)
    expect(error.adding('(more)').envelope()).toMatchObject({
      error: { message: 'key sk-secret-1234 (more)', details: 1 },
      request_id: 'r',
    })
    const starred = error.without(['sk-secret-1234'])
    expect(JSON.stringify([starred.envelope(), starred.message])).not.toContain('sk-secret')
    expect(starred.envelope()).toMatchObject({ error: { details: 1 }, request_id: 'r' })
  })

  it('says nothing of what was not foreseen, and leaves the cause to the log', () => {
    const cause = new Error('secret path /home/u')
    const error = asGatewayError(cause)
    expect(error).toMatchObject({ kind: 'api_error', status: 500, cause })
    expect(error.message).not.toContain('/home/u')
    const known = new GatewayError('api_error', 'x')
    expect(asGatewayError(known)).toBe(known)
    const deep = asGatewayError(new RangeError('Maximum call stack size exceeded'))
    expect(deep).toMatchObject({ kind: 'api_error', status: 502 })
    expect(asGatewayError(new RangeError('Invalid array length')).status).toBe(500)
  })
})

describe('the status of a provider', () => {
  it.each<[number, ErrorKind, number]>([
    [400, 'invalid_request_error', 400],
    [401, 'authentication_error', 401],
    [402, 'billing_error', 402],
    [403, 'permission_error', 403],
    [404, 'invalid_request_error', 400],
    [405, 'invalid_request_error', 400],
    [408, 'timeout_error', 504],
    [409, 'invalid_request_error', 400],
    [413, 'request_too_large', 413],
    [422, 'invalid_request_error', 400],
    [424, 'api_error', 502],
    [429, 'rate_limit_error', 429],
    [498, 'overloaded_error', 529],
    [499, 'invalid_request_error', 400],
    [500, 'api_error', 500],
    [501, 'api_error', 501],
    [502, 'api_error', 502],
    [503, 'overloaded_error', 503],
    [504, 'timeout_error', 504],
    [520, 'api_error', 520],
    [529, 'overloaded_error', 529],
    [599, 'api_error', 599],
    [600, 'api_error', 502],
    [304, 'api_error', 502],
  ])('%i without a word is %s with %i', (status, kind, expected) => {
    const error = upstreamError('', { provider: 'p', status })
    expect([error.kind, error.status]).toEqual([kind, expected])
    expect(error.message).toBe(`p: HTTP ${String(status)}`)
  })

  it.each<[string, ErrorKind]>([
    ['invalid_request_error', 'invalid_request_error'],
    ['authentication_error', 'authentication_error'],
    ['invalid_api_key', 'authentication_error'],
    ['api_key_expired', 'authentication_error'],
    ['billing_error', 'billing_error'],
    ['permission_error', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['DeploymentNotFound', 'not_found_error'],
    ['request_too_large', 'request_too_large'],
    ['rate_limit_error', 'rate_limit_error'],
    ['rate_limit_exceeded', 'rate_limit_error'],
    ['insufficient_quota', 'rate_limit_error'],
    ['overloaded_error', 'overloaded_error'],
    ['overloaded', 'overloaded_error'],
    ['server_overloaded', 'overloaded_error'],
    ['service_unavailable', 'overloaded_error'],
    ['timeout_error', 'timeout_error'],
    ['timeout', 'timeout_error'],
    ['api_error', 'api_error'],
    ['server_error', 'api_error'],
    ['internal_server_error', 'api_error'],
    ['ValidationException', 'invalid_request_error'],
    ['AccessDeniedException', 'permission_error'],
    ['ModelTimeoutException', 'timeout_error'],
    ['ModelErrorException', 'api_error'],
    ['ModelStreamErrorException', 'api_error'],
    ['ThrottlingException', 'rate_limit_error'],
    ['ModelNotReadyException', 'rate_limit_error'],
    ['ServiceQuotaExceededException', 'rate_limit_error'],
    ['InternalServerException', 'api_error'],
    ['ServiceUnavailableException', 'overloaded_error'],
    ['INVALID_ARGUMENT', 'invalid_request_error'],
    ['FAILED_PRECONDITION', 'invalid_request_error'],
    ['UNAUTHENTICATED', 'authentication_error'],
    ['PERMISSION_DENIED', 'permission_error'],
    ['RESOURCE_EXHAUSTED', 'rate_limit_error'],
    ['INTERNAL', 'api_error'],
    ['UNAVAILABLE', 'overloaded_error'],
    ['DEADLINE_EXCEEDED', 'timeout_error'],
    ['of_tomorrow', 'api_error'],
  ])('within a stream is told by the word %s: %s', (word, kind) => {
    const message = { error: { type: word, message: 'it went wrong' } }
    expect(upstreamError(message, 'p').kind).toBe(kind)
  })
})

import { describe, expect, it } from 'vitest'
import { notJsonError, upstreamError } from './upstream-error.ts'

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
    expect(upstreamError(body, { provider: 'p', status })).toMatchObject({ kind, status: ours })
  })

  it('reads from the body how long to wait, where no header says it', () => {
    const details = [{ '@type': 'x' }, { '@type': 'RetryInfo', retryDelay: '34.4s' }]
    const error = { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED', details }
    expect(upstreamError({ error }, 'p').headers()).toEqual({ 'retry-after': '35' })
    const both = { provider: 'p', status: 429, retryAfter: '7' }
    expect(upstreamError([{ error }], both).headers()).toEqual({ 'retry-after': '7' })
    const odd = { ...error, details: [null, { retryDelay: 'soon' }] }
    expect(upstreamError({ error: odd }, 'p').headers()).toEqual({})
  })

  it('takes the wrong key of a Google 400 for what it is', () => {
    const details = [{ reason: 'API_KEY_INVALID', domain: 'googleapis.com' }]
    const error = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details }
    expect(upstreamError({ error }, { provider: 'p', status: 400 })).toMatchObject({
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
    expect(upstreamError(error, 'p')).toMatchObject({ kind, status, message: 'p: x' })
  })

  it.each([
    ['Rate limit reached. Please try again in 1m12.5s. Visit …', '73'],
    ['Please try again in 345ms.', '1'],
    ['Please retry after 20 seconds. To increase …', '20'],
    ['Try again in 6 minutes', '360'],
    ['Try again later', undefined],
  ])('reads %j as a time to wait', (message, seconds) => {
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 429 })
    expect(error.retryAfter).toBe(seconds)
  })

  it('keeps retry-after, and advises against retries that cannot help', () => {
    const busy = upstreamError({}, { provider: 'p', status: 429, retryAfter: '7' })
    expect(busy.headers()).toEqual({ 'retry-after': '7' })
    const quota = { error: { message: 'x', code: 'insufficient_quota' } }
    expect(upstreamError(quota, { provider: 'p', status: 429 }).headers()).toEqual({
      'x-should-retry': 'false',
    })
    expect(upstreamError({}, { provider: 'p', status: 401 }).headers()).toEqual({
      'x-should-retry': 'false',
    })
  })

  it.each([
    [503, { error: { message: 'free-models-per-day: no server is free' } }],
    [529, { error: { message: 'x', code: 'insufficient_quota' } }],
    [500, { error: { message: 'x' } }],
    [408, {}],
    [429, { error: { message: 'slow down' } }],
  ])('a %i with %j may be tried again', (status, body) => {
    expect(upstreamError(body, { provider: 'p', status }).shouldRetry).toBeUndefined()
  })

  it.each([
    'Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000, Used 5900, Requested 500. Please reduce your message size or try again in 4s.',
    'Too many requests. Please reduce the length of the messages or wait.',
    'Request too large for x on tokens per min (TPM): Limit 30000, Requested 30000.',
  ])('a 429 in words like those of a long prompt stays a limit that passes: %s', (message) => {
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 429 })
    expect(error).toMatchObject({ kind: 'rate_limit_error', overflow: false })
    expect(error.shouldRetry).toBeUndefined()
  })

  it('a limit of rate is not how long an answer may be', () => {
    const message = 'Rate limit: the output tokens per minute must not exceed 8000.'
    const answered = (status: number) =>
      upstreamError({ error: { message } }, { provider: 'p', status })
    expect(answered(429).remainingTokens).toBeUndefined()
    expect(answered(400).remainingTokens).toBe(8000)
  })

  it.each([
    [400, { error: { message: 'x', type: 'constructor', code: 'toString' } }, 400],
    [undefined, { message: 'x', type: 'constructor', code: 'overloaded' }, 529],
    [undefined, { message: 'x', type: 'odd', code: 'constructor' }, 500],
    [403, { error: { message: 'The model `x` does not exist, or you may not use it.' } }, 403],
    [500, { error: { message: 'model not found' } }, 500],
    [422, { error: { message: 'model not found' } }, 404],
  ])('a status of %s with %j is told as %s', (status, body, expected) => {
    const context = status === undefined ? 'p' : { provider: 'p', status }
    expect(upstreamError(body, context).status).toBe(expected)
  })

  it.each([
    ['OpenAI', { message: 'x', type: 'insufficient_quota' }],
    ['Moonshot', { message: 'x', type: 'exceeded_current_quota_error' }],
    ['z.ai', { code: '1113', message: 'Insufficient balance or no resource package.' }],
    ['xAI', { message: 'Your team has used all of its available credits.' }],
    [
      'Gemini, for the day',
      {
        code: 429,
        message: 'You exceeded your current quota. Please retry in 21.5s.',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
          },
        ],
      },
    ],
  ])('an account that is empty is told at once: %s', (_who, error) => {
    expect(upstreamError({ error }, { provider: 'p', status: 429 })).toMatchObject({
      kind: 'rate_limit_error',
      shouldRetry: false,
    })
  })

  it('a limit that passes is worth a retry, also where the words are alike', () => {
    const message =
      'You exceeded your current quota, please check your plan. Please retry in 21.5s.'
    const details = [{ violations: [{ quotaId: 'GenerateContentInputTokensPerMinute' }] }, null]
    const error = { code: 429, message, status: 'RESOURCE_EXHAUSTED', details }
    expect(upstreamError({ error }, { provider: 'p', status: 429 }).headers()).toEqual({
      'retry-after': '22',
    })
  })

  it.each([
    [400, 'Model Not Exist'], // DeepSeek
    [400, 'xyz is not a valid model ID'], // OpenRouter
    [400, 'Invalid model: mistral-x'],
    [400, 'The provided model identifier is invalid.'], // Bedrock
    [404, 'The API deployment for this resource does not exist.'], // Azure
    [404, 'models/gemini-x is not found for API version v1beta'],
    [404, 'model "llama9" not found, try pulling it first'], // Ollama
    [undefined, 'Model does not exist. Please check it carefully.'], // SiliconFlow, in a 200
  ])('status %s with "%s" is a missing model', (status, message) => {
    const context = status === undefined ? 'p' : { provider: 'p', status }
    expect(upstreamError({ error: { message } }, context)).toMatchObject({
      kind: 'not_found_error',
      status: 404,
    })
  })

  it.each([
    [{ error: 'no key', message: 'a longer story' }, 'no key'],
    [{ errors: [{ message: 'first' }, { message: 'second' }] }, 'first'],
    [{ error: { message: '{"error":{"message":"inner","code":"x"}}' } }, 'inner'],
    [
      { error: { message: 'Provider returned error', metadata: { raw: 'busy' } } },
      'Provider returned error: busy',
    ],
    [{ status_code: 1004, status_msg: 'login fail' }, 'login fail'],
    [{ error_code: 1, error_msg: 'of Baidu' }, 'of Baidu'],
  ])('reads %j', (body, message) => {
    expect(upstreamError(body, { provider: 'p', status: 400 }).message).toBe(`p: ${message}`)
  })

  it.each([
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,512 tokens.",
    'The input (130512 tokens) is longer than the model context length (128000 tokens). prompt is too long',
  ])(
    'says that the prompt is too long in the words that make the client compact: %s',
    (message) => {
      expect(upstreamError({ error: { message } }, { provider: 'p', status: 400 })).toMatchObject({
        kind: 'invalid_request_error',
        status: 400,
        message: 'prompt is too long: 130512 tokens > 128000 maximum',
      })
    },
  )
})

describe('a frame that should be JSON and is not', () => {
  const cause = new SyntaxError('Unexpected token')

  it.each([
    ['Internal Server Error', 'api_error', 502, 'p: Internal Server Error'],
    [' upstream timed out\n', 'api_error', 502, 'p: upstream timed out'],
    ['模型过载', 'api_error', 502, 'p: 模型过载'],
    ['Incorrect API key provided', 'authentication_error', 401, 'p: Incorrect API key provided'],
    ['500 Internal Server Error', 'api_error', 502, 'p: 500 Internal Server Error'],
  ])('is told in the words of the server where it is such: %s', (data, kind, status, message) => {
    expect(notJsonError(data, 'p', cause)).toMatchObject({ kind, status, message, cause })
  })

  it.each(['{"choices":[{"del', '[1,', '<html>', '"half', '', '  ', 'null', 'true', '17', '-'])(
    'is not quoted where it is a scrap: %s',
    (data) => {
      expect(notJsonError(data, 'p', cause)).toMatchObject({
        kind: 'api_error',
        status: 502,
        message: 'p sent a chunk that is not JSON.',
        cause,
      })
    },
  )
})

it('an error whose fields are no texts and no numbers keeps its words', () => {
  const odd = { toString: [], valueOf: [] }
  const error = upstreamError(
    { status: odd, code: odd, error: { message: 'busy', code: odd } },
    'p',
  )
  expect(error.message).toBe('p: busy')
})

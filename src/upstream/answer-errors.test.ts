/** What an answer that says failure means, with what its headers advise. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../providers/configured/call.ts'
import { type Answer, headerOf } from './answer.ts'
import { answerError, htmlError } from './answer-errors.ts'
import { networkError, timeoutError } from './network-errors.ts'

const call: Call = {
  provider: 'p',
  url: 'https://api.example/v1/messages?beta=true',
  headers: { authorization: 'Bearer sk-of-the-call' },
  body: '{}',
}
const timeouts = { connectMs: 1_500, firstByteMs: 2_500, idleMs: 3_500 }

async function* textOf(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  if (text !== '') yield Buffer.from(text)
}
const failed = (
  status: number,
  body: string | object,
  headers: Answer['headers'] = {},
  secrets: readonly string[] = [],
) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = { status, headers, body: textOf(text), release: () => undefined }
  return answerError(answer, call, secrets)
}
const envelope = (type: string, message: string, more: object = {}) => ({
  type: 'error',
  error: { type, message },
  ...more,
})

describe('an error of a Messages API', () => {
  it('is passed on whole, with its status and what it advises', async () => {
    const body = envelope('overloaded_error', 'Overloaded', { request_id: 'req_1' })
    const error = await failed(529, body, { 'retry-after': '7' })
    expect(error).toMatchObject({ kind: 'overloaded_error', status: 529, retryAfter: '7' })
    expect([error.message, error.overflow]).toEqual(['Overloaded', false])
    expect(error.envelope()).toEqual(body)
  })

  it.each([
    ['true', true],
    ['false', false],
    [['false', 'true'], false],
    [undefined, undefined],
  ])('that says x-should-retry: %s is repeated as it says', async (header, advice) => {
    const body = envelope('api_error', 'internal')
    const headers = header === undefined ? {} : { 'x-should-retry': header }
    expect((await failed(500, body, headers)).shouldRetry).toBe(advice)
  })

  it.each([['request_too_large'], ['an_error_of_tomorrow_error'], ['not_found_error']])(
    'may be of any of its types: %s',
    async (type) => expect((await failed(400, envelope(type, 'no'))).kind).toBe(type),
  )

  it('that says how much is too long keeps its words and says so', async () => {
    const words = 'prompt is too long: 210000 tokens > 200000 maximum'
    const error = await failed(400, envelope('invalid_request_error', words))
    expect([error.message, error.overflow]).toEqual([words, true])
  })

  /** The client asks again for what fits, but not for less than 3,000 tokens. */
  const together = (prompt: number) =>
    `input length and \`max_tokens\` exceed context limit: ${String(prompt)} + 64000 > 200000, decrease input length or \`max_tokens\` and try again`

  it('that leaves room for an answer is left to the client', async () => {
    const error = await failed(400, envelope('invalid_request_error', together(196_000)))
    expect(error).toMatchObject({
      message: together(196_000),
      overflow: true,
      remainingTokens: undefined,
    })
    expect(error.envelope().error.message).toBe(together(196_000))
  })

  it.each([
    [400, together(196_001), 3_935],
    [400, together(199_500), undefined],
    [422, together(100_000), 99_936],
    [400, together(196_000).replaceAll('`', ''), 3_936],
  ])(
    'that leaves too little, or says so in other words (%i, %s), makes it compact',
    async (status, words, room) => {
      const error = await failed(status, envelope('invalid_request_error', words))
      expect(error).toMatchObject({
        status: 400,
        overflow: true,
        remainingTokens: room,
        shouldRetry: false,
      })
      expect(error.message).toMatch(/^prompt is too long: \d{6} tokens > 200000 maximum$/)
      expect(error.envelope().error.message).toBe(error.message)
    },
  )

  it('about the limit of an answer says what is not refused, whatever the status', async () => {
    const words = 'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens'
    for (const status of [400, 422]) {
      const error = await failed(status, envelope('invalid_request_error', words))
      expect(error).toMatchObject({
        status,
        message: words,
        overflow: false,
        remainingTokens: 8_192,
      })
    }
    const limited = await failed(429, envelope('rate_limit_error', words), { 'retry-after': '9' })
    expect(limited).toMatchObject({
      remainingTokens: undefined,
      retryAfter: '9',
      shouldRetry: undefined,
    })
    const other = await failed(400, envelope('invalid_request_error', 'tools.0: no'))
    expect(other).toMatchObject({
      remainingTokens: undefined,
      retryAfter: undefined,
      overflow: false,
    })
  })

  /** https://github.com/anthropics/claude-code/issues/2127, and what relays answer */
  it.each([
    ['You have reached your specified API usage limits.', 'billing_error'],
    ["You're out of extra usage. Add more at claude.ai/settings/usage.", 'billing_error'],
    ['This organization has been disabled.', 'permission_error'],
    ['Invalid API key', 'authentication_error'],
    ['model not found: x', 'not_found_error'],
    ['Too many requests', 'rate_limit_error'],
    ['The server is overloaded', 'overloaded_error'],
    ['tools.0: Extra inputs are not permitted', 'invalid_request_error'],
  ])(
    'that is no matter of the request may go to others, and keeps its words: %s',
    async (words, kind) => {
      const body = envelope('invalid_request_error', words)
      const error = await failed(400, body)
      expect(error).toMatchObject({ kind, status: 400, message: words })
      expect(error.envelope()).toEqual(body)
    },
  )

  it('of a server that failed stays what it is called', async () => {
    const error = await failed(500, envelope('invalid_request_error', 'no'))
    expect(error).toMatchObject({ kind: 'invalid_request_error', status: 500 })
  })

  it('of a limit that lasts is not worth a retry, unless the server thinks so', async () => {
    const body = envelope(
      'rate_limit_error',
      '[1308][Usage limit reached for 5 hour. Your limit will reset at 2026-01-01 12:00:00][1]',
    )
    const error = await failed(429, body)
    expect(error).toMatchObject({ kind: 'rate_limit_error', status: 429, shouldRetry: false })
    expect((await failed(429, body, { 'x-should-retry': 'true' })).shouldRetry).toBe(true)
    expect((await failed(429, body, { 'retry-after': '60' })).headers()).toEqual({
      'retry-after': '60',
      'x-should-retry': 'false',
    })
    const soon = envelope('rate_limit_error', 'Too many requests. Please try again in 20s.')
    expect(await failed(429, soon)).toMatchObject({ retryAfter: '20', shouldRetry: undefined })
  })

  it('of a rate, in words of a window, is no prompt that is too long', async () => {
    const words = 'This request would exceed the maximum context length per minute'
    const error = await failed(429, envelope('rate_limit_error', words))
    expect(error).toMatchObject({ kind: 'rate_limit_error', message: words, overflow: false })
  })

  it('of another maker is put into words that the client knows', async () => {
    const words = "This model's maximum context length is 8192 tokens."
    const error = await failed(400, envelope('invalid_request_error', words))
    expect(error.overflow).toBe(true)
    expect(error.message).toContain('prompt is too long')
  })

  it.each([
    ['no type of theirs', envelope('whatever', 'no')],
    ['another envelope', { type: 'failure', error: { type: 'api_error', message: 'no' } }],
    ['no words', { type: 'error', error: { type: 'api_error', message: 7 } }],
    ['nothing in it', { type: 'error' }],
  ])('with %s is one of any provider', async (_, body) => {
    const error = await failed(402, body)
    expect([error.status, error.kind]).toEqual([402, 'billing_error'])
    expect(error.message).toMatch(/^p/)
  })
})

describe('an error of any provider', () => {
  it('waits as its headers say', async () => {
    const error = await failed(429, { error: { message: 'slow' } }, { 'retry-after-ms': '2500' })
    expect([error.kind, error.message, error.retryAfter]).toEqual([
      'rate_limit_error',
      'p: slow',
      '3',
    ])
  })

  it('keeps its message if it is plain text, and the title if it is a web page', async () => {
    expect((await failed(500, '  out of order \n')).message).toContain('out of order')
    const page = '\n<!doctype html><html><head><title>\n 502 Bad Gateway </title></head>'
    expect((await failed(502, page)).message).toContain('a web page: 502 Bad Gateway')
    const bare = await failed(502, '<html><body>secret words</body></html>')
    expect(bare.message).toContain('a web page')
    expect(bare.message).not.toContain('secret words')
  })

  it.each([
    'event:error\n data:{"code":"InvalidParameter","message":"Range of max_tokens should be [1, 8192]"}\n\n',
    'data: {"error":{"message":"Range of max_tokens should be [1, 8192]"},"id":"x"}\n\n',
  ])('that comes as an event is read all the same: %j', async (text) => {
    const message = 'p: Range of max_tokens should be [1, 8192]'
    expect(await failed(400, text)).toMatchObject({ message, remainingTokens: 8_192 })
  })

  it('that is nested without end is text', async () => {
    const error = await failed(500, '['.repeat(5_000))
    expect(error.status).toBe(500)
  })

  it('names no secret of the config, nor the key of the call, in any part', async () => {
    const words = 'bad key sk-of-the-call at sk-of-the-config'
    for (const body of [words, { error: { message: words } }, envelope('api_error', words)]) {
      const error = await failed(401, body, {}, ['sk-of-the-config'])
      const all = JSON.stringify([error.message, error.envelope()])
      expect(all).toContain('***')
      expect(all).not.toMatch(/sk-of/)
    }
  })
})

describe('a redirect that is not followed', () => {
  it.each([300, 302, 399])('%i says where it leads and what to change', async (status) => {
    const error = await failed(status, 'x', { location: 'https://new.example/v2?key=secret' })
    expect(error).toMatchObject({ status: 502, shouldRetry: false })
    expect(error.message).toBe(
      `p (https://api.example) redirects to https://new.example/v2 (HTTP ${String(status)}): set api_base_url to where it answers`,
    )
  })

  it('says so also where it does not say where', async () => {
    expect((await failed(304, '')).message).toContain('redirects (HTTP 304)')
  })
})

it('a web page in place of an answer names the address without what may be secret', () => {
  const error = htmlError({ ...call, url: 'https://api.example/v1?key=secret' })
  expect(error.status).toBe(502)
  expect(error.message).toContain('(https://api.example/v1)')
})

it('of a header that comes twice the first one counts', () => {
  expect(headerOf({ headers: { a: ['1', '2'], b: '3' } }, 'a')).toBe('1')
  expect(headerOf({ headers: { a: ['1', '2'], b: '3' } }, 'b')).toBe('3')
  expect(headerOf({ headers: {} }, 'c')).toBeUndefined()
})

describe('a limit that is over', () => {
  const failure = { call, timeouts, unanswered: true }

  it('is named with its value', () => {
    const messages = (['connect', 'firstByte', 'idle'] as const).map(
      (limit) => timeoutError(limit, failure).message,
    )
    expect(messages).toEqual([
      'p (https://api.example) did not accept a connection within 1.5 s (its limit timeouts.connect)',
      'p (https://api.example) did not begin to answer within 2.5 s (its limit timeouts.firstByte)',
      'p (https://api.example) fell silent in the middle of its answer within 3.5 s (its limit timeouts.idle)',
    ])
  })

  it('of a request that may be sent twice leaves nothing open', () => {
    expect(timeoutError('idle', failure)).toMatchObject({ unanswered: true })
    expect(timeoutError('idle', { ...failure, unanswered: false })).toMatchObject({
      unanswered: false,
    })
    const harmless = { ...failure, call: { ...call, idempotent: true } }
    expect(timeoutError('idle', harmless)).toMatchObject({ unanswered: false })
  })
})

describe('an error of the network', () => {
  const fault = (cause: unknown) => networkError(cause, { call, timeouts, unanswered: true })

  it.each([
    ['UND_ERR_SOCKET', 'closed the connection'],
    ['EPIPE', 'closed the connection'],
    ['UND_ERR_HEADERS_OVERFLOW', 'answered with more headers than ccr reads'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'has a certificate of an authority that is not known here'],
    [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'has a certificate of an authority that is not known here',
    ],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'has a certificate for another host name'],
    ['EWHATEVER', 'failed (EWHATEVER)'],
  ])('%s has a readable message', (code, words) => {
    const error = fault(Object.assign(new Error('x'), { code }))
    expect(error).toMatchObject({ kind: 'api_error', status: 502, unanswered: true })
    expect(error.message).toContain(`p (https://api.example) ${words}`)
  })

  it('is found behind another one', () => {
    const inner = Object.assign(new Error('x'), { code: 'ENOTFOUND' })
    expect(fault(new Error('outer', { cause: inner }))).toMatchObject({ unreachable: true })
    expect(fault(new Error('outer', { cause: 'words' })).message).toContain('unknown network error')
    expect(fault(new AggregateError([])).message).toContain('unknown network error')
  })

  it('that is no HTTP says so', () => {
    const cause = Object.assign(new Error('x'), { name: 'HTTPParserError' })
    expect(fault(cause).message).toContain('its answer is no HTTP')
  })

  it('that is a GatewayError already stays as it is', () => {
    const known = timeoutError('idle', { call, timeouts, unanswered: false })
    expect(fault(known)).toBe(known)
  })

  it('names the limit of the provider', () => {
    const of = (code: string) => fault(Object.assign(new Error('x'), { code }))
    expect(of('UND_ERR_CONNECT_TIMEOUT').message).toContain('timeouts.connect')
    expect(of('UND_ERR_HEADERS_TIMEOUT').message).toContain('timeouts.firstByte')
    expect(of('UND_ERR_HEADERS_TIMEOUT')).toMatchObject({ unreachable: false, unanswered: true })
  })
})

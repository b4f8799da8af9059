import { expect, test } from 'vitest'
import { createMask, isSecretName, plain } from './redact.ts'

test.each([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'api_key',
  'apikey',
  'apiKey',
  'token',
  'access_token',
  'authToken',
  'secret',
  'client-secret',
  'password',
  'set-cookie',
  'cookie',
])('a field of this name is a secret: %s', (name) => expect(isSecretName(name)).toBe(true))

test.each(['max_tokens', 'input_tokens', 'count_tokens', 'model', 'monkey', 'cookies_eaten'])(
  'a field of this name is none: %s',
  (name) => expect(isSecretName(name)).toBe(false),
)

test('fields are masked at any depth, errors keep their cause', () => {
  const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'E' }) })
  const value = plain({ a: [{ headers: { authorization: 'x', host: 'h' } }], error })
  expect(value).toMatchObject({
    a: [{ headers: { authorization: '[masked]', host: 'h' } }],
    error: { message: 'outer', cause: { message: 'inner', code: 'E' } },
  })
})

test('a value that points at itself ends', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  expect(JSON.stringify(plain(loop))).toContain('[deeper]')
})

test('loaded secrets are masked wherever they stand, also as JSON writes them', () => {
  const secret = 'pass"word\\with\u00e9'
  const mask = createMask([secret])
  expect(mask(`url ${secret} end`)).toBe('url [masked] end')
  expect(mask(JSON.stringify({ text: secret }))).toBe('{"text":"[masked]"}')
})

test('a key that is a word masks nothing', () => {
  expect(createMask(['ollama', ''])('asking ollama')).toBe('asking ollama')
})

test.each([
  ['key sk-ant-api03-abcdefgh', 'key [masked]'],
  ['ccr-tok-abcdefghijk', '[masked]'],
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [masked]'],
  ['http://user:hunter22@proxy:8080', 'http://user:[masked]@proxy:8080'],
  ['https://x/y?key=abc123&alt=sse', 'https://x/y?key=[masked]&alt=sse'],
  ['key AIzaSyA1234567890abcdefghijk', 'key [masked]'],
])('what looks like a key is masked: %s', (text, masked) => {
  expect(createMask([])(text)).toBe(masked)
})

test.each(['sk', 'pk', 'rk', 'gsk', 'xai', 'ghp', 'gho', 'hf', 'nvapi'])(
  'a key of any maker is known by its beginning: %s',
  (start) => {
    for (const sign of ['-', '_']) {
      expect(createMask([])(`key ${start}${sign}12345678.`)).toBe('key [masked].')
    }
    expect(createMask([])(`key ${start}-1234567.`)).toBe(`key ${start}-1234567.`)
  },
)

test.each([
  ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [masked]'],
  ['bearer\tabcdef123456', 'bearer [masked]'],
  ['/y?token=abc&x=1', '/y?token=[masked]&x=1'],
  ['/y?x=1&api_key=abc', '/y?x=1&api_key=[masked]'],
  ['/y?api-key=abc "', '/y?api-key=[masked] "'],
  ['/y?apikey=abc', '/y?apikey=[masked]'],
  [
    'socks5://me:x@proxy and http://you:y@other',
    'socks5://me:[masked]@proxy and http://you:[masked]@other',
  ],
  ['two sk-12345678 sk-87654321', 'two [masked] [masked]'],
])('what looks like a credential is masked, and the words around it stay: %s', (text, masked) => {
  expect(createMask([])(text)).toBe(masked)
})

test('what JSON cannot hold is written in words, and a long chain of causes ends', () => {
  expect(plain({ size: 12n, none: undefined, when: null })).toEqual({ size: '12', when: null })
  let error = new Error('first')
  for (let n = 0; n < 20; n += 1) error = new Error(`next ${String(n)}`, { cause: error })
  const text = JSON.stringify(plain(error))
  expect(text).toContain('next 19')
  expect(text).not.toContain('first')
})

test('a field with a secret name that holds no text is looked into', () => {
  expect(plain({ token: { access_token: 'x', kind: 'k' }, secret: 7 })).toEqual({
    token: { access_token: '[masked]', kind: 'k' },
    secret: 7,
  })
})

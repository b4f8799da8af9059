import { expect, it } from 'vitest'
import { clientHeaders, clientQuery, headerOf } from './client-headers.ts'

it('what the client sends goes along, but for its credentials and what ends at this hop', () => {
  const kept = {
    'anthropic-beta': 'a,b',
    'anthropic-version': '2023-06-01',
    'user-agent': 'claude-cli',
    'x-claude-code-session-id': 's',
    'x-new-tomorrow': '1',
  }
  const left = Object.fromEntries(
    [
      ...['host', 'connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te'],
      ...['trailer', 'transfer-encoding', 'upgrade', 'expect', 'content-length', 'content-type'],
      ...['accept-encoding', 'authorization', 'x-api-key', 'cookie', 'origin', 'referer'],
      ...['x-ccr-via', 'x-ccr-model'],
    ].map((name) => [name, 'x']),
  )
  expect(clientHeaders({ ...kept, ...left, 'x-gone': undefined })).toEqual(kept)
})

it('a header that came several times goes along as one', () => {
  const headers = { 'x-many': ['a', 'b'] }
  expect(clientHeaders(headers)).toEqual({ 'x-many': 'a, b' })
  expect(headerOf({ headers } as never, 'x-many')).toBe('a')
  expect(headerOf({ headers: { 'x-one': 'c' } } as never, 'x-one')).toBe('c')
  expect(headerOf({ headers: {} } as never, 'x-one')).toBeUndefined()
})

it.each([
  ['/v1/messages?beta=true', '?beta=true'],
  ['/v1/messages?', '?'],
  ['/v1/messages', ''],
  [undefined, ''],
])('the query of %s is %j', (url, query) => {
  expect(clientQuery(url)).toBe(query)
})

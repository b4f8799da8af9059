import { expect, it } from 'vitest'
import { clientHeaders, clientIdentity, clientQuery, conversationIdOf } from './client-headers.ts'

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
      ...['x-ccr-via', 'x-ccr-model', 'x-ccr-unmatched-model'],
    ].map((name) => [name, 'x']),
  )
  expect(clientHeaders({ ...kept, ...left, 'x-gone': undefined })).toEqual(kept)
})

it('a header that came several times goes along as one', () => {
  const headers = { 'x-many': ['a', 'b'] }
  expect(clientHeaders(headers)).toEqual({ 'x-many': 'a, b' })
})

const HEADERS = {
  'x-claude-code-session-id': 'c',
  'x-claude-code-request-class': 'main',
  'x-claude-code-agent-id': 'a',
  'x-ccr-model': 'p,m',
  'x-ccr-unmatched-model': 'p,gr%C3%B6%C3%9Fe',
}
const IDENTITY = {
  ...{ conversation: 'c', requestClass: 'main', agentId: 'a', namedModel: 'p,m' },
  unmatchedModel: 'p,größe',
}

it('the identity of the client is in its headers, of several of one name in the first', () => {
  expect(clientIdentity(HEADERS)).toEqual(IDENTITY)
  const twice = Object.entries(HEADERS).map(([name, value]) => [name, [value, 'other']])
  expect(clientIdentity(Object.fromEntries(twice) as Record<string, string[]>)).toEqual(IDENTITY)
  expect(new Set(Object.values(clientIdentity({})))).toEqual(new Set([undefined]))
  expect(clientIdentity({ 'x-ccr-model': '50%' }).namedModel).toBe('50%')
})

it('a conversation is named by the header, else by the metadata of the request', () => {
  const request = { model: 'm', messages: [], metadata: { user_id: 'user_x_session_d' } }
  expect(conversationIdOf(clientIdentity(HEADERS), request)).toBe('c')
  expect(conversationIdOf(clientIdentity({}), request)).toBe('d')
  expect(conversationIdOf(clientIdentity({}), { ...request, metadata: {} })).toBeUndefined()
  const named = (id: string) => ({
    ...request,
    metadata: { user_id: JSON.stringify({ session_id: id }) },
  })
  expect(conversationIdOf(clientIdentity({}), named('d'.repeat(128)))).toBe('d'.repeat(128))
  expect(conversationIdOf(clientIdentity({}), named('d'.repeat(129)))).toBeUndefined()
})

it.each([
  ['/v1/messages?beta=true', '?beta=true'],
  ['/v1/messages?', '?'],
  ['/v1/messages', ''],
  [undefined, ''],
])('the query of %s is %j', (url, query) => {
  expect(clientQuery(url)).toBe(query)
})

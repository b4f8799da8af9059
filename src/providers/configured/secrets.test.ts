/** Which values of headers and URLs are secrets. */
import { expect, test } from 'vitest'
import { credentialsOf, headerSecrets } from './secrets.ts'

test('the values of headers are secret, whole and word by word, but for those that are words', () => {
  const basic = Buffer.from('me:my-password').toString('base64')
  const secrets = headerSecrets({
    'x-gateway': 'Token abc-123-def; v=second-part',
    'proxy-authorization': `Basic ${basic}`,
    'user-agent': 'my-client/1.0',
    'http-referer': 'https://example.com',
    'x-team': 'anthropic',
  })
  expect(secrets).toEqual(
    expect.arrayContaining([
      'Token abc-123-def; v=second-part',
      'abc-123-def',
      'second-part',
      'my-password',
    ]),
  )
  expect(secrets.join()).not.toMatch(/my-client|example|anthropic/)
})

test('of a call its credentials are secret, also those made for it', () => {
  const headers = { Authorization: 'Bearer minted-for-now', 'x-other': 'something-else' }
  expect(credentialsOf(headers)).toContain('minted-for-now')
  expect(credentialsOf(headers).join()).not.toContain('something-else')
})

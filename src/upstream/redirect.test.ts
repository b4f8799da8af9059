import { describe, expect, it } from 'vitest'
import { redirectedCall, redirectTarget } from './redirect.ts'

const call = {
  provider: 'p',
  url: 'http://api.example/v1/chat?k=1',
  headers: { authorization: 'Bearer key' },
  body: '{}',
}
const led = (location: string | string[] | undefined, status = 307, url = call.url) =>
  redirectedCall({ ...call, url }, { status, headers: { location } })?.url

describe('a redirect', () => {
  it('is followed on the same server, with key and body', () => {
    expect(redirectedCall(call, { status: 308, headers: { location: '/v2' } })).toEqual({
      ...call,
      url: 'http://api.example/v2',
    })
    expect(led('http://api.example/v2?x=1')).toBe('http://api.example/v2?x=1')
  })

  it('is followed to the same host where only TLS is new, never the other way', () => {
    expect(led('https://api.example/v1')).toBe('https://api.example/v1')
    expect(led('http://api.example/v1', 307, 'https://api.example/v1')).toBeUndefined()
  })

  it.each([
    'http://evil.example/v1',
    'https://evil.example/v1',
    '//evil.example/v1',
    'http://api.example:8080/v1',
    'http://sub.api.example/v1',
    'ftp://api.example/v1',
  ])('gives the key to no other server: %s', (location) => {
    expect(led(location)).toBeUndefined()
  })

  it.each([200, 201, 301, 302, 303, 304, 400])(
    'of a status that does not keep the request is not followed: %i',
    (status) => expect(led('/v2', status)).toBeUndefined(),
  )

  it('that leads nowhere is not followed', () => {
    expect(led(undefined)).toBeUndefined()
    expect(led(['/a', '/b'])).toBeUndefined()
    expect(led('http://[')).toBeUndefined()
  })
})

describe('where a redirect leads', () => {
  it('is named without what may be secret', () => {
    expect(redirectTarget(call, 'https://b.example/x?token=1#part')).toBe('https://b.example/x')
    expect(redirectTarget(call, '../v2')).toBe('http://api.example/v2')
  })

  it('is undefined if it is not known', () => {
    expect(redirectTarget(call, undefined)).toBeUndefined()
    expect(redirectTarget(call, 'http://[')).toBeUndefined()
  })
})

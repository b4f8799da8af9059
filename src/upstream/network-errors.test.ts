import { describe, expect, it } from 'vitest'
import { ProxyRefusal } from './proxy-handshake.ts'
import { networkError } from './network-errors.ts'

const call = {
  provider: 'local',
  url: 'http://127.0.0.1:11434/v1/chat/completions',
  headers: {},
  body: '',
}
const timeouts = { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 }
const fault = (cause: unknown) => networkError(cause, { call, timeouts, unanswered: false })
const failed = (code: string) => fault(Object.assign(new Error(code), { code }))

describe('an error of the network', () => {
  it.each([
    ['ECONNREFUSED', /refused the connection: is it running/],
    ['ENOTFOUND', /unknown host name/],
    ['EAI_AGAIN', /could not be looked up/],
    ['EHOSTUNREACH', /no route/],
    ['ENETUNREACH', /cannot be reached/],
    ['UND_ERR_CONNECT_TIMEOUT', /did not accept a connection/],
  ])('%s is marked as unreachable', (code, words) => {
    expect(failed(code)).toMatchObject({ unreachable: true, unanswered: false })
    expect(failed(code).message).toMatch(words)
  })

  it('of each address of a host that was tried says so too', () => {
    const each = ['::1', '127.0.0.1'].map(() =>
      Object.assign(new Error(), { code: 'ECONNREFUSED' }),
    )
    expect(fault(new AggregateError(each))).toMatchObject({ unreachable: true })
  })

  it('of a proxy that cannot be reached is marked so too', () => {
    expect(fault(new ProxyRefusal('the proxy answered 502'))).toMatchObject({ unreachable: true })
  })

  it('that comes later says nothing of the kind', () => {
    expect(failed('ECONNRESET')).toMatchObject({ unreachable: false, shouldRetry: undefined })
  })

  it.each(['CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
    '%s stays until the user changes something, so it is not retried',
    (code) => {
      expect(failed(code).shouldRetry).toBe(false)
    },
  )
})

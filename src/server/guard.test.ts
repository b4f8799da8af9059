import { type IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../messages/error.ts'
import { accessOf, createGuard, type GuardSettings, isPublicHost, isWildcard } from './guard.ts'

const token = 'ccr-tok-own'
const guard = (settings: Partial<GuardSettings> = {}) =>
  createGuard({
    host: '127.0.0.1',
    port: () => 3456,
    token,
    apiKey: '',
    requireToken: null,
    isDefault: true,
    ...settings,
  })
const req = (headers: IncomingHttpHeaders): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { headers, url: '/' })

/** The status with which a check refuses; 200 when it does not. */
function status(check: () => void): number {
  try {
    check()
    return 200
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.status
    throw thrown
  }
}

describe('Host and Origin', () => {
  const admit = (headers: IncomingHttpHeaders, settings?: Partial<GuardSettings>): number =>
    status(() => guard(settings).admitRequest(req(headers)))

  test.each(['127.0.0.1:3456', 'localhost:3456', 'LOCALHOST:3456', '127.1.2.3:3456', '[::1]:3456'])(
    'our own name passes: %s',
    (host) => expect(admit({ host })).toBe(200),
  )
  test.each([
    'evil.example:3456',
    'localhost.evil.example:3456',
    '127.0.0.1.evil.example:3456',
    '127.0.0.1:3457',
    '127.0.0.1',
    'localhost:3456@evil.example',
    '',
  ])('a name that was made to point at us is refused: %s', (host) =>
    expect(admit({ host })).toBe(403),
  )
  test('a request without a name is refused', () => expect(admit({})).toBe(400))
  test.each(['cross-site', 'same-site', 'CROSS-SITE', 'whatever'])(
    'a browser that says so of its page is refused: Sec-Fetch-Site %s',
    (site) => expect(admit({ host: 'localhost:3456', 'sec-fetch-site': site })).toBe(403),
  )
  test.each(['same-origin', 'none'])('our own page and the user pass: Sec-Fetch-Site %s', (site) =>
    expect(admit({ host: 'localhost:3456', 'sec-fetch-site': site })).toBe(200),
  )
  test.each(['http://localhost:3456', 'http://127.0.0.1:3456'])(
    'our own origin passes: %s',
    (origin) => expect(admit({ host: 'localhost:3456', origin })).toBe(200),
  )
  test.each([
    'https://evil.example',
    'http://localhost:3000',
    'null',
    'https://localhost:3456',
    '',
  ])('a web page of another origin is refused: %s', (origin) =>
    expect(admit({ host: 'localhost:3456', origin })).toBe(403),
  )
  test('the configured HOST is a name of ours', () => {
    const settings = { host: '192.168.1.5', apiKey: 'k' }
    expect(admit({ host: '192.168.1.5:3456' }, settings)).toBe(200)
    expect(admit({ host: '192.168.1.6:3456' }, settings)).toBe(403)
    expect(admit({ host: 'box.lan:3456' }, { host: '0.0.0.0', apiKey: 'k' })).toBe(200)
  })
})

describe('clients', () => {
  const admit = (headers: IncomingHttpHeaders, settings?: Partial<GuardSettings>): number =>
    status(() => guard(settings).admitClient(req(headers)))
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

  test('the session’s token passes always, in either header', () => {
    for (const settings of [{}, { apiKey: 'k' }, { requireToken: true }]) {
      expect(admit(bearer(token), settings)).toBe(200)
      expect(admit({ 'x-api-key': token }, settings)).toBe(200)
    }
  })
  test('without APIKEY any credential passes, or none', () => {
    expect([admit({}), admit(bearer('anything')), admit({ 'x-api-key': 'sk-1' })]).toEqual([
      200, 200, 200,
    ])
  })
  test('without APIKEY the port of a preference counts requests without the token', () => {
    let counted = 0
    const settings = { isDefault: false, onUnproved: () => (counted += 1) }
    expect([admit(bearer(token), settings), admit({ 'x-api-key': token }, settings)]).toEqual([
      200, 200,
    ])
    expect(counted).toBe(0)
    expect([admit({}, settings), admit(bearer('anything'), settings)]).toEqual([200, 200])
    expect(counted).toBe(2)
    expect(admit(bearer('ccr-tok-other'), settings)).toBe(401)
    expect(admit({}, { ...settings, requireToken: false })).toBe(200)
    expect(admit({}, { ...settings, requireToken: true })).toBe(401)
    expect(admit({}, { ...settings, apiKey: 'k' })).toBe(401)
    expect(counted).toBe(2)
  })
  test('a token of another session does not, and no retry is advised', () => {
    expect(admit(bearer('ccr-tok-other'))).toBe(401)
    expect(admit({ ...bearer('anything'), 'x-api-key': 'ccr-tok-other' })).toBe(401)
    const refusal = (): void => guard().admitClient(req(bearer('ccr-tok-other')))
    expect(refusal).toThrow(expect.objectContaining({ shouldRetry: false }) as Error)
  })
  test('with APIKEY only that and the token pass', () => {
    const settings = { apiKey: 'right' }
    expect(admit({ 'x-api-key': 'right' }, settings)).toBe(200)
    expect(admit(bearer('right'), settings)).toBe(200)
    expect(admit({ ...bearer('claude.ai login'), 'x-api-key': 'right' }, settings)).toBe(200)
    expect(admit(bearer('wrong'), settings)).toBe(401)
    expect(admit({}, settings)).toBe(401)
  })
  test('REQUIRE_TOKEN closes the port to everybody else', () => {
    expect(admit({}, { requireToken: true })).toBe(401)
    expect(admit(bearer('anything'), { requireToken: true })).toBe(401)
    expect(admit(bearer('k'), { requireToken: true, apiKey: 'k' })).toBe(200)
  })
})

test('control is for the session’s token alone', () => {
  const admit = (headers: IncomingHttpHeaders): number =>
    status(() => guard({ apiKey: 'k' }).admitControl(req(headers)))
  expect(admit({ authorization: `Bearer ${token}` })).toBe(200)
  expect(admit({ authorization: 'Bearer k' })).toBe(401)
  expect(admit({ authorization: 'Bearer ccr-tok-other' })).toBe(401)
  expect(admit({})).toBe(401)
})

test('no refusal repeats a secret', () => {
  const refuse = (): void =>
    guard({ apiKey: 'hidden-key' }).admitClient(req({ 'x-api-key': 'given-key' }))
  expect(refuse).toThrow(/^(?!.*(hidden-key|given-key|ccr-tok-own)).*$/)
})

test('which hosts other machines can reach', () => {
  const reachable = ['0.0.0.0', '::', '192.168.1.5', 'box.lan'].map(isPublicHost)
  const not = ['127.0.0.1', 'localhost', '::1', '127.0.0.2'].map(isPublicHost)
  expect([...reachable, ...not]).toEqual([true, true, true, true, false, false, false, false])
})

describe('requests that two servers could read in two ways', () => {
  const admit = (
    rawHeaders: readonly string[],
    url?: string,
    settings?: Partial<GuardSettings>,
  ): number =>
    status(() => {
      const request = Object.assign(req({ host: 'localhost:3456' }), {
        rawHeaders: [...rawHeaders],
        ...(url === undefined ? {} : { url }),
      })
      guard(settings).admitRequest(request)
    })
  const host = ['Host', 'localhost:3456']

  test('a second Host header is refused, however it is written; like names are not', () => {
    expect(admit(host)).toBe(200)
    expect(admit([...host, 'HOST', 'localhost:3456'])).toBe(400)
    expect(admit([...host, 'Hose', 'x', 'X-Host', 'y', 'a', 'Host'])).toBe(200)
  })
  test('as many headers as any client sends are read, more are refused', () => {
    const many = (count: number) => Array.from({ length: count }, () => ['a', 'b']).flat()
    expect(admit([...host, ...many(255)])).toBe(200)
    expect(admit([...host, ...many(256)])).toBe(431)
  })
  test('a target that names another server is refused', () => {
    expect(admit(host, 'http://localhost:3456/v1/messages')).toBe(200)
    expect(admit(host, 'HTTP://127.0.0.1:3456')).toBe(200)
    expect(admit(host, 'http://evil.example/v1/messages')).toBe(403)
    expect(admit(host, 'http://localhost:3457/v1/messages')).toBe(403)
    expect(admit(host, 'http://localhost:3456@evil.example/')).toBe(403)
  })
  test.each(['*', 'https://localhost:3456/', 'localhost:3456', 'x'])(
    'a target without a path is refused: %s',
    (url) => expect(admit(host, url)).toBe(400),
  )
  test('no retry is advised', () => {
    const refusal = (): void => guard().admitRequest(Object.assign(req({}), { rawHeaders: [] }))
    expect(refusal).toThrow(expect.objectContaining({ shouldRetry: false }) as Error)
  })
})

describe('names of the server', () => {
  const admit = (headers: IncomingHttpHeaders, settings: Partial<GuardSettings>): number =>
    status(() => guard(settings).admitRequest(req(headers)))

  test('an address of version 6 and a name are taken as HOST says, in any case', () => {
    expect(admit({ host: '[fd00::1]:3456' }, { host: 'fd00::1' })).toBe(200)
    expect(admit({ host: '[fd00::2]:3456' }, { host: 'fd00::1' })).toBe(403)
    expect(admit({ host: 'box.LAN:3456' }, { host: 'Box.lan' })).toBe(200)
    expect(admit({ host: 'xbox.lan:3456' }, { host: 'box.lan' })).toBe(403)
    expect(admit({ host: 'any.name:3456' }, { host: '::' })).toBe(200)
    expect(admit({ host: 'any.name' }, { host: '::1' })).toBe(403)
  })
  test('on port 80 the port need not be named', () => {
    expect(admit({ host: 'localhost' }, { port: () => 80 })).toBe(200)
    expect(admit({ host: 'localhost:80' }, { port: () => 80 })).toBe(200)
  })
  test('what stands for every address of the machine', () => {
    expect(['0.0.0.0', '::', '127.0.0.1', '::1'].map(isWildcard)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('credentials', () => {
  const admit = (headers: IncomingHttpHeaders): number =>
    status(() => guard({ requireToken: true }).admitClient(req(headers)))

  test('are read as clients write them', () => {
    expect(admit({ authorization: `bearer ${token}` })).toBe(200)
    expect(admit({ authorization: `Bearer   ${token} ` })).toBe(200)
    expect(admit({ 'x-api-key': ` ${token} ` })).toBe(200)
    expect(admit({ authorization: 'Basic x', 'x-api-key': token })).toBe(200)
  })
  test('in another form, or in part, are none', () => {
    expect(admit({ authorization: token })).toBe(401)
    expect(admit({ authorization: `Basic ${token}` })).toBe(401)
    expect(admit({ authorization: `x Bearer ${token}` })).toBe(401)
    expect(admit({ 'x-api-key': token.slice(0, -1) })).toBe(401)
    expect(admit({ 'x-api-key': `${token}x` })).toBe(401)
    expect(admit({ 'x-api-key': '' })).toBe(401)
  })
  test('a refusal says which key was wrong', () => {
    const outcome = (headers: IncomingHttpHeaders, settings: Partial<GuardSettings>): string => {
      try {
        guard(settings).admitClient(req(headers))
        return ''
      } catch (thrown) {
        return (thrown as Error).message
      }
    }
    expect(outcome({ 'x-api-key': 'ccr-tok-other' }, { apiKey: 'k' })).toContain(
      'that of this session',
    )
    expect(outcome({ 'x-api-key': 'x' }, { apiKey: 'k' })).toContain('APIKEY')
    expect(outcome({}, { requireToken: true })).toContain('REQUIRE_TOKEN')
    expect(outcome({}, { isDefault: false })).toBe('')
  })
  test('whose use is open, counted and closed', () => {
    const access = (apiKey: string, requireToken: boolean | null, isDefault: boolean) =>
      accessOf({ apiKey, requireToken, isDefault })
    expect(access('', null, true)).toBe('open')
    expect(access('', null, false)).toBe('counted')
    expect(access('', false, false)).toBe('open')
    expect(access('', true, true)).toBe('closed')
    expect(access('k', false, true)).toBe('closed')
  })
})

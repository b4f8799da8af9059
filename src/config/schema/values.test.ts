import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import type { Config } from '../config.ts'
import { loadConfig } from '../load.ts'

const folder = testFolder()

function load(config: object): Config {
  return loadConfig(folder.write('config.json', JSON.stringify(config)), {})
}

describe('HOST', () => {
  it.each(['127.0.0.1', '::1', 'a', 'abcd', 'localhost', 'my-host.local', '3com.test', 'a1b.c2'])(
    'may be %s',
    (host) => {
      expect(load({ HOST: host }).host).toBe(host)
    },
  )

  it.each(['-a.test', 'a-', 'my host', 'my_host', 'a.', '*', 'host:1', '[::1]'])(
    'may not be %s',
    (host) => {
      expect(() => load({ HOST: host })).toThrow(/HOST is .*; expected an address/)
    },
  )
})

describe('PROXY_URL', () => {
  it.each(['http', 'https', 'socks', 'socks5', 'socks5h', 'HTTP'])('may be one of %s', (scheme) => {
    expect(load({ PROXY_URL: `${scheme}://p.test:1` }).proxyUrl).toBe(`${scheme}://p.test:1`)
  })

  it.each(['socks4://p.test:1', 'x-http://p.test:1', 'http://', 'p.test:1'])(
    'may not be %s',
    (url) => {
      expect(() => load({ PROXY_URL: url })).toThrow('expected the URL of an http, https or socks5')
    },
  )
})

it('an endpoint begins with http, rather than to have it somewhere', () => {
  const provider = { name: 'a', api_base_url: 'view-source:https://a.test/v1' }
  expect(() => load({ Providers: [provider] })).toThrow('expected the complete http(s) endpoint')
})

it.each([
  [' TRUE ', true],
  ['1', true],
  [' false', false],
  [0, false],
])('LOG may be %j', (written, log) => {
  expect(load({ LOG: written })).toMatchObject({ log })
})

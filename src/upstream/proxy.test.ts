import { describe, expect, it } from 'vitest'
import { proxies, proxyText } from './proxy.ts'

type Env = Readonly<Record<string, string>>

function through(url: string, env: Env, proxyUrl = ''): string | undefined {
  const proxy = proxies({ proxyUrl, env })(new URL(url))
  return proxy && `${proxy.url.host} ${proxy.setBy}`
}

const A = 'http://a:1'
const B = 'http://b:2'

describe('which proxy leads to a provider', () => {
  it.each<[string, Env, string, string | undefined]>([
    ['https://x.com', {}, '', undefined],
    ['https://x.com', {}, A, 'a:1 PROXY_URL'],
    ['http://x.com', {}, A, 'a:1 PROXY_URL'],
    ['https://x.com', { HTTPS_PROXY: B }, A, 'a:1 PROXY_URL'],
    ['https://x.com', { HTTPS_PROXY: B }, '', 'b:2 HTTPS_PROXY'],
    ['https://x.com', { https_proxy: A, HTTPS_PROXY: B }, '', 'a:1 HTTPS_PROXY'],
    ['http://x.com', { HTTPS_PROXY: B }, '', undefined],
    ['http://x.com', { HTTP_PROXY: B }, '', 'b:2 HTTP_PROXY'],
    ['https://x.com', { HTTP_PROXY: B }, '', 'b:2 HTTP_PROXY'],
    ['https://x.com', { ALL_PROXY: A, HTTP_PROXY: B }, '', 'a:1 ALL_PROXY'],
    ['http://x.com', { ALL_PROXY: 'socks5://s:1080' }, '', 's:1080 ALL_PROXY'],
    ['https://x.com', { HTTPS_PROXY: 'plain:8080' }, '', 'plain:8080 HTTPS_PROXY'],
    ['https://x.com', { HTTPS_PROXY: '' }, '', undefined],
  ])('%s with %o and PROXY_URL "%s": %s', (url, env, proxyUrl, expected) => {
    expect(through(url, env, proxyUrl)).toBe(expected)
  })

  it.each([
    'http://localhost:11434',
    'http://api.localhost',
    'http://127.0.0.1:1',
    'https://127.8.8.8',
    'http://[::1]:80',
    'http://0.0.0.0:9',
  ])('%s is this machine, which no proxy leads to', (url) => {
    expect(through(url, { HTTP_PROXY: B, HTTPS_PROXY: B }, A)).toBeUndefined()
  })

  it.each([
    ['https://x.com', 'x.com'],
    ['https://api.x.com', 'x.com'],
    ['https://api.x.com', '.x.com'],
    ['https://api.x.com', '*.x.com'],
    ['https://X.com', ' other.org , x.COM'],
    ['https://x.com', '*'],
    ['https://x.com', 'x.com:443'],
    ['http://10.1.2.3:8080', '10.0.0.0/8'],
    ['http://10.1.2.3:8080', '10.1.2.3'],
    ['http://[fd00::5]', 'fd00::/8'],
    ['http://[fd00::5]', 'fd00::5'],
  ])('%s is reached directly with NO_PROXY "%s"', (url, list) => {
    expect(through(url, { HTTP_PROXY: B, HTTPS_PROXY: B, NO_PROXY: list })).toBeUndefined()
    expect(through(url, { no_proxy: list }, A)).toBeUndefined()
  })

  it.each([
    ['https://x.com', 'y.com'],
    ['https://notx.com', 'x.com'],
    ['https://x.com', 'x.com:8443'],
    ['https://x.com', '10.0.0.0/8'],
    ['http://11.1.2.3', '10.0.0.0/8'],
  ])('%s goes through the proxy with NO_PROXY "%s"', (url, list) => {
    expect(through(url, { NO_PROXY: list }, A)).toBe('a:1 PROXY_URL')
  })

  it.each<[string, Env, string | undefined]>([
    ['https://x.com', { https_proxy: 'a:1', no_proxy: 'y.com', NO_PROXY: 'x.com' }, 'a:1'],
    ['https://x.com', { https_proxy: 'a:1', no_proxy: '', NO_PROXY: 'x.com' }, undefined],
    ['https://x.com', { https_proxy: '', HTTPS_PROXY: 'b:2' }, 'b:2'],
    ['https://x.com', { all_proxy: 'a:1', ALL_PROXY: 'b:2', http_proxy: 'c:3' }, 'a:1'],
    ['https://x.com', { HTTPS_PROXY: 'b:2', all_proxy: 'a:1' }, 'b:2'],
    ['https://x.com', { http_proxy: 'c:3', HTTP_PROXY: 'd:4' }, 'c:3'],
    ['http://x.com', { http_proxy: 'c:3', HTTP_PROXY: 'd:4', all_proxy: 'a:1' }, 'c:3'],
    ['http://x.com', { all_proxy: 'a:1', ALL_PROXY: 'b:2' }, 'a:1'],
    ['https://x.com', { HTTPS_PROXY: ' http://a:1 ' }, 'a:1'],
    ['https://x.com', { HTTPS_PROXY: 'http://[' }, undefined],
    ['https://x.com', { HTTPS_PROXY: 'socks5h://s:1080' }, 's:1080'],
  ])('%s with %o is led through %s', (url, env, expected) => {
    expect(proxies({ proxyUrl: '', env })(new URL(url))?.url.host).toBe(expected)
  })

  it.each([
    ['http://10.1.2.3', '10.1.2.3/33'],
    ['http://10.1.2.3', '10.1.2.3/x'],
    ['http://10.1.2.3', '10.1.2.3/'],
    ['http://x.com', 'x.com:443'],
    ['https://x.com:8443', 'x.com:443'],
    ['https://com', '*.x.com'],
    ['http://[fd00::5]', 'fc00::/16'],
    ['http://[fd00::5]', '10.0.0.0/8'],
    ['http://10.1.2.3', 'fd00::/8'],
    ['http://10.x.com', '10.0.0.0/8'],
    ['http://[fd00::5]', 'fd00::6'],
  ])('%s goes through the proxy with the odd NO_PROXY "%s"', (url, list) => {
    expect(through(url, { NO_PROXY: list }, A)).toBe('a:1 PROXY_URL')
  })

  it.each([
    ['http://10.1.2.3', '10.1.2.3/32'],
    ['http://10.1.2.3', '0.0.0.0/0'],
    ['http://x.com', 'x.com:80'],
    ['https://x.com:8443', 'x.com:8443'],
    ['http://[fd00::5]', '[fd00::5]'],
    ['http://[fd00::5]', 'fd00::5/128'],
    ['http://x.com', 'a.com\tb.com x.com'],
  ])('%s is reached directly with the odd NO_PROXY "%s"', (url, list) => {
    expect(through(url, { NO_PROXY: list }, A)).toBeUndefined()
  })

  it('is shown without its password', () => {
    const proxy = proxies({ proxyUrl: 'http://me:secret@a:1', env: {} })(new URL('http://x.com'))
    expect(proxy && proxyText(proxy)).toBe('the proxy http://a:1 (PROXY_URL)')
  })
})

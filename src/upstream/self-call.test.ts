import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { refuseSelfCall } from './self-call.ts'

const call = { provider: 'p', url: '', headers: {}, body: '{}' }
const refused = (url: string, port: number, proxy?: string): string | null => {
  try {
    const through = proxy === undefined ? undefined : { url: new URL(proxy), setBy: 'PROXY_URL' }
    refuseSelfCall({ call, url: new URL(url), proxy: through }, port)
    return null
  } catch (error) {
    expect(error).toMatchObject({ status: 502, shouldRetry: false })
    return (error as Error).message
  }
}

it('a call to this session by any of its addresses is refused', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const hosts = addresses
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', ...hosts]) {
    expect(refused(`http://${host}:3456/v1`, 3456)).toMatch(/is this session of ccr itself/)
  }
})

it('another port, another machine and a session that does not listen are none', () => {
  expect(refused('http://127.0.0.1:3457/v1', 3456)).toBeNull()
  expect(refused('http://192.0.2.7:3456/v1', 3456)).toBeNull()
  expect(refused('http://127.0.0.1/v1', 0)).toBeNull()
  expect(refused('http://127.0.0.1:0/v1', 0)).toBeNull()
})

it('what a proxy leads to is not this session, unless the proxy is', () => {
  expect(refused('http://127.0.0.1:3456/v1', 3456, 'http://proxy.example:3456')).toBeNull()
  expect(refused('https://api.example/v1', 3456, 'http://me:secret@localhost:3456')).toMatch(
    /^p cannot be reached: the proxy http:\/\/localhost:3456 \(PROXY_URL\) is this session/,
  )
})

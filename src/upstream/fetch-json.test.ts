/** Small JSON documents from the server of a provider. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Answers,
  HANG,
  type LocalServer,
  startLocalServer,
} from '../../test/support/local-servers.ts'
import { jsonFetcher } from './fetch-json.ts'
import { createUpstream } from './send.ts'

const servers: LocalServer[] = []
const upstream = createUpstream({
  limits: () => ({ connectMs: 1_000, firstByteMs: 5_000, idleMs: 5_000 }),
  network: { proxyUrl: '', env: {} },
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function serverWith(answers: Answers): Promise<LocalServer> {
  const server = await startLocalServer(answers)
  servers.push(server)
  return server
}

const fetcher = ({ origin }: LocalServer, ms = 5_000) =>
  jsonFetcher(
    upstream,
    { provider: 'p', root: origin, headers: { authorization: 'Bearer key' } },
    ms,
  )

describe('a JSON document', () => {
  it('is fetched by GET, or by POST with a body, with the credentials', async () => {
    const server = await serverWith({ 'GET /a': { a: 1 }, 'POST /b': (body: unknown) => body })
    const fetch = fetcher(server)
    expect(await fetch('/a')).toEqual({ a: 1 })
    expect(await fetch('/b', { model: 'm' })).toEqual({ model: 'm' })
    expect(server.queries).toEqual([
      { method: 'GET', path: '/a', authorization: 'Bearer key', body: '' },
      { method: 'POST', path: '/b', authorization: 'Bearer key', body: '{"model":"m"}' },
    ])
  })

  it.each([
    ['is not there', undefined],
    ['is no JSON', '<html>'],
    ['is too long', JSON.stringify('x'.repeat(3 * 1024 * 1024))],
    ['is nested too deeply', '['.repeat(5_000) + ']'.repeat(5_000)],
  ])('is undefined where it %s', async (_, answer) => {
    expect(await fetcher(await serverWith({ 'GET /a': answer }))('/a')).toBeUndefined()
  })

  it('is undefined where the server is down, or does not answer in time', async () => {
    const silent = await serverWith({ 'GET /a': HANG })
    expect(await fetcher(silent, 50)('/a')).toBeUndefined()
    await silent.close()
    expect(await fetcher(silent)('/a')).toBeUndefined()
  })

  it('is not fetched from another origin that a redirect names, nor from another path', async () => {
    const other = await serverWith({ 'GET /a': { stolen: true } })
    const server = await serverWith({
      'GET /a': { redirect: `${other.origin}/a` },
      'GET /b': { redirect: '/c' },
      'GET /c': {},
    })
    expect(await fetcher(server)('/a')).toBeUndefined()
    expect(await fetcher(server)('/b')).toBeUndefined()
    expect(other.queries).toEqual([])
    expect(server.queries).toHaveLength(2)
  })
})

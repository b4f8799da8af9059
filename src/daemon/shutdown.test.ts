import { EventEmitter, once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { silent } from '../lib/log.ts'
import { trackActiveRequests } from './active-requests.ts'
import { createShutdown } from './shutdown.ts'
import { countWriter, createLeases } from './leases.ts'

afterEach(() => vi.useRealTimers())

/** A listening server with one request on the way, and what happened to its session in order. */
async function running() {
  const happened: string[] = []
  const note = (what: string) => () => {
    happened.push(what)
    return Promise.resolve()
  }
  const arrived = new EventEmitter()
  const server = createServer((req, res) => arrived.emit('request', req, res))
  const active = trackActiveRequests()
  server.prependListener('request', active.watch)
  server.once('close', () => happened.push('port free'))
  const counts: number[] = []
  const leases = createLeases((count) => counts.push(count))
  const shutdown = createShutdown({
    server: () => server,
    active,
    leases,
    log: silent,
    noteStopping: note('noted stopping'),
    noteStopped: note('noted stopped'),
    release: () => void happened.push('released'),
    closeRest: note('rest closed'),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = async (path: string) => {
    const sent = get({ host: '127.0.0.1', port, path, agent: false })
    sent.on('error', () => undefined)
    const [, res] = (await once(arrived, 'request')) as [IncomingMessage, ServerResponse]
    return { sent, res }
  }
  return { happened, shutdown, leases, counts, request }
}

test('a stop lets the running stream finish and closes in order', async () => {
  const { happened, shutdown, request } = await running()
  const { sent, res } = await request('/v1/messages')
  shutdown.stop(60_000)
  expect(shutdown.kind).toBe('stopping')
  res.end('whole')
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  expect((await answer.setEncoding('utf8').toArray()).join('')).toBe('whole')
  await shutdown.ended
  expect(happened.filter((what) => what !== 'port free')).toEqual([
    'noted stopping',
    'noted stopped',
    'released',
    'rest closed',
  ])
})

test('a stream that takes longer is cut when the time is over, or shortened', async () => {
  for (const drains of [[0], [60_000, 0]]) {
    const { shutdown, request } = await running()
    const { sent } = await request('/v1/messages')
    const gone = new Promise((resolve) => sent.once('close', resolve))
    for (const drainMs of drains) shutdown.stop(drainMs)
    await Promise.all([gone, shutdown.ended])
  }
})

test('a time for streams that is longer than any timer waits cuts none', async () => {
  const { shutdown, request } = await running()
  const { sent, res } = await request('/v1/messages')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  shutdown.stop(30 * 24 * 3_600_000)
  vi.advanceTimersByTime(24 * 3_600_000)
  vi.useRealTimers()
  res.end('whole')
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  expect((await answer.setEncoding('utf8').toArray()).join('')).toBe('whole')
  await shutdown.ended
})

test('a session whose record cannot be written is stopped all the same', async () => {
  const leases = createLeases(() => undefined)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fail = () => Promise.reject(new Error('disk full'))
  const shutdown = createShutdown({
    server: () => server,
    active: trackActiveRequests(),
    leases,
    log: silent,
    noteStopping: fail,
    noteStopped: fail,
    release: () => undefined,
    closeRest: () => Promise.resolve(),
  })
  shutdown.stop(0)
  await shutdown.ended
  expect(server.listening).toBe(false)
})

test('a handover frees port and lock at once and notes nothing; the stream goes on', async () => {
  const { happened, shutdown, request } = await running()
  const { sent, res } = await request('/v1/messages')
  shutdown.handOver()
  expect([shutdown.kind, happened]).toEqual(['restarting', ['released']])
  shutdown.leave(60_000)
  res.end('whole')
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  expect((await answer.setEncoding('utf8').toArray()).join('')).toBe('whole')
  await shutdown.ended
  expect(happened).not.toContain('noted stopping')
  expect(() => shutdown.handOver()).toThrow(/ending already/)
})

test('leases are counted, told how it ends, and given back', async () => {
  const { leases, counts, request, shutdown } = await running()
  const first = await request('/control/lease')
  const second = await request('/control/lease')
  const answered = once(second.sent, 'response') as Promise<[IncomingMessage]>
  leases.add(first.res)
  leases.add(second.res)
  expect(leases.count).toBe(2)
  first.sent.destroy()
  await once(first.res, 'close')
  expect(counts).toEqual([1, 2, 1])
  const [answer] = await answered
  shutdown.stop(0)
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  expect(text).toBe('{"count":2}\n{"ending":"stopping","answering":false}\n')
  await shutdown.ended
})

test.each([
  { when: 'while it is answered', drainMs: 60_000, isWhole: false, answering: true },
  { when: 'while its answer is cut', drainMs: 0, isWhole: false, answering: false },
  { when: 'right after its answer', drainMs: 0, isWhole: true, answering: true },
])('a client of a session that is stopped $when learns so', async (row) => {
  const { leases, request, shutdown } = await running()
  const lease = await request('/control/lease')
  const words = once(lease.sent, 'response') as Promise<[IncomingMessage]>
  leases.add(lease.res)
  const { sent, res } = await request('/v1/messages')
  if (row.isWhole) {
    res.end('whole')
    await once(res, 'close')
  }
  shutdown.stop(row.drainMs)
  const text = (await (await words)[0].setEncoding('utf8').toArray()).join('')
  expect(JSON.parse(text.split('\n')[1] ?? '')).toMatchObject({ answering: row.answering })
  if (!row.isWhole) sent.destroy()
  await shutdown.ended
})

test('many changes of the count at once are written once, the last one', async () => {
  const written: number[] = []
  const write = countWriter((count) => written.push(count))
  for (const count of [1, 2, 3]) write(count)
  await new Promise((resolve) => setImmediate(resolve))
  write(2)
  await new Promise((resolve) => setImmediate(resolve))
  expect(written).toEqual([3, 2])
})

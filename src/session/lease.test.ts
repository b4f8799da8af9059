/** A client's lease, with a daemon in the test's own process. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeDaemon, startFakeDaemon } from '../../test/support/fake-daemon.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { baseUrl, holdLease } from './lease.ts'
import { probe, type SessionView } from './probe.ts'

let home: string
let ref: SessionRef
let daemon: FakeDaemon
/** The daemon's end of the lease. */
let words: ServerResponse
let view: SessionView
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ccr-lease-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemon = await startFakeDaemon(ref)
  daemon.answers['/control/lease'] = (res) => {
    words = res
    res.write('{"counted":true}\n')
  }
  view = await probe(ref)
})
afterEach(() => {
  daemon.end()
  rmSync(home, { recursive: true, force: true })
})

describe('a lease', () => {
  it('has all that a client needs, and is asked for with the token', async () => {
    const lease = await holdLease(ref, view)
    expect(lease).toMatchObject({
      ...{ id: ref.id, host: '127.0.0.1', port: daemon.port, token: 'ccr-tok-fake' },
      ...{ baseUrl: `http://127.0.0.1:${String(daemon.port)}`, mayPrint: false },
    })
    expect(daemon.requests.at(-1)).toMatchObject({
      ...{ method: 'GET', path: '/control/lease', authorization: 'Bearer ccr-tok-fake' },
    })
    lease.close()
  })

  it.each([
    ['{"ending":"stopping"}\n', 'stopping', true],
    ['{"ending":"stopping","answering":true}\n', 'stopping', true],
    ['{"ending":"stopping","answering":false}\n', 'stopping', false],
    ['{"ending":"restarting"}\n', 'restarting', true],
    ['{"something":"new"}\n{"ending":"restarting"}\n', 'restarting', true],
    ['{"something":"new"}\n', 'lost', false],
    ['{"ending":"stopp', 'lost', false],
  ] as const)('whose daemon says %j and ends is over as %s', async (text, why, mayPrint) => {
    const lease = await holdLease(ref, view)
    words.end(text)
    expect(await lease.ended).toBe(why)
    expect(lease.mayPrint).toBe(mayPrint)
  })

  it('hears a word that comes in pieces, before the connection ends', async () => {
    const lease = await holdLease(ref, view)
    for (const piece of ['{"ending":', '"restart', 'ing"}', '\n']) {
      words.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await lease.ended).toBe('restarting')
  })

  it('of a daemon that crashed is lost', async () => {
    const lease = await holdLease(ref, view)
    daemon.end()
    expect(await lease.ended).toBe('lost')
  })

  it('that was given back is no end: the daemon sees it go, and nobody is told', async () => {
    const lease = await holdLease(ref, view)
    const gone = new Promise((resolve) => words.once('close', resolve))
    let ended = false
    void lease.ended.then(() => (ended = true))
    lease.close()
    await gone
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toBe(false)
  })
})

describe('no lease', () => {
  it.each([
    ['refuses', (res: ServerResponse) => res.writeHead(503).end('{"counted":true}\n')],
    ['ends before it has counted', (res: ServerResponse) => res.end()],
    ['breaks off', (res: ServerResponse) => res.destroy()],
  ])('is given where the daemon %s', async (_, answer) => {
    daemon.answers['/control/lease'] = answer
    await expect(holdLease(ref, view)).rejects.toMatchObject({
      message: `the daemon of session ${ref.id} has just ended.`,
      hint: 'Try again.',
    })
  })

  it('is given where the daemon does not prove itself any more', async () => {
    const record = { ...view.record, token: 'ccr-tok-other' }
    await expect(holdLease(ref, { ...view, record })).rejects.toThrow(/has just ended/)
    expect(daemon.requests.some(({ path }) => path === '/control/lease')).toBe(false)
    const unbound = { ...view, record: { ...view.record, port: null } }
    await expect(holdLease(ref, unbound)).rejects.toThrow(/has just ended/)
  })
})

it('the address of a session is a URL, with brackets where they belong', () => {
  expect([baseUrl('127.0.0.1', 1), baseUrl('::1', 2), baseUrl('box.lan', 3)]).toEqual([
    'http://127.0.0.1:1',
    'http://[::1]:2',
    'http://box.lan:3',
  ])
})

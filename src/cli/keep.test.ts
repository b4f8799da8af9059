import { describe, expect, it } from 'vitest'
import type { Lease, LeaseEnd } from '../session/lease.ts'
import { keepSession } from './keep.ts'

interface FakeLease extends Lease {
  readonly end: (why: LeaseEnd) => void
  closed: boolean
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settled) => {
    resolve = settled
  })
  return { promise, resolve }
}

function fakeLease(port = 3457): FakeLease {
  const { promise, resolve } = deferred<LeaseEnd>()
  const lease = {
    baseUrl: `http://127.0.0.1:${port}`,
    token: 't',
    port,
    ended: promise,
    end: resolve,
    closed: false,
    close: () => {
      lease.closed = true
    },
  }
  return lease
}

/** The settled promises of a while: enough for every step of the watcher. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

function care(...renewals: (() => Promise<Lease>)[]) {
  const asked: string[] = []
  const told: string[] = []
  const parts = {
    asked,
    told,
    lost: 0,
    onLost: () => {
      parts.lost += 1
    },
    tell: (note: string) => told.push(note),
    renew: (why: string) => {
      asked.push(why)
      return renewals.shift()?.() ?? Promise.reject(new Error('asked too often'))
    },
  }
  return parts
}

describe('a kept session', () => {
  it('takes a new lease after a crash and after a restart, and says nothing', async () => {
    const [first, second, third] = [fakeLease(), fakeLease(), fakeLease()]
    const parts = care(
      () => Promise.resolve(second),
      () => Promise.resolve(third),
    )
    const kept = keepSession(first, parts)
    first.end('lost')
    await settle()
    second.end('restarting')
    await settle()
    expect(parts).toMatchObject({ asked: ['lost', 'restarting'], told: [] })
    kept.close()
    expect(third.closed).toBe(true)
  })

  it('is lost after a stop, unless it was started again meanwhile', async () => {
    const [first, second] = [fakeLease(), fakeLease()]
    const parts = care(
      () => Promise.resolve(second),
      () => Promise.reject(new Error('session x was stopped.')),
    )
    const kept = keepSession(first, parts)
    first.end('stopping')
    await settle()
    expect(parts).toMatchObject({ asked: ['stopping'], lost: 0 })
    second.end('stopping')
    await settle()
    expect(parts).toMatchObject({ asked: ['stopping', 'stopping'], lost: 1 })
    expect(parts.told.at(-1)).toBe('session x was stopped.')
    expect(kept.lost).toBe(true)
  })

  it('tells why it cannot run again, once', async () => {
    const first = fakeLease()
    const parts = care(() => Promise.reject(new Error('three crashes in a minute')))
    keepSession(first, parts)
    first.end('lost')
    await settle()
    expect(parts.told).toEqual(['three crashes in a minute'])
  })

  it('tells when the session came back at another address', async () => {
    const first = fakeLease()
    const parts = care(() => Promise.resolve(fakeLease(3500)))
    const kept = keepSession(first, parts)
    first.end('lost')
    await settle()
    expect(parts.told.join()).toContain('http://127.0.0.1:3500')
    kept.close()
  })

  it('gives back a lease that comes when the client has ended', async () => {
    const [first, late] = [fakeLease(), fakeLease()]
    const { promise, resolve } = deferred<Lease>()
    const parts = care(() => promise)
    const kept = keepSession(first, parts)
    first.end('lost')
    await settle()
    kept.close()
    resolve(late)
    await settle()
    expect(late.closed).toBe(true)
    expect(parts.told).toEqual([])
  })
})

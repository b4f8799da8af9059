import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Lease, LeaseEnd } from '../../session/lease.ts'
import { clientEnding, keepSessionAlive } from './session-keepalive.ts'

interface FakeLease extends Lease {
  readonly end: (why: LeaseEnd) => void
  closed: boolean
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (why: Error) => void = () => undefined
  const promise = new Promise<T>((settled, failed) => {
    resolve = settled
    reject = failed
  })
  return { promise, resolve, reject }
}

function fakeLease(port = 3457, mayPrint = false): FakeLease {
  const { promise, resolve } = deferred<LeaseEnd>()
  const lease = {
    id: 'a3f2d8e1',
    host: '127.0.0.1',
    baseUrl: `http://127.0.0.1:${port}`,
    token: 't',
    port,
    mayPrint,
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

function hooks(...renewals: (() => Promise<Lease>)[]) {
  const requests: string[] = []
  const notes: string[] = []
  const parts = {
    requests,
    notes,
    lost: 0,
    mayPrint: false,
    back: 0,
    started: deferred<Lease>(),
    onLost: (mayPrint: boolean) => {
      parts.lost += 1
      parts.mayPrint = mayPrint
    },
    onBack: () => {
      parts.back += 1
    },
    rejoin: (signal: AbortSignal) => {
      signal.addEventListener('abort', () => parts.started.reject(new Error('closed')))
      return parts.started.promise
    },
    notify: (note: string) => notes.push(note),
    renew: (why: string) => {
      requests.push(why)
      return renewals.shift()?.() ?? Promise.reject(new Error('renewed too often'))
    },
  }
  return parts
}

describe('a kept session', () => {
  it('takes a new lease after a crash and after a restart, and says nothing', async () => {
    const [first, second, third] = [fakeLease(), fakeLease(), fakeLease()]
    const parts = hooks(
      () => Promise.resolve(second),
      () => Promise.resolve(third),
    )
    const keepalive = keepSessionAlive(first, parts)
    first.end('lost')
    await settle()
    second.end('restarting')
    await settle()
    expect(parts).toMatchObject({ requests: ['lost', 'restarting'], notes: [] })
    keepalive.close()
    expect(third.closed).toBe(true)
  })

  it('is lost after a stop, unless it was started again meanwhile', async () => {
    const [first, second] = [fakeLease(), fakeLease()]
    const parts = hooks(
      () => Promise.resolve(second),
      () => Promise.reject(new Error('session x was stopped.')),
    )
    const keepalive = keepSessionAlive(first, parts)
    first.end('stopping')
    await settle()
    expect(parts).toMatchObject({ requests: ['stopping'], lost: 0 })
    second.end('stopping')
    await settle()
    expect(parts).toMatchObject({ requests: ['stopping', 'stopping'], lost: 1 })
    expect(parts.notes.at(-1)).toBe('session x was stopped.')
    expect(keepalive.lost).toBe(true)
  })

  it('that the user starts again after a stop is kept again', async () => {
    const [first, second] = [fakeLease(), fakeLease()]
    const parts = hooks(
      () => Promise.reject(new Error('session x was stopped.')),
      () => Promise.reject(new Error('session x was stopped.')),
    )
    const keepalive = keepSessionAlive(first, parts)
    first.end('stopping')
    await settle()
    expect([keepalive.lost, parts.lost, parts.back]).toEqual([true, 1, 0])
    parts.started.resolve(second)
    await settle()
    expect([keepalive.lost, parts.lost, parts.back]).toEqual([false, 1, 1])
    expect(parts.notes.at(-1)).toBe('the session is running again.')
    parts.started = deferred()
    second.end('lost')
    await settle()
    expect(parts.requests).toEqual(['stopping', 'lost'])
    keepalive.close()
    await settle()
    expect(parts.notes.at(-1)).toBe('session x was stopped.')
  })

  it('tells whether the client may have an answer to print', async () => {
    const lostAfter = async (first: FakeLease, ...more: FakeLease[]) => {
      const stopped = () => Promise.reject(new Error('session x was stopped.'))
      const parts = hooks(...more.map((lease) => () => Promise.resolve(lease)), stopped)
      const keepalive = keepSessionAlive(first, parts)
      if (more.length > 0) first.end('restarting')
      await settle()
      const last = more.at(-1) ?? first
      last.end('stopping')
      await settle()
      keepalive.close()
      return parts.mayPrint
    }
    expect(await lostAfter(fakeLease(1, true))).toBe(true)
    expect(await lostAfter(fakeLease(1, false))).toBe(false)
    // Its answer may still run in the daemon that was replaced.
    expect(await lostAfter(fakeLease(1, false), fakeLease(1, false))).toBe(true)
  })

  it('tells why it cannot run again, once', async () => {
    const first = fakeLease()
    const parts = hooks(() => Promise.reject(new Error('three crashes in a minute')))
    keepSessionAlive(first, parts)
    first.end('lost')
    await settle()
    expect(parts.notes).toEqual(['three crashes in a minute'])
  })

  it('tells when the session came back at another address', async () => {
    const first = fakeLease()
    const parts = hooks(() => Promise.resolve(fakeLease(3500)))
    const keepalive = keepSessionAlive(first, parts)
    first.end('lost')
    await settle()
    expect(parts.notes.join()).toContain('http://127.0.0.1:3500')
    keepalive.close()
  })

  it('gives back a lease that comes when the client has ended', async () => {
    const [first, late] = [fakeLease(), fakeLease()]
    const { promise, resolve } = deferred<Lease>()
    const parts = hooks(() => promise)
    const keepalive = keepSessionAlive(first, parts)
    first.end('lost')
    await settle()
    keepalive.close()
    resolve(late)
    await settle()
    expect(late.closed).toBe(true)
    expect(parts.notes).toEqual([])
  })
})

describe('the end of a client without a terminal', () => {
  afterEach(() => vi.useRealTimers())

  it('comes at once when it has nothing to print', () => {
    const end = clientEnding()
    end.onLost(false)
    expect(end.signal.aborted).toBe(true)
  })

  it('waits for a client that may print, and not for ever', () => {
    vi.useFakeTimers()
    const end = clientEnding(5_000)
    end.onLost(true)
    vi.advanceTimersByTime(4_999)
    expect(end.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(end.signal.aborted).toBe(true)
  })

  it('does not come when the session runs again, or the client has ended', () => {
    vi.useFakeTimers()
    for (const spare of ['onBack', 'close'] as const) {
      const end = clientEnding(5_000)
      end.onLost(true)
      end[spare]()
      vi.advanceTimersByTime(60_000)
      expect(end.signal.aborted).toBe(false)
    }
  })
})

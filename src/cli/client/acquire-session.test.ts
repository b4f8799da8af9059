import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { acquire, type Held } from '../../lib/lock.ts'
import { sessionRef, type SessionRef } from '../../session/identity.ts'
import { serveLock } from '../../session/paths.ts'
import { updateRecord } from '../../session/record.ts'
import { acquireWhenStarted, reacquireSession } from './acquire-session.ts'

/** The time between two looks passes at once; each look is counted. */
const clock = vi.hoisted(() => ({ looks: 0 }))
vi.mock('node:timers/promises', () => ({
  setTimeout: (_ms: number, _value: unknown, how: { readonly signal?: AbortSignal } = {}) => {
    clock.looks += 1
    how.signal?.throwIfAborted()
    return new Promise((resolve) => setImmediate(resolve))
  },
}))
/** What starts and leases is in a place of its own, with tests of its own. */
const started = vi.hoisted(() => vi.fn<() => Promise<object>>())
vi.mock('../../session/start.ts', () => ({ startSession: started }))
vi.mock('../../session/lease.ts', () => ({ holdLease: () => Promise.resolve({ token: 'new' }) }))

let home: string
let ref: SessionRef
let held: Held | null
let over: AbortController
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-join-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  held = null
  over = new AbortController()
  started.mockReset().mockResolvedValue({ view: {} })
})
afterEach(() => {
  over.abort()
  held?.release()
  rmSync(home, { recursive: true, force: true })
})

const stopped = { desired: 'stopped', startedAt: '2026-01-01' } as const
const again = { desired: 'running', startedAt: '2026-01-02' } as const

/** After several looks. */
function looked(): Promise<unknown> {
  const until = clock.looks + 5
  return vi.waitUntil(() => clock.looks >= until, { timeout: 20_000, interval: 5 })
}

describe('a client whose session was stopped', () => {
  it('joins it when it was started again', async () => {
    await updateRecord(ref, stopped)
    const joined = acquireWhenStarted(ref, {}, over.signal)
    held = await acquire(home, serveLock(ref))
    await updateRecord(ref, again)
    expect(await joined).toEqual({ token: 'new' })
    expect(started).toHaveBeenCalledExactlyOnceWith(ref, { env: {}, revive: true })
  })

  it('revives it when that daemon has crashed before the client looked', async () => {
    await updateRecord(ref, stopped)
    const joined = acquireWhenStarted(ref, {}, over.signal)
    await updateRecord(ref, again) // and nobody holds the lock
    expect(await joined).toEqual({ token: 'new' })
  })

  it('tries that once for each daemon, and never for one that it was told of', async () => {
    started.mockRejectedValue(new Error('it crashes'))
    await updateRecord(ref, again)
    const joined = acquireWhenStarted(ref, {}, over.signal)
    joined.catch(() => undefined)
    await looked()
    expect(started).not.toHaveBeenCalled()
    await updateRecord(ref, { startedAt: '2026-01-03' })
    await looked()
    expect(started).toHaveBeenCalledTimes(1)
  })

  it('does not wait for the next daemon to end, where that came too soon to see the stop', async () => {
    await updateRecord(ref, stopped)
    held = await acquire(home, serveLock(ref))
    const rejoined = reacquireSession(ref, 'stopping', {})
    await updateRecord(ref, again)
    expect(await rejoined).toEqual({ token: 'new' })
  })
})

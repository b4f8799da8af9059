import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../messages/error.ts'
import { createStore, type Store } from '../../store/store.ts'
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts'
import { accountsOf, createSharedBreaker } from './shared-breaker.ts'

let home: string
let now: number
let stores: Store[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-breaker-'))
  now = 1_764_000_000_000
  stores = []
})
afterEach(() => {
  for (const store of stores) store.close()
  rmSync(home, { recursive: true, force: true })
})

function daemon(account = 'acc', load?: () => Promise<null>): CircuitBreaker {
  const store = createStore({ home, ...(load ? { load } : {}) })
  stores.push(store)
  const local = createCircuitBreaker(() => now)
  return createSharedBreaker({ local, store, accountOf: () => account, now: () => now })
}

const CANDIDATE = { name: 'p,m', key: 'p#1' }
const OTHER_MODEL = { name: 'p,n', key: 'p#1' }
const limited = new GatewayError('rate_limit_error', 'slow down', { retryAfter: '60' })
const refused = new GatewayError('authentication_error', 'no')

/** Waits until a daemon admits a candidate or not, with a look at it each second. */
const until = (
  breaker: CircuitBreaker,
  candidate: typeof CANDIDATE,
  admits: boolean,
): Promise<void> =>
  vi.waitFor(() => {
    now += 1_000
    expect(breaker.admits(candidate)).toBe(admits)
  })

describe('a shared breaker', () => {
  it('spares others a target that named a wait, for that time', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(CANDIDATE, limited)
    await until(other, CANDIDATE, false)
    expect(other.cooldownMs(CANDIDATE)).toBeGreaterThan(0)
    expect(other.admits(OTHER_MODEL)).toBe(true)
    now += 61_000
    expect(other.admits(CANDIDATE)).toBe(true)
  })

  it('spares others a key that was refused, for every model', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(CANDIDATE, refused)
    await until(other, OTHER_MODEL, false)
  })

  it('shares nothing of another account, of ccr itself, or of a single failure', async () => {
    const [one, stranger, other] = [daemon(), daemon('another'), daemon()]
    one.failed(OTHER_MODEL, new GatewayError('billing_error', 'a budget', { origin: 'gateway' }))
    one.failed({ name: 'p,o', key: 'p#1' }, new GatewayError('api_error', 'once'))
    one.failed(CANDIDATE, limited)
    await until(other, CANDIDATE, false)
    expect(stranger.admits(CANDIDATE)).toBe(true)
    expect(other.admits(OTHER_MODEL)).toBe(true)
  })

  it('ends a cooldown for all when one daemon gets an answer', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(CANDIDATE, limited)
    await until(other, CANDIDATE, false)
    other.succeeded(CANDIDATE)
    const third = daemon()
    await until(third, CANDIDATE, true)
  })

  it('looks up, shares and ends cooldowns in time also when the clock is set back', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(CANDIDATE, limited)
    await until(other, CANDIDATE, false)
    now -= 3_600_000
    expect(other.admits(CANDIDATE)).toBe(true)
    expect(other.cooldownMs(CANDIDATE)).toBe(0)
    const third = daemon()
    third.admits(CANDIDATE)
    await until(third, CANDIDATE, true)
    // A new cooldown holds again, though the one from before would seem to last longer.
    one.failed(CANDIDATE, limited)
    await until(other, CANDIDATE, false)
    expect(other.cooldownMs(CANDIDATE)).toBeLessThanOrEqual(60_000)
  })

  it('is that of the daemon alone without a store', () => {
    const alone = daemon('acc', () => Promise.resolve(null))
    expect(alone.admits(CANDIDATE)).toBe(true)
    alone.failed(CANDIDATE, limited)
    expect(alone.admits(CANDIDATE)).toBe(false)
  })

  it('looks up once a second at most, and once for all requests that come at once', async () => {
    const store = createStore({ home })
    stores.push(store)
    let reads = 0
    const counted: Store = {
      ...store,
      read: (work) => {
        reads += 1
        return store.read(work)
      },
    }
    const local = createCircuitBreaker(() => now)
    const breaker = createSharedBreaker({
      local,
      store: counted,
      accountOf: () => 'acc',
      now: () => now,
    })
    for (let n = 0; n < 50; n += 1) breaker.admits(CANDIDATE)
    expect(reads).toBe(1)
    now += 999
    breaker.admits(CANDIDATE)
    expect(reads).toBe(1)
    now += 1
    breaker.admits(CANDIDATE)
    expect(reads).toBe(2)
    await Promise.resolve()
  })

  it('shares a cooldown once, and none that is over before others learn of it', async () => {
    const store = createStore({ home })
    stores.push(store)
    let writes = 0
    const counted: Store = {
      ...store,
      write: (work) => {
        writes += 1
        return store.write(work)
      },
    }
    const local = createCircuitBreaker(() => now)
    const breaker = createSharedBreaker({
      local,
      store: counted,
      accountOf: () => 'acc',
      now: () => now,
    })
    breaker.failed(CANDIDATE, new GatewayError('rate_limit_error', 'slow', { retryAfter: '1' }))
    breaker.succeeded(CANDIDATE)
    expect(writes).toBe(0)
    for (let n = 0; n < 5; n += 1) breaker.failed(CANDIDATE, limited)
    expect(writes).toBe(1)
    breaker.succeeded(CANDIDATE)
    breaker.succeeded(CANDIDATE)
    expect(writes).toBe(2)
    await Promise.resolve()
  })

  it('knows accounts by endpoint and key, and shows neither', () => {
    const provider = { name: 'p', url: 'https://a', models: [], missing: [] }
    const keys = { ...provider, apiKey: 'one', apiKeys: ['one', 'two'] }
    const accounts = accountsOf({ providers: [keys] })
    expect(accounts('p#1')).toMatch(/^[0-9a-f]{16}$/)
    expect(accounts('p#1')).not.toBe(accounts('p#2'))
    expect(accountsOf({ providers: [{ ...provider, apiKey: 'one' }] })('p#1')).toBe(accounts('p#1'))
    const elsewhere = { ...provider, url: 'https://b', apiKey: 'one' }
    const named = { ...provider, name: 'q#2', apiKey: 'three' }
    const others = accountsOf({ providers: [elsewhere, named] })
    const all = [accounts('p#1'), accounts('p#2'), others('p#1'), others('q#2#1'), others('x#1')]
    expect(new Set(all).size).toBe(all.length)
    expect(others('p#1')).toBe(others('p#1'))
  })
})

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
  home = mkdtempSync(join(tmpdir(), 'ccr-health-'))
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
  const own = createCircuitBreaker(() => now)
  return createSharedBreaker({ own, store, accountOf: () => account, now: () => now })
}

const LANE = { name: 'p,m', key: 'p#1' }
const OTHER_MODEL = { name: 'p,n', key: 'p#1' }
const limited = new GatewayError('rate_limit_error', 'slow down', { retryAfter: '60' })
const refused = new GatewayError('authentication_error', 'no')

/** Waits until a daemon, asked again and again as by requests, says so. */
const until = (health: CircuitBreaker, lane: typeof LANE, admits: boolean): Promise<void> =>
  vi.waitFor(() => {
    now += 1_000
    expect(health.admits(lane)).toBe(admits)
  })

describe('shared health', () => {
  it('spares others a target that asked for a pause, for that time', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(LANE, limited)
    await until(other, LANE, false)
    expect(other.cooldownMs(LANE)).toBeGreaterThan(0)
    expect(other.admits(OTHER_MODEL)).toBe(true)
    now += 61_000
    expect(other.admits(LANE)).toBe(true)
  })

  it('spares others a key that was refused, for every model', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(LANE, refused)
    await until(other, OTHER_MODEL, false)
  })

  it('tells nothing of another account, of ccr itself, or of a single failure', async () => {
    const [one, stranger, other] = [daemon(), daemon('another'), daemon()]
    one.failed(OTHER_MODEL, new GatewayError('billing_error', 'a budget', { origin: 'gateway' }))
    one.failed({ name: 'p,o', key: 'p#1' }, new GatewayError('api_error', 'once'))
    one.failed(LANE, limited)
    await until(other, LANE, false)
    expect(stranger.admits(LANE)).toBe(true)
    expect(other.admits(OTHER_MODEL)).toBe(true)
  })

  it('ends for all when somebody is answered again', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(LANE, limited)
    await until(other, LANE, false)
    other.succeeded(LANE)
    const third = daemon()
    await until(third, LANE, true)
  })

  it('is looked up, told and over in time also when the clock is set back', async () => {
    const [one, other] = [daemon(), daemon()]
    one.failed(LANE, limited)
    await until(other, LANE, false)
    now -= 3_600_000
    expect(other.admits(LANE)).toBe(true)
    expect(other.cooldownMs(LANE)).toBe(0)
    const third = daemon()
    third.admits(LANE)
    await until(third, LANE, true)
    // What is learnt now holds again, though the rest from before would seem to last longer.
    one.failed(LANE, limited)
    await until(other, LANE, false)
    expect(other.cooldownMs(LANE)).toBeLessThanOrEqual(60_000)
  })

  it('is each daemon’s own without a store', () => {
    const alone = daemon('acc', () => Promise.resolve(null))
    expect(alone.admits(LANE)).toBe(true)
    alone.failed(LANE, limited)
    expect(alone.admits(LANE)).toBe(false)
  })

  it('is looked up once a second at most, and once for all requests that come at once', async () => {
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
    const own = createCircuitBreaker(() => now)
    const health = createSharedBreaker({
      own,
      store: counted,
      accountOf: () => 'acc',
      now: () => now,
    })
    for (let n = 0; n < 50; n += 1) health.admits(LANE)
    expect(reads).toBe(1)
    now += 999
    health.admits(LANE)
    expect(reads).toBe(1)
    now += 1
    health.admits(LANE)
    expect(reads).toBe(2)
    await Promise.resolve()
  })

  it('tells others of a rest once, and of none that is over before they hear of it', async () => {
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
    const own = createCircuitBreaker(() => now)
    const health = createSharedBreaker({
      own,
      store: counted,
      accountOf: () => 'acc',
      now: () => now,
    })
    health.failed(LANE, new GatewayError('rate_limit_error', 'slow', { retryAfter: '1' }))
    health.succeeded(LANE)
    expect(writes).toBe(0)
    for (let n = 0; n < 5; n += 1) health.failed(LANE, limited)
    expect(writes).toBe(1)
    health.succeeded(LANE)
    health.succeeded(LANE)
    expect(writes).toBe(2)
    await Promise.resolve()
  })

  it('knows accounts by endpoint and key, and tells neither', () => {
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

/** What a daemon holds of a budget, to the cent, and how long. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import type { BudgetConfig } from '../config/config.ts'
import { silent } from '../lib/log.ts'
import type { GatewayError } from '../messages/error.ts'
import { dayOf } from '../store/day.ts'
import type { RequestRow } from '../store/ledger.ts'
import { createStore, type Store } from '../store/store.ts'
import { createBudgetGuard, type BudgetGuard } from './budget-guard.ts'

const NOW = new Date(2026, 10, 25, 12).getTime()

let home: string
let now: number
let store: Store
let writes: number
let busy: Error | undefined
let logged: string[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-allocation-'))
  now = NOW
  writes = 0
  busy = undefined
  logged = []
  store = createStore({ home })
})
afterEach(() => {
  vi.useRealTimers()
  store.close()
  rmSync(home, { recursive: true, force: true })
})

function guardOf(...budgets: readonly BudgetConfig[]): BudgetGuard {
  const counted: Store = {
    ...store,
    write: (work) => {
      writes += 1
      return busy ? Promise.reject(busy) : store.write(work)
    },
  }
  return createBudgetGuard({
    budgets,
    session: { id: 'a', preference: 'of a' },
    store: counted,
    log: { ...silent, error: (fields) => void logged.push(JSON.stringify(fields)) },
    now: () => now,
  })
}

const row = (cost: number): RequestRow => requestRow({ at: now, session: 'a', cost })

/** As the ledger writes rows. */
async function write(of: BudgetGuard, ...rows: readonly RequestRow[]): Promise<void> {
  const sql = `INSERT INTO spend (day, session, provider, usd, unpriced) VALUES (?, 'a', 'p', ?, 0)
    ON CONFLICT DO UPDATE SET usd = usd + excluded.usd`
  await store.write((db) => {
    of.during(db, rows)
    for (const { cost } of rows) db.prepare(sql).run(dayOf(now), cost ?? 0)
  })
  of.written(rows)
}

interface Held {
  readonly usd: number
  readonly expires: number
}
const allocations = (): Promise<readonly Held[]> =>
  store.read((db) =>
    db
      .prepare('SELECT usd, expires FROM slice ORDER BY budget')
      .all()
      .map(({ usd, expires }) => ({ usd: Number(usd), expires: Number(expires) })),
  )
const held = async (): Promise<number> =>
  (await allocations()).reduce((sum, { usd }) => sum + usd, 0)

const refused = (work: Promise<unknown>): Promise<GatewayError> =>
  work.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => error as GatewayError,
  )

describe('an allocation of a budget', () => {
  it('is a fiftieth of the limit, and grows by as much when it is used up', async () => {
    const one = guardOf({ limit: 100 })
    for (let n = 0; n < 4; n += 1) await one.reserve('p', 0.5)
    expect(await allocations()).toEqual([{ usd: 2, expires: NOW + 30_000 }])
    await one.reserve('p', 0.5)
    expect(await held()).toBeCloseTo(4, 9)
    expect(writes).toBe(2)
  })

  it('counts what was spent and is not written yet', async () => {
    const one = guardOf({ limit: 100 })
    const first = await one.reserve('p', 2)
    first.settle(row(0.5))
    await one.reserve('p', 1.5)
    expect(writes).toBe(1)
    await one.reserve('p', 0.1)
    // 1.50 that are reserved, 0.50 that are not written, and a new allocation.
    expect(await held()).toBeCloseTo(4, 9)
  })

  it('is the quarter of the rest near the end, and all of the rest at the end', async () => {
    const one = guardOf({ limit: 1 })
    const first = await one.reserve('p', 0.96)
    first.settle(row(0.96))
    await write(one, row(0.96))
    await one.reserve('p', 0.001)
    expect(await held()).toBeCloseTo(0.01, 9)
    await one.reserve('p', 0.6)
    expect(await held()).toBeCloseTo(0.04, 9)
  })

  it('leaves what requests hold out of the rest', async () => {
    const one = guardOf({ limit: 1 })
    await one.reserve('p', 0.5)
    await one.reserve('p', 0.6)
    expect(await held()).toBeCloseTo(1, 9)
    expect(await refused(one.reserve('p', 0.1))).toMatchObject({ kind: 'rate_limit_error' })
  })

  it('is needed for a request of unknown price too', async () => {
    const one = guardOf({ limit: 1 })
    const first = await one.reserve('p', 1)
    first.settle(row(1))
    expect(await refused(one.reserve('p', null))).toMatchObject({ kind: 'billing_error' })
  })

  it('is used up by what is spent and not written: no wait helps', async () => {
    const one = guardOf({ limit: 1 })
    const first = await one.reserve('p', 0.5)
    await one.reserve('p', 0.5)
    first.settle(row(1))
    expect(await refused(one.reserve('p', 0.1))).toMatchObject({
      kind: 'billing_error',
      message: expect.stringContaining('$1.00 of $1.00') as string,
    })
  })

  it('holds what the others of a batch cost until their rows are written', async () => {
    const one = guardOf({ limit: 100 })
    const [a, b] = [await one.reserve('p', 1), await one.reserve('p', 1)]
    a.settle(row(0.7))
    b.settle(row(0.3))
    expect(one.isNeeded()).toBe(true)
    await write(one, row(0.7))
    // An allocation of 1.00, and 0.30 that are not written.
    expect(await held()).toBeCloseTo(1.3, 9)
    expect(one.isNeeded()).toBe(true)
    await write(one, row(0.3))
    expect(await held()).toBeCloseTo(1, 9)
    expect(one.isNeeded()).toBe(false)
  })

  it('is needed as long as one of several budgets has a request', async () => {
    const one = guardOf({ limit: 100, provider: 'p' }, { limit: 100, provider: 'q' })
    const [p, q] = [await one.reserve('p', 1), await one.reserve('q', 1)]
    q.settle()
    expect(one.isNeeded()).toBe(true)
    p.settle()
    expect(one.isNeeded()).toBe(false)
  })

  it('is given back when the session ends', async () => {
    const one = guardOf({ limit: 100 })
    await one.reserve('p', 1)
    await one.close()
    expect(await allocations()).toEqual([])
    const unused = guardOf({ limit: 100 })
    writes = 0
    await unused.close()
    expect(writes).toBe(0)
  })
})

describe('an allocation over time', () => {
  const pass = async (ms: number): Promise<void> => {
    now += ms
    await vi.advanceTimersByTimeAsync(ms)
    await store.read(() => undefined)
  }
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  it('stays as long as a request runs, whatever other budgets do', async () => {
    const one = guardOf({ limit: 100, provider: 'p' }, { limit: 100, provider: 'q' })
    const [, q] = [await one.reserve('p', 0.5), await one.reserve('q', 0.5)]
    q.settle()
    for (let n = 0; n < 20; n += 1) await pass(2_000)
    expect(await allocations()).toEqual([{ usd: 2, expires: now + 30_000 }])
    await one.close()
  })

  it('stays for two seconds behind a request, for the next one, and is given back then', async () => {
    const one = guardOf({ limit: 100 })
    const first = await one.reserve('p', 0.5)
    await pass(1_000)
    first.settle()
    await pass(1_000)
    expect(await allocations()).toEqual([{ usd: 2, expires: now + 30_000 }])
    await pass(2_000)
    expect(await allocations()).toEqual([])
    writes = 0
    await pass(60_000)
    expect(writes).toBe(0)
    await one.close()
  })

  it('that ran out while the machine slept is not used: others may have it', async () => {
    const one = guardOf({ limit: 100 })
    await one.reserve('p', 0.5)
    now += 60_000
    await vi.advanceTimersByTimeAsync(2_000)
    await store.read(() => undefined)
    expect(await allocations()).toEqual([{ usd: 0.5, expires: now + 30_000 }])
    await one.close()
  })
})

describe('a budget whose store cannot be written', () => {
  it('is kept by what the daemon knows itself, and logged once', async () => {
    const one = guardOf({ limit: 1 })
    busy = new Error('disk full')
    await one.reserve('p', 0.5)
    await one.reserve('p', 0.5)
    expect(logged).toEqual(['{"cause":"disk full"}'])
    expect(one.notes()).toEqual([
      'The budgets cannot be kept over all sessions: disk full. See: ccr doctor',
    ])
    expect(await refused(one.reserve('p', 0.1))).toMatchObject({ kind: 'billing_error' })
    busy = undefined
    await refused(one.reserve('p', 0.1))
    expect(one.notes()).toEqual([])
  })

  it('ends a request where it is strict', async () => {
    const one = guardOf({ limit: 1, strict: true })
    busy = new Error('disk full')
    const error = await refused(one.reserve('p', 0.1))
    expect(error).toMatchObject({ kind: 'billing_error', shouldRetry: false, origin: 'gateway' })
    expect(error.message).toContain('disk full')
  })
})

it('a budget warns from its level on', async () => {
  const one = guardOf({ limit: 1 }, { limit: 2, warn: 0.9, per: 'month' })
  const first = await one.reserve('p', 0.8)
  first.settle(row(0.8))
  await write(one, row(0.8))
  expect(one.notes()).toEqual(['The budget of the day: $0.80 of $1.00 are spent.'])
})

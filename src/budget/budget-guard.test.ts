import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import type { BudgetConfig } from '../config/config.ts'
import { silent } from '../lib/log.ts'
import type { GatewayError } from '../messages/error.ts'
import { createLedger, type Ledger } from '../store/ledger.ts'
import { spentIn } from '../store/allocations.ts'
import { createStore, type Store } from '../store/store.ts'
import { createBudgetGuard, type BudgetGuard } from './budget-guard.ts'

const NOW = new Date(2026, 10, 25, 12).getTime()

let home: string
let now: number
let daemons: Daemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-budget-'))
  now = NOW
  daemons = []
})
afterEach(async () => {
  vi.useRealTimers()
  for (const { ledger } of daemons) await ledger.close()
  rmSync(home, { recursive: true, force: true })
})

interface Daemon {
  readonly guard: BudgetGuard
  readonly ledger: Ledger
  readonly store: Store
  /** One request to provider `p`, from its reservation to the written row. */
  readonly pay: (estimate: number | null, cost?: number | null) => Promise<void>
}

function daemon(budgets: readonly BudgetConfig[], id = 'a', load?: () => Promise<null>): Daemon {
  const store = createStore({ home, ...(load ? { load } : {}) })
  const session = { id, preference: `of ${id}` }
  const guard = createBudgetGuard({ budgets, session, store, log: silent, now: () => now })
  const ledger = createLedger({
    store,
    onTrouble: () => undefined,
    during: (db, rows) => guard.during(db, rows),
    written: (rows) => guard.written(rows),
    keepDays: () => 0,
  })
  const made: Daemon = {
    guard,
    ledger,
    store,
    pay: async (estimate, cost = estimate) => {
      const reservation = await guard.reserve('p', estimate)
      const row = requestRow({ at: now, session: id, cost })
      ledger.add(row)
      reservation.settle(row)
      await ledger.flush()
    },
  }
  daemons.push(made)
  return made
}

const refused = (work: Promise<unknown>): Promise<GatewayError> =>
  work.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => error as GatewayError,
  )

describe('a budget', () => {
  it('lets requests through until it is used up, and then says so for good', async () => {
    const { pay } = daemon([{ limit: 1 }])
    for (let n = 0; n < 4; n += 1) await pay(0.25)
    expect(await refused(pay(0.25))).toMatchObject({
      kind: 'billing_error',
      status: 402,
      shouldRetry: false,
      origin: 'gateway',
      message: expect.stringContaining(
        'The budget of the day is used up: $1.00 of $1.00',
      ) as string,
    })
  })

  it('is one for all daemons', async () => {
    const [one, other] = [daemon([{ limit: 1 }], 'a'), daemon([{ limit: 1 }], 'b')]
    await one.pay(0.6)
    await one.guard.close()
    await other.pay(0.4)
    expect((await refused(other.pay(0.1))).kind).toBe('billing_error')
    expect((await refused(one.pay(0.1))).kind).toBe('billing_error')
  })

  it('is not exceeded by requests that come at once: what others hold is tried again', async () => {
    const all = Array.from({ length: 20 }, (_, n) => daemon([{ limit: 1 }], `s${String(n)}`))
    const held = await Promise.allSettled(all.map(({ guard }) => guard.reserve('p', 0.2)))
    const got = held.filter(({ status }) => status === 'fulfilled')
    expect(got.length).toBeGreaterThanOrEqual(5)
    expect(got.length).toBeLessThanOrEqual(6)
    const [error] = held.flatMap((one) => (one.status === 'rejected' ? [one.reason as object] : []))
    expect(error).toMatchObject({ kind: 'rate_limit_error', retryAfter: '2', origin: 'gateway' })
  })

  it('is exceeded by no more than what was on its way', async () => {
    const { pay, store } = daemon([{ limit: 1 }])
    await pay(0.3, 0.9)
    await pay(0.3, 0.5)
    await refused(pay(0.01))
    const spent = await store.read((db) => spentIn(db, { per: 'day' }, now))
    expect(spent.usd).toBeCloseTo(1.4, 9)
  })

  it('gives money back that a request did not need', async () => {
    const { pay } = daemon([{ limit: 1 }])
    for (let n = 0; n < 9; n += 1) await pay(0.5, 0.1)
    await pay(0.1)
    await refused(pay(0.1))
  })

  it('takes the money of a daemon that was killed after a while', async () => {
    const [one, other] = [daemon([{ limit: 1 }], 'a'), daemon([{ limit: 1 }], 'b')]
    await one.guard.reserve('p', 1)
    expect((await refused(other.pay(0.5))).kind).toBe('rate_limit_error')
    now += 31_000
    await other.pay(0.5)
  })

  it('is not given to others while a long request holds it, also when the store was busy', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { store } = daemon([])
    let isBusy = false
    const shared: Store = {
      ...store,
      write: (work) => (isBusy ? Promise.reject(new Error('busy')) : store.write(work)),
    }
    const session = { id: 'a', preference: 'of a' }
    const budgets = [{ limit: 1 }]
    const guard = createBudgetGuard({
      budgets,
      session,
      store: shared,
      log: silent,
      now: () => now,
    })
    const held = await guard.reserve('p', 1)
    for (let seconds = 0; seconds < 300; seconds += 2) {
      isBusy = seconds % 10 === 0
      now += 2_000
      await vi.advanceTimersByTimeAsync(2_000)
    }
    expect(await refused(daemon([{ limit: 1 }], 'b').pay(0.5))).toMatchObject({
      kind: 'rate_limit_error',
    })
    held.settle()
    await guard.close()
    expect(vi.getTimerCount()).toBe(0)
    await daemon([{ limit: 1 }], 'c').pay(0.9)
  })

  it('is looked after no more once its session has ended, whatever ends after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { guard } = daemon([{ limit: 1 }])
    const [early, late] = [await guard.reserve('p', 0.1), await guard.reserve('p', 0.1)]
    early.settle()
    await vi.advanceTimersByTimeAsync(2_000)
    await guard.close()
    late.settle()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is free again of who was killed also when the clock was set back', async () => {
    const [one, other] = [daemon([{ limit: 1 }], 'a'), daemon([{ limit: 1 }], 'b')]
    await one.guard.reserve('p', 1)
    now -= 3_600_000
    await other.pay(0.5)
  })

  it('is given back unused also when the clock was set back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { guard, store } = daemon([{ limit: 1 }])
    const held = await guard.reserve('p', 0.1)
    held.settle()
    now -= 3_600_000
    for (let n = 0; n < 3; n += 1) {
      now += 2_000
      await vi.advanceTimersByTimeAsync(2_000)
    }
    const allocations = await store.read((db) => db.prepare('SELECT * FROM slice').all())
    expect(allocations).toEqual([])
  })

  it('leaves others most of what is left: an allocation is small', async () => {
    const [one, other] = [daemon([{ limit: 1 }], 'a'), daemon([{ limit: 1 }], 'b')]
    await one.guard.reserve('p', 0.001)
    const allocations = await one.store.read((db) => db.prepare('SELECT usd FROM slice').all())
    expect(allocations).toEqual([{ usd: 0.02 }])
    await other.pay(0.9)
    const [late, last] = [daemon([{ limit: 1 }], 'c'), daemon([{ limit: 1 }], 'd')]
    await late.guard.reserve('p', 0.001)
    await last.guard.reserve('p', 0.001)
  })

  it('needs no question to the store as long as its allocation lasts', async () => {
    const { store } = daemon([])
    let writes = 0
    const counted: Store = {
      ...store,
      write: (work) => {
        writes += 1
        return store.write(work)
      },
    }
    const session = { id: 'a', preference: '' }
    const budgets = [{ limit: 100 }]
    const guard = createBudgetGuard({
      budgets,
      session,
      store: counted,
      log: silent,
      now: () => now,
    })
    for (let n = 0; n < 8; n += 1) await guard.reserve('p', 0.25)
    expect(writes).toBe(1)
    await guard.reserve('p', 0.25)
    expect(writes).toBe(2)
    now += 30_000
    await guard.reserve('p', 0.25)
    expect(writes).toBe(3)
    await guard.close()
  })

  it('has back what a request held that was refused, cancelled, or settled twice', async () => {
    const { guard, pay } = daemon([{ limit: 1 }])
    for (let n = 0; n < 3; n += 1) {
      const held = await guard.reserve('p', 0.8)
      expect(guard.isNeeded()).toBe(true)
      held.settle()
      held.settle()
      expect(guard.isNeeded()).toBe(false)
    }
    await pay(1)
    expect((await refused(pay(0.1))).kind).toBe('billing_error')
  })

  it('counts one request for all budgets that it is in, and takes nothing where one is short', async () => {
    const budgets: BudgetConfig[] = [{ limit: 10 }, { limit: 1, provider: 'p' }]
    const { guard, pay, store } = daemon(budgets)
    await pay(1)
    expect((await refused(guard.reserve('p', 0.5))).message).toContain('for p')
    const held = await store.read((db) => db.prepare('SELECT sum(usd) AS usd FROM slice').get())
    const before = (held as { usd: number }).usd
    for (let n = 0; n < 20; n += 1) await refused(guard.reserve('p', 0.5))
    expect(await store.read((db) => db.prepare('SELECT sum(usd) AS usd FROM slice').get())).toEqual(
      { usd: before },
    )
    const other = await guard.reserve('q', 8)
    other.settle()
  })

  it('warns once, and again when a new day has reached its level', async () => {
    const lines: string[] = []
    const { store } = daemon([])
    const guard = createBudgetGuard({
      budgets: [{ limit: 1 }],
      session: { id: 'a', preference: '' },
      store,
      log: { ...silent, warn: (_, text) => void lines.push(text) },
      now: () => now,
    })
    const ledger = createLedger({
      store,
      onTrouble: () => undefined,
      during: (db, rows) => guard.during(db, rows),
      written: (rows) => guard.written(rows),
      keepDays: () => 0,
    })
    const pay = async (usd: number): Promise<void> => {
      const held = await guard.reserve('p', usd)
      const row = requestRow({ at: now, session: 'a', cost: usd })
      ledger.add(row)
      held.settle(row)
      await ledger.flush()
    }
    await pay(0.85)
    await pay(0.05)
    expect(lines).toEqual(['The budget of the day: $0.85 of $1.00 are spent.'])
    now += 24 * 3_600_000
    await pay(0.1)
    await pay(0.8)
    expect(lines).toHaveLength(2)
    await guard.close()
    await ledger.close()
  })

  it('names a provider without a price once, and none for a request without an answer', async () => {
    const lines: string[] = []
    const { store } = daemon([])
    const guard = createBudgetGuard({
      budgets: [{ limit: 1 }],
      session: { id: 'a', preference: '' },
      store,
      log: { ...silent, warn: (fields) => void lines.push(JSON.stringify(fields)) },
      now: () => now,
    })
    const end = async (facts: Parameters<typeof requestRow>[0]): Promise<void> => {
      const held = await guard.reserve('p', null)
      held.settle(requestRow({ at: now, ...facts }))
    }
    await end({ cost: null, output: null })
    await end({ cost: null, provider: null })
    expect(lines).toEqual([])
    await end({ cost: null })
    await end({ cost: null })
    expect(lines).toEqual(['{"provider":"p"}'])
    await guard.close()
  })

  it('begins anew with the day, and with the month', async () => {
    const { pay } = daemon([{ limit: 1 }, { limit: 1.5, per: 'month' }])
    await pay(1)
    await refused(pay(0.1))
    now += 24 * 3_600_000
    await pay(0.5)
    expect((await refused(pay(0.1))).message).toContain('of the month')
    now = new Date(2026, 11, 1, 12).getTime()
    await pay(0.5)
  })

  it('may be of a provider or a session, each on its own with *', async () => {
    const budgets = [
      { limit: 1, session: '*' },
      { limit: 9, provider: 'q' },
    ]
    const [one, other] = [daemon(budgets, 'a'), daemon(budgets, 'b')]
    await one.pay(1)
    expect((await refused(one.pay(1))).message).toContain('in session a')
    await other.pay(1)
    const third = daemon([{ limit: 1, session: 'of b' }], 'c')
    await third.pay(5)
  })

  it('does not count what is free, and reports what has no price', async () => {
    const { pay, guard } = daemon([{ limit: 1 }])
    await pay(null)
    expect(guard.notes().join()).toContain('A model of p has no known price')
    await pay(1)
    await pay(0)
    expect((await refused(pay(null))).kind).toBe('billing_error')
  })

  it('counts what a provider reports, also where no price was known before', async () => {
    const { pay, guard } = daemon([{ limit: 1 }])
    await pay(null, 0.75)
    expect(guard.notes()).toEqual([])
    await pay(null, 0.5)
    expect((await refused(pay(null, 0.5))).kind).toBe('billing_error')
    expect(guard.notes()).toEqual(['The budget of the day: $1.25 of $1.00 are spent.'])
  })

  it('warns from its level on', async () => {
    const { pay, guard } = daemon([{ limit: 1 }, { warn: 5 }])
    await pay(0.7)
    expect(guard.notes()).toEqual([])
    await pay(0.2)
    expect(guard.notes()).toEqual(['The budget of the day: $0.90 of $1.00 are spent.'])
  })

  const NO_SQLITE = () => Promise.resolve(null)

  it('is kept by each daemon alone while there is no store, which is reported', async () => {
    const { pay, guard } = daemon([{ limit: 1 }], 'a', NO_SQLITE)
    await pay(0.6)
    await pay(0.6)
    expect((await refused(pay(0.6))).kind).toBe('billing_error')
    expect(guard.notes().join()).toContain('cannot be kept over all sessions')
  })

  it('is kept over all sessions again once there is a store again', async () => {
    const { store } = daemon([])
    let isGone = true
    const errors: object[] = []
    const guard = createBudgetGuard({
      budgets: [{ limit: 1 }],
      session: { id: 'a', preference: '' },
      store: {
        ...store,
        write: (work) => (isGone ? Promise.reject(new Error('full')) : store.write(work)),
      },
      log: { ...silent, error: (fields) => void errors.push(fields) },
      now: () => now,
    })
    const held = [await guard.reserve('p', 0.1), await guard.reserve('p', 0.1)]
    expect(errors).toEqual([{ cause: 'full' }])
    expect(guard.notes().join()).toContain('cannot be kept over all sessions: full')
    isGone = false
    for (const one of held) one.settle()
    await guard.reserve('p', 0.1)
    expect(guard.notes()).toEqual([])
    await guard.close()
  })

  it('refuses then if it is strict', async () => {
    const { pay } = daemon([{ limit: 1, strict: true }], 'a', NO_SQLITE)
    expect((await refused(pay(0.1))).message).toContain('strict')
  })
})

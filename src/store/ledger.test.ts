import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import { dayOf } from './day.ts'
import { createLedger, type Ledger, type LedgerOptions, type RequestRow } from './ledger.ts'
import type { Database } from './sqlite.ts'
import { createStore, type Store } from './store.ts'
import { chargedFor, conversationUsage, firstRequest, modelsOf, usageBy, usageOf } from './usage.ts'

const DAY_MS = 86_400_000
const NOW = new Date(2026, 10, 25, 12).getTime()

let home: string
let store: Store
let troubles: (string | null)[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-ledger-'))
  store = createStore({ home })
  troubles = []
})
afterEach(() => {
  vi.useRealTimers()
  store.close()
  chmodSync(home, 0o700)
  rmSync(home, { recursive: true, force: true })
})

function ledger(keepDays = 0, now = () => NOW, more: Partial<LedgerOptions> = {}): Ledger {
  return createLedger({
    store,
    onTrouble: (trouble) => troubles.push(trouble),
    keepDays: () => keepDays,
    now,
    ...more,
  })
}

/** A store whose disk is full while `isFull`, and which reports what is done with it. */
function fakeStore() {
  const fake = {
    isFull: false,
    writes: 0,
    checkpoints: 0,
    closed: 0,
    write: async <T>(work: (db: Database) => T): Promise<T> => {
      fake.writes += 1
      if (fake.isFull) throw new Error('disk full')
      return store.write(work)
    },
    read: <T>(work: (db: Database) => T) => store.read(work),
    checkpoint: () => void (fake.checkpoints += 1),
    close: () => void (fake.closed += 1),
  }
  return fake
}

const ALL = { since: 0, until: Infinity }
const all = () => store.read((db) => usageOf(db, ALL))

describe('the ledger', () => {
  it('writes rows soon, without a flush', async () => {
    const one = ledger()
    for (let n = 0; n < 150; n += 1) one.add(requestRow())
    await vi.waitFor(() => expect(one.pending).toBe(0), 10_000)
    expect(await all()).toMatchObject({ requests: 150, input: 15_000, output: 1_500 })
    await one.close()
  })

  it('writes all that is left when it is closed', async () => {
    const one = ledger()
    const flushed = one.flush()
    one.add(requestRow())
    await Promise.all([flushed, one.close()])
    expect(await all()).toMatchObject({ requests: 1 })
  })

  it('keeps rows while they cannot be written, reports that once, and writes them then', async () => {
    const folder = join(home, 'usage.db')
    mkdirSync(join(folder, 'in the way'), { recursive: true })
    const one = ledger()
    one.add(requestRow())
    await one.flush()
    one.add(requestRow())
    await one.flush()
    expect(troubles).toEqual([expect.stringContaining('usage.db cannot be used')])
    rmSync(folder, { recursive: true })
    rmSync(join(home, 'usage'), { recursive: true, force: true })
    await one.flush()
    expect(troubles.at(-1)).toBeNull()
    expect(await all()).toMatchObject({ requests: 2 })
    await one.close()
  })

  it('gives up the oldest rows before they fill the memory', async () => {
    writeFileSync(join(home, 'usage'), 'a file in the place of a folder')
    const one = ledger()
    for (let n = 0; n < 10_003; n += 1) one.add(requestRow({ at: NOW + n }))
    await one.flush()
    expect([one.pending, one.lost]).toEqual([10_000, 3])
    await one.flush()
    expect([one.pending, one.lost]).toEqual([10_000, 3])
    rmSync(join(home, 'usage'))
    await one.flush()
    expect(await store.read(firstRequest)).toBe(NOW + 3)
    await one.close()
  })

  it('keeps each field where it belongs', async () => {
    const row: RequestRow = {
      ...{ at: NOW, session: 'a session', preference: 'p,m', conversation: 'c-9' },
      ...{ class: 'subagent', route: 'background', provider: 'prov', model: 'mod' },
      ...{ input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cacheWrite1h: 5, reasoning: 6 },
      ...{ cost: 0.75, priceSource: 'catalogue', priceDate: '2026-01-02' },
      ...{ ttftMs: 7, durationMs: 8, tokensPerSecond: 9.5, status: 201, outcome: 'aborted' },
      ...{ error: 'api_error', stopReason: 'tool_use', attempts: 10, dropped: 'top_k' },
    }
    const one = ledger()
    one.add(row)
    one.add({ ...row, conversation: null, cost: null, dropped: null })
    await one.flush()
    const rows = await store.read((db) => db.prepare('SELECT * FROM request ORDER BY id').all())
    expect(rows[0]).toEqual({
      ...{ id: 1, at: NOW, session: 'a session', preference: 'p,m', conversation: 'c-9' },
      ...{ class: 'subagent', route: 'background', provider: 'prov', model: 'mod' },
      ...{ input: 1, output: 2, cache_read: 3, cache_write: 4, cache_write_1h: 5, reasoning: 6 },
      ...{ cost: 0.75, price_source: 'catalogue', price_date: '2026-01-02' },
      ...{ ttft_ms: 7, duration_ms: 8, tokens_per_second: 9.5, status: 201, outcome: 'aborted' },
      ...{ error: 'api_error', stop_reason: 'tool_use', attempts: 10, dropped: 'top_k' },
    })
    expect(rows[1]).toMatchObject({ conversation: null, cost: null, dropped: null })
    await one.close()
  })

  it('writes each row once, however often it is flushed at once', async () => {
    const one = ledger()
    for (let n = 0; n < 100; n += 1) one.add(requestRow())
    const flushes = [one.flush(), one.flush()]
    one.add(requestRow())
    await Promise.all(flushes)
    await one.flush()
    expect(await all()).toMatchObject({ requests: 101 })
    expect(troubles).toEqual([])
    await one.close()
  })

  it('writes within half a second, one time for many rows, and tries a full disk every 5 s', async () => {
    const fake = fakeStore()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const one = ledger(0, undefined, { store: fake })
    for (let n = 0; n < 10; n += 1) one.add(requestRow())
    await vi.advanceTimersByTimeAsync(499)
    expect(fake.writes).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    await vi.waitFor(() => expect(one.pending).toBe(0))
    expect(fake.writes).toBe(1)
    fake.isFull = true
    one.add(requestRow())
    await vi.advanceTimersByTimeAsync(500)
    expect([fake.writes, troubles]).toEqual([2, ['disk full']])
    one.add(requestRow())
    await vi.advanceTimersByTimeAsync(4_999)
    expect(fake.writes).toBe(2)
    fake.isFull = false
    await vi.advanceTimersByTimeAsync(1)
    await vi.waitFor(() => expect(troubles).toEqual(['disk full', null]))
    await one.flush()
    expect(await all()).toMatchObject({ requests: 12 })
  })

  it('is over when it is closed: no timer is left that would open the store again', async () => {
    const fake = fakeStore()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const one = ledger(0, undefined, { store: fake })
    one.add(requestRow())
    await one.close()
    expect([one.pending, fake.closed, vi.getTimerCount()]).toEqual([0, 1, 0])
    one.add(requestRow())
    fake.isFull = true
    await one.flush()
    expect(vi.getTimerCount()).toBe(0)
    const idle = ledger(0, undefined, { store: fake })
    await idle.close()
    idle.add(requestRow())
    await idle.flush()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('holds up the end of no process', () => {
    const spy = vi.spyOn(globalThis, 'setTimeout')
    ledger().add(requestRow())
    const [timer] = spy.mock.results.map(({ value }) => value as NodeJS.Timeout)
    spy.mockRestore()
    expect(timer?.hasRef()).toBe(false)
  })

  it('writes what belongs to a batch in its transaction, and reports once it is written', async () => {
    const seen: string[] = []
    let fails = true
    const one = ledger(0, undefined, {
      during: (db, rows) => {
        seen.push(`during ${String(rows.length)}`)
        db.prepare("INSERT INTO rest VALUES ('lane', 1, 1, 'h', 'k')").run()
        if (fails) throw new Error('no budget')
      },
      written: (rows) => seen.push(`written ${String(rows.length)}`),
    })
    const rests = () => store.read((db) => db.prepare('SELECT * FROM rest').all())
    one.add(requestRow())
    one.add(requestRow())
    await one.flush()
    expect([await all(), await rests(), one.pending]).toMatchObject([{ requests: 0 }, [], 2])
    fails = false
    await one.flush()
    expect([await all(), one.pending]).toMatchObject([{ requests: 2 }, 0])
    expect(await rests()).toHaveLength(1)
    expect(seen).toEqual(['during 2', 'during 2', 'written 2'])
    expect(troubles).toEqual([expect.stringContaining('no budget'), null])
    await one.close()
  })

  it('does not hold others up with all rows at once after a long trouble', async () => {
    const sizes: number[] = []
    const one = ledger(0, undefined, { written: (rows) => sizes.push(rows.length) })
    for (let n = 0; n < 300; n += 1) one.add(requestRow())
    await one.flush()
    expect(sizes.reduce((sum, size) => sum + size)).toBe(300)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    await one.close()
  })

  it('moves the log into the database only while no request runs', async () => {
    const fake = fakeStore()
    let isIdle = false
    const one = ledger(0, undefined, { store: fake, isIdle: () => isIdle })
    one.add(requestRow())
    await one.flush()
    expect(fake.checkpoints).toBe(0)
    isIdle = true
    await one.flush()
    expect(fake.checkpoints).toBe(1)
    const usual = ledger(0, undefined, { store: fake })
    await usual.flush()
    expect(fake.checkpoints).toBe(2)
  })

  it('removes nothing where rows are kept for ever, and spending with the rows else', async () => {
    const old = NOW - 400 * DAY_MS
    const days = async () =>
      (await store.read((db) => db.prepare('SELECT day FROM spend ORDER BY 1').all())).map(
        ({ day }) => day,
      )
    const one = ledger()
    one.add(requestRow({ at: old }))
    one.add(requestRow({ at: NOW }))
    await one.flush()
    expect([await all(), await days()]).toMatchObject([{ requests: 2 }, [dayOf(old), dayOf(NOW)]])
    const other = ledger(30)
    await other.flush()
    expect([await all(), await days()]).toMatchObject([{ requests: 1 }, [dayOf(NOW)]])
    await Promise.all([one.close(), other.close()])
  })

  it('looks for old rows once a day, and goes on soon where there were many', async () => {
    const fake = fakeStore()
    let now = NOW
    const one = ledger(30, () => now, { store: fake })
    await one.flush()
    expect(fake.writes).toBe(1)
    now += DAY_MS - 1
    await one.flush()
    expect(fake.writes).toBe(1)
    now += 1
    await one.flush()
    expect(fake.writes).toBe(2)
    const filling = ledger()
    for (let n = 0; n < 600; n += 1) filling.add(requestRow({ at: NOW - 90 * DAY_MS }))
    await filling.flush()
    now += DAY_MS
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await one.flush()
    expect(await all()).toMatchObject({ requests: 100 })
    await vi.advanceTimersByTimeAsync(1_000)
    await one.flush()
    expect(await all()).toMatchObject({ requests: 0 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('forgets old rows, all of them in the end', async () => {
    const one = ledger()
    for (let n = 0; n < 700; n += 1) one.add(requestRow({ at: NOW - 31 * DAY_MS }))
    one.add(requestRow({ at: NOW - 29 * DAY_MS }))
    await one.flush()
    const other = ledger(30)
    other.add(requestRow({ at: NOW }))
    await other.flush()
    await other.flush()
    expect(await all()).toMatchObject({ requests: 2 })
    await Promise.all([one.close(), other.close()])
  })

  it('forgets old rows once a day also after the clock was set back', async () => {
    let now = NOW + 365 * DAY_MS
    const one = ledger(30, () => now)
    await one.flush()
    now = NOW
    one.add(requestRow({ at: NOW - 31 * DAY_MS }))
    one.add(requestRow({ at: NOW }))
    await one.flush()
    expect(await all()).toMatchObject({ requests: 1 })
    await one.close()
  })

  it('adds up what was spent, by day, session and provider', async () => {
    const one = ledger()
    one.add(requestRow({ at: NOW }))
    one.add(requestRow({ at: NOW, cost: 0.02 }))
    one.add(requestRow({ at: NOW, cost: null }))
    one.add(requestRow({ at: NOW, cost: null, input: null, output: null }))
    one.add(requestRow({ at: NOW, cost: 0.5, session: 'other' }))
    await one.flush()
    const spend = await store.read((db) => db.prepare('SELECT * FROM spend').all())
    expect(spend.map((row) => ({ ...row, usd: Number(row['usd']).toFixed(2) }))).toEqual([
      { day: dayOf(NOW), session: 'default', provider: 'p', usd: '0.03', unpriced: 1 },
      { day: dayOf(NOW), session: 'other', provider: 'p', usd: '0.50', unpriced: 0 },
    ])
    await one.close()
  })
})

describe('usage', () => {
  beforeEach(async () => {
    const one = ledger()
    one.add(requestRow({ at: NOW - 2 * DAY_MS, cost: null, reasoning: 3 }))
    one.add(
      requestRow({ at: NOW, model: 'big', cost: 1, cacheRead: 5, cacheWrite: 2, cacheWrite1h: 1 }),
    )
    one.add(
      requestRow({ at: NOW + 1, session: 's', preference: 'p,big', outcome: 'aborted', cost: 2 }),
    )
    one.add(requestRow({ at: NOW + 2, provider: null, model: null, outcome: 'error', class: 'x' }))
    await one.close()
  })

  it('is grouped, the dearest first', async () => {
    const groups = await store.read((db) => usageBy(db, 'model', ALL))
    expect(groups.map(({ key, requests, cost }) => [key, requests, cost])).toEqual([
      ['p,m', 2, 2],
      ['p,big', 1, 1],
      ['-', 1, 0.01],
    ])
    expect(groups[0]).toMatchObject({
      unpriced: 1,
      aborted: 1,
      reasoning: 3,
      from: NOW - 2 * DAY_MS,
    })
    expect(groups[1]).toMatchObject({ cacheRead: 5, cacheWrite: 3 })
  })

  it('is grouped by each of the others', async () => {
    const keys = async (grouping: 'session' | 'provider' | 'day' | 'conversation' | 'class') =>
      (await store.read((db) => usageBy(db, grouping, ALL))).map(({ key }) => key)
    expect(await keys('session')).toEqual(['s', 'default'])
    expect(await keys('provider')).toEqual(['p', '-'])
    expect(await keys('day')).toEqual([dayOf(NOW - 2 * DAY_MS), dayOf(NOW)])
    expect(await keys('conversation')).toEqual(['c-1'])
    expect(await keys('class')).toEqual(['main', 'x'])
  })

  it('has each sum and each mean of what it says', async () => {
    const one = ledger()
    const conversation = 'sums'
    const spent = { ...{ input: 1, output: 20, cacheRead: 300 }, cacheWrite: 4_000, reasoning: 7 }
    const slow = { ttftMs: 100, durationMs: 1_000, tokensPerSecond: 10 }
    const fast = { ttftMs: 50, durationMs: 200, tokensPerSecond: 90 }
    const unknown = { cost: null, ttftMs: null, tokensPerSecond: null, durationMs: 300 }
    one.add(requestRow({ conversation, ...spent, cacheWrite1h: 50_000, ...slow, cost: 0.5 }))
    one.add(requestRow({ conversation, ...spent, ...fast, outcome: 'error', cost: 0.25 }))
    one.add(requestRow({ conversation, ...spent, ...unknown, outcome: 'aborted' }))
    one.add(requestRow({ conversation, ...spent, ...unknown, outcome: 'aborted', output: null }))
    await one.close()
    const sum = await store.read((db) => conversationUsage(db, conversation))
    expect(sum).toEqual({
      ...{ requests: 4, errors: 1, aborted: 2, input: 4, output: 60, cacheRead: 1_200 },
      ...{ cacheWrite: 66_000, reasoning: 28, cost: 0.75, unpriced: 1 },
      ...{ ttftMs: 75, tokensPerSecond: 50, durationMs: 450 },
    })
    expect(await store.read((db) => usageOf(db, { since: 0, until: 1_764_000_000_001 }))).toEqual(
      sum,
    )
  })

  it('of equal cost is ordered by tokens, then by name, days by the calendar', async () => {
    const one = ledger()
    for (const [model, tokens] of [
      ['b', 5],
      ['c', 50],
      ['a', 5],
    ] as const) {
      const at = NOW - 100 * DAY_MS + tokens
      one.add(requestRow({ at, model, class: 'same', cost: null, input: tokens, output: 0 }))
    }
    await one.close()
    const span = { since: 0, until: NOW - 50 * DAY_MS }
    const groups = await store.read((db) => usageBy(db, 'model', span))
    expect(groups.map(({ key }) => key)).toEqual(['p,c', 'p,a', 'p,b'])
    expect(groups.map(({ preference }) => preference)).toEqual([undefined, undefined, undefined])
    const [group] = await store.read((db) => usageBy(db, 'class', span))
    expect(group).toMatchObject({ from: NOW - 100 * DAY_MS + 5, to: NOW - 100 * DAY_MS + 50 })
    const [session] = await store.read((db) =>
      usageBy(db, 'session', { since: NOW, until: NOW + 2 }),
    )
    expect(session).toMatchObject({ key: 's', preference: 'p,big' })
  })

  it('of a day is what came between two midnights where the user is', async () => {
    const { TZ } = process.env
    process.env['TZ'] = 'Pacific/Auckland'
    try {
      const midnight = new Date(2026, 5, 2).getTime()
      const one = ledger()
      one.add(requestRow({ at: midnight - 1 }))
      one.add(requestRow({ at: midnight }))
      one.add(requestRow({ at: midnight + DAY_MS - 1 }))
      await one.close()
      const span = { since: midnight - 1, until: midnight + DAY_MS }
      const days = await store.read((db) => usageBy(db, 'day', span))
      expect(days.map(({ key, requests }) => [key, requests])).toEqual([
        ['2026-06-01', 1],
        ['2026-06-02', 2],
      ])
    } finally {
      if (TZ === undefined) delete process.env['TZ']
      else process.env['TZ'] = TZ
    }
  })

  it('of nothing is nothing, since never', async () => {
    await store.write((db) => db.exec('DELETE FROM request'))
    expect(await store.read(firstRequest)).toBeNull()
    expect(await store.read((db) => usageBy(db, 'day', ALL))).toEqual([])
    expect(await all()).toEqual({
      ...{ requests: 0, errors: 0, aborted: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      ...{ reasoning: 0, cost: null, unpriced: 0 },
      ...{ ttftMs: null, tokensPerSecond: null, durationMs: null },
    })
  })

  it('is of a span of time, without its end', async () => {
    const within = { since: NOW, until: NOW + 2 }
    expect(await store.read((db) => usageOf(db, within))).toMatchObject({ requests: 2, cost: 3 })
    expect(
      await store.read((db) => usageOf(db, { since: NOW + 9, until: Infinity })),
    ).toMatchObject({ requests: 0, cost: null, ttftMs: null })
  })

  it('of a conversation whose provider says itself what it charged, if all of it is known', async () => {
    const charged = (id: string) => store.read((db) => chargedFor(db, id))
    const reported = { cost: 0.5, priceSource: 'provider' }
    const one = ledger()
    for (const conversation of ['whole', 'in part']) {
      one.add(requestRow({ ...reported, conversation }))
      one.add(requestRow({ ...reported, conversation, cost: 0 }))
      one.add(requestRow({ conversation, cost: null, output: null, priceSource: null }))
      one.add(requestRow({ conversation, cost: 0.25 }))
    }
    one.add(requestRow({ conversation: 'in part', cost: null, priceSource: null }))
    await one.close()
    expect(await charged('whole')).toBe(0.75)
    expect(await charged('in part')).toBeNull()
    expect(await charged('c-1')).toBeNull()
    expect(await charged('nobody')).toBeNull()
  })

  it('has who answered in a conversation, the one with the most requests first', async () => {
    const one = ledger()
    const conversation = 'several'
    one.add(requestRow({ conversation, provider: 'p', model: 'first' }))
    one.add(requestRow({ conversation, provider: 'p', model: 'failed', outcome: 'error' }))
    one.add(requestRow({ conversation, provider: null, model: null, outcome: 'aborted' }))
    one.add(requestRow({ conversation, provider: 'q', model: 'a,b' }))
    one.add(requestRow({ conversation, provider: 'q', model: 'a,b' }))
    const lent = { conversation, provider: 'brave', model: 'web-search' }
    for (const model of ['web-search', 'seer', 'seer', 'seer']) {
      one.add(requestRow({ ...lent, model, route: 'lend: web search' }))
    }
    one.add(requestRow({ ...lent, class: 'lend', route: 'lend: vision' }))
    await one.close()
    expect(await store.read((db) => modelsOf(db, conversation))).toEqual(['q,a,b', 'p,first'])
    expect(await store.read((db) => modelsOf(db, 'nobody'))).toEqual([])
  })

  it('of a conversation, and since when', async () => {
    expect(await store.read((db) => conversationUsage(db, 'c-1'))).toMatchObject({ requests: 4 })
    expect(await store.read(firstRequest)).toBe(NOW - 2 * DAY_MS)
  })
})

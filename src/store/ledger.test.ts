import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/rows.ts'
import { dayOf } from './day.ts'
import { createLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { createStore } from './store.ts'
import type { Store } from './store.ts'
import { chargedFor, conversationUsage, firstRequest, usageBy, usageOf } from './usage.ts'

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
  store.close()
  chmodSync(home, 0o700)
  rmSync(home, { recursive: true, force: true })
})

function ledger(keepDays = 0, now = () => NOW): Ledger {
  return createLedger({
    store,
    onTrouble: (trouble) => troubles.push(trouble),
    keepDays: () => keepDays,
    now,
  })
}

const ALL = { since: 0, until: Infinity }
const all = () => store.read((db) => usageOf(db, ALL))

describe('the ledger', () => {
  it('writes rows soon, without being asked', async () => {
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

  it('keeps rows while they cannot be written, tells it once, and writes them then', async () => {
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
    for (let n = 0; n < 10_003; n += 1) one.add(requestRow())
    await one.flush()
    expect([one.pending, one.lost]).toEqual([10_000, 3])
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

  it('is of a span of time, without its end', async () => {
    const within = { since: NOW, until: NOW + 2 }
    expect(await store.read((db) => usageOf(db, within))).toMatchObject({ requests: 2, cost: 3 })
    expect(
      await store.read((db) => usageOf(db, { since: NOW + 9, until: Infinity })),
    ).toMatchObject({ requests: 0, cost: null, ttftMs: null })
  })

  it('of a conversation whose provider says itself what it charged, if all of it is known', async () => {
    const charged = (id: string) => store.read((db) => chargedFor(db, id))
    const told = { cost: 0.5, priceSource: 'provider' }
    const one = ledger()
    for (const conversation of ['whole', 'in part']) {
      one.add(requestRow({ ...told, conversation }))
      one.add(requestRow({ ...told, conversation, cost: 0 }))
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

  it('of a conversation, and since when', async () => {
    expect(await store.read((db) => conversationUsage(db, 'c-1'))).toMatchObject({ requests: 4 })
    expect(await store.read(firstRequest)).toBe(NOW - 2 * DAY_MS)
  })
})

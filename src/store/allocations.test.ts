import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import { createLedger, type RequestRow } from './ledger.ts'
import {
  allocatedElsewhere,
  putAllocation,
  removeLostAllocations,
  type Scope,
  scopeKey,
  spendersIn,
  spentIn,
} from './allocations.ts'
import { createStore, type Store } from './store.ts'

const at = (month: number, day: number, hour = 12): number =>
  new Date(2026, month - 1, day, hour).getTime()
const NOW = at(11, 25)

let home: string
let store: Store
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-slices-'))
  store = createStore({ home })
})
afterEach(() => {
  store.close()
  rmSync(home, { recursive: true, force: true })
})

async function pay(...rows: Partial<RequestRow>[]): Promise<void> {
  const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
  for (const row of rows) ledger.add(requestRow({ at: NOW, ...row }))
  await ledger.flush()
}

describe('what was spent', () => {
  const spent = (scope: Scope, now = NOW) => store.read((db) => spentIn(db, scope, now))

  it('in a day is what was spent since midnight, in a month since its first day', async () => {
    await pay(
      { cost: 1, at: at(11, 25, 0) },
      { cost: 2, at: at(11, 25, 23) },
      { cost: 4, at: at(11, 24, 23) },
      { cost: 8, at: at(11, 1, 0) },
      { cost: 16, at: at(10, 31, 23) },
    )
    expect(await spent({ per: 'day' })).toEqual({ usd: 3, unpriced: 0 })
    expect(await spent({ per: 'month' })).toEqual({ usd: 15, unpriced: 0 })
    expect(await spent({ per: 'day' }, at(11, 26))).toEqual({ usd: 0, unpriced: 0 })
    expect(await spent({ per: 'month' }, at(10, 31))).toEqual({ usd: 16, unpriced: 0 })
  })

  it('in the future, by a clock that was set back since, does not count', async () => {
    await pay({ cost: 1, at: at(11, 26) }, { cost: 2, at: at(12, 1) })
    expect(await spent({ per: 'day' })).toMatchObject({ usd: 0 })
    expect(await spent({ per: 'month' })).toMatchObject({ usd: 0 })
  })

  it('is of one session, of one provider, of both or of all', async () => {
    await pay(
      { cost: 1, session: 'a', provider: 'p' },
      { cost: 2, session: 'a', provider: 'q' },
      { cost: 4, session: 'b', provider: 'p' },
      { cost: null, session: 'b', provider: 'q' },
    )
    expect(await spent({ per: 'day' })).toEqual({ usd: 7, unpriced: 1 })
    expect(await spent({ per: 'day', session: 'a' })).toEqual({ usd: 3, unpriced: 0 })
    expect(await spent({ per: 'day', provider: 'p' })).toEqual({ usd: 5, unpriced: 0 })
    expect(await spent({ per: 'day', session: 'b', provider: 'q' })).toEqual({
      usd: 0,
      unpriced: 1,
    })
  })

  it('by a request over midnight counts for the day on which it ended', async () => {
    const before = new Date(2026, 10, 24, 23, 59, 59).getTime()
    await pay({ cost: 1, at: before, durationMs: 2_000 })
    expect(await spent({ per: 'day' })).toMatchObject({ usd: 1 })
    expect(await spent({ per: 'day' }, before)).toMatchObject({ usd: 0 })
  })

  it('lists who spent it, each once', async () => {
    await pay(
      { session: 'b', provider: 'p' },
      { session: 'a', provider: 'p' },
      { session: 'a', provider: 'p', at: at(11, 2) },
      { session: 'old', provider: 'q', at: at(11, 2) },
      { session: 'older', provider: 'r', at: at(10, 2) },
      { session: 'tomorrow', provider: 's', at: at(11, 26) },
    )
    const who = (kind: 'session' | 'provider', per: Scope['per']) =>
      store.read((db) => spendersIn(db, kind, { per }, NOW))
    expect(await who('session', 'day')).toEqual(['a', 'b'])
    expect(await who('session', 'month')).toEqual(['a', 'b', 'old'])
    expect(await who('provider', 'month')).toEqual(['p', 'q'])
  })
})

it('each scope has another name', () => {
  const scopes: Scope[] = [
    { per: 'day' },
    { per: 'month' },
    { per: 'day', session: 'x' },
    { per: 'day', provider: 'x' },
    { per: 'day', session: 'x', provider: 'x' },
    { per: 'day', session: 'x","y' },
    { per: 'day', session: 'x', provider: 'y' },
  ]
  expect(new Set(scopes.map(scopeKey)).size).toBe(scopes.length)
  expect(scopeKey({ per: 'day' })).toBe(scopeKey({ session: '', provider: '', per: 'day' }))
})

describe('slices of a budget', () => {
  const put = (key: string, holder: string, usd: number, expires = NOW + 1) =>
    store.write((db) => putAllocation(db, { key, holder, usd, expires }))
  const held = (key: string, holder: string, now = NOW) =>
    store.read((db) => allocatedElsewhere(db, key, holder, now))

  it('are what the others hold of the same budget, until they expire', async () => {
    await put('day', 'a', 1)
    await put('day', 'b', 2)
    await put('day', 'c', 4, NOW)
    await put('month', 'b', 8)
    expect(await held('day', 'a')).toBe(2)
    expect(await held('day', 'b')).toBe(1)
    expect(await held('day', 'nobody')).toBe(3)
    expect(await held('day', 'nobody', NOW - 1)).toBe(7)
    expect(await held('year', 'a')).toBe(0)
  })

  it('are replaced by the next one of their holder, money and end', async () => {
    await put('day', 'a', 1, NOW + 1)
    await put('day', 'a', 5, NOW + 1_000)
    expect(await held('day', 'b')).toBe(5)
    expect(await held('day', 'b', NOW + 999)).toBe(5)
    expect(await held('day', 'b', NOW + 1_000)).toBe(0)
  })

  it('are given back alone: not those of others, nor those of other budgets', async () => {
    await put('day', 'a', 1)
    await put('day', 'b', 2)
    await put('month', 'a', 4)
    await put('day', 'a', 0)
    expect(await held('day', '-')).toBe(2)
    expect(await held('month', '-')).toBe(4)
    const rows = await store.read((db) => db.prepare('SELECT holder, budget FROM slice').all())
    expect(rows).toHaveLength(2)
  })

  it('of killed daemons, and of a clock that was set back, are removed', async () => {
    await put('day', 'killed', 1, NOW - 1)
    await put('day', 'at the limit', 2, NOW)
    await put('day', 'alive', 4, NOW + 500)
    await put('day', 'of tomorrow', 8, NOW + 1_001)
    await store.write((db) => removeLostAllocations(db, { before: NOW, after: NOW + 1_000 }))
    const rows = await store.read((db) => db.prepare('SELECT holder FROM slice ORDER BY 1').all())
    expect(rows.map(({ holder }) => holder)).toEqual(['alive', 'at the limit'])
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { endCooldown, putCooldown, removeOldCooldowns, cooldownsElsewhere } from './cooldowns.ts'
import { createStore, type Store } from './store.ts'

const NOW = 1_764_000_000_000

let home: string
let store: Store
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-rests-'))
  store = createStore({ home })
})
afterEach(() => {
  store.close()
  rmSync(home, { recursive: true, force: true })
})

const put = (lane: string, until: number, holder = 'a', learntAt = NOW) =>
  store.write((db) =>
    putCooldown(db, { lane, until, holder, kind: 'rate_limit_error', at: learntAt }),
  )
const others = (holder: string, now = NOW) =>
  store.read((db) => cooldownsElsewhere(db, holder, now))

it('a daemon hears of the rests of others, not of its own, while they last', async () => {
  await put('p', NOW + 10, 'a', NOW - 5)
  await put('q', NOW + 20, 'b')
  expect(await others('b')).toEqual([{ lane: 'p', at: NOW - 5, until: NOW + 10 }])
  expect((await others('c')).map(({ lane }) => lane)).toEqual(['p', 'q'])
  expect((await others('c', NOW + 10)).map(({ lane }) => lane)).toEqual(['q'])
})

it('of two rests of a target the longer one stays, with who learnt it', async () => {
  await put('p', NOW + 60_000, 'a')
  await put('p', NOW + 5_000, 'b', NOW + 1)
  expect(await others('c')).toMatchObject([{ until: NOW + 60_000 }])
  expect(await others('a', NOW + 1)).toEqual([])
  await put('p', NOW + 90_000, 'b', NOW + 1)
  expect(await others('a', NOW + 1)).toEqual([{ lane: 'p', at: NOW + 1, until: NOW + 90_000 }])
  const rows = await store.read((db) => db.prepare('SELECT holder, kind FROM rest').all())
  expect(rows).toMatchObject([{ holder: 'b', kind: 'rate_limit_error' }])
})

it('a rest that is over for one target is over for that one alone', async () => {
  await put('p', NOW + 10)
  await put('q', NOW + 10)
  await store.write((db) => endCooldown(db, 'p'))
  expect((await others('b')).map(({ lane }) => lane)).toEqual(['q'])
})

it('what was learnt in the future, before the clock was set back, neither counts nor stays', async () => {
  await put('future', NOW + 10, 'a', NOW + 1)
  await put('now', NOW + 10, 'a', NOW)
  await put('over', NOW - 1, 'a', NOW - 100)
  await put('ending', NOW, 'a', NOW - 100)
  expect((await others('b')).map(({ lane }) => lane)).toEqual(['now'])
  await store.write((db) => removeOldCooldowns(db, NOW))
  const rows = await store.read((db) => db.prepare('SELECT lane FROM rest ORDER BY 1').all())
  expect(rows.map(({ lane }) => lane)).toEqual(['ending', 'now'])
})

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
  home = mkdtempSync(join(tmpdir(), 'ccr-cooldowns-'))
  store = createStore({ home })
})
afterEach(() => {
  store.close()
  rmSync(home, { recursive: true, force: true })
})

const put = (id: string, until: number, holder = 'a', at = NOW) =>
  store.write((db) => putCooldown(db, { id, until, holder, kind: 'rate_limit_error', at }))
const others = (holder: string, now = NOW) =>
  store.read((db) => cooldownsElsewhere(db, holder, now))

it('a daemon sees the cooldowns of other daemons, not those it wrote, while they last', async () => {
  await put('p', NOW + 10, 'a', NOW - 5)
  await put('q', NOW + 20, 'b')
  expect(await others('b')).toEqual([{ id: 'p', at: NOW - 5, until: NOW + 10 }])
  expect((await others('c')).map(({ id }) => id)).toEqual(['p', 'q'])
  expect((await others('c', NOW + 10)).map(({ id }) => id)).toEqual(['q'])
})

it('of two cooldowns of a target the longer one is kept, with the daemon that wrote it', async () => {
  await put('p', NOW + 60_000, 'a')
  await put('p', NOW + 5_000, 'b', NOW + 1)
  expect(await others('c')).toMatchObject([{ until: NOW + 60_000 }])
  expect(await others('a', NOW + 1)).toEqual([])
  await put('p', NOW + 90_000, 'b', NOW + 1)
  expect(await others('a', NOW + 1)).toEqual([{ id: 'p', at: NOW + 1, until: NOW + 90_000 }])
  const rows = await store.read((db) => db.prepare('SELECT holder, kind FROM rest').all())
  expect(rows).toMatchObject([{ holder: 'b', kind: 'rate_limit_error' }])
})

it('ending the cooldown of one target leaves the others', async () => {
  await put('p', NOW + 10)
  await put('q', NOW + 10)
  await store.write((db) => endCooldown(db, 'p'))
  expect((await others('b')).map(({ id }) => id)).toEqual(['q'])
})

it('a cooldown from the future, before the clock was set back, neither counts nor stays', async () => {
  await put('future', NOW + 10, 'a', NOW + 1)
  await put('now', NOW + 10, 'a', NOW)
  await put('over', NOW - 1, 'a', NOW - 100)
  await put('ending', NOW, 'a', NOW - 100)
  expect((await others('b')).map(({ id }) => id)).toEqual(['now'])
  await store.write((db) => removeOldCooldowns(db, NOW))
  const rows = await store.read((db) => db.prepare('SELECT lane FROM rest ORDER BY 1').all())
  expect(rows.map(({ lane }) => lane)).toEqual(['ending', 'now'])
})

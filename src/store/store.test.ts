import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isOnNetwork } from './network.ts'
import { replacedFiles } from './place.ts'
import { VERSION } from './schema.ts'
import { loadDriver } from './sqlite.ts'
import type { Database } from './sqlite.ts'
import { createStore, StoreError } from './store.ts'
import type { Store } from './store.ts'

let home: string
let file: string
let notes: string[]
let stores: Store[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-store-'))
  file = join(home, 'usage.db')
  notes = []
  stores = []
})
afterEach(() => {
  for (const store of stores) store.close()
  rmSync(home, { recursive: true, force: true })
})

function open(): Store {
  const store = createStore({ home, note: (text) => notes.push(text) })
  stores.push(store)
  return store
}

const add = (lane: string) => (db: Database) =>
  db.prepare("INSERT INTO rest VALUES (?, 1, 1, 'h', 'k')").run(lane)
const lanes = (db: Database) =>
  db
    .prepare('SELECT lane FROM rest ORDER BY lane')
    .all()
    .map((row) => row['lane'])

/** Moves all into the database itself. */
async function emptyLog(): Promise<void> {
  const db = (await loadDriver())!.open(file)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

/** A database as another ccr left it. */
async function written(version: number, sql = ''): Promise<void> {
  const db = (await loadDriver())!.open(file)
  db.exec(`${sql}; PRAGMA user_version = ${String(version)}`)
  db.close()
}

describe('the store', () => {
  it('keeps what one writes for the others, in files that only their owner reads', async () => {
    const [one, other] = [open(), open()]
    await one.write(add('a'))
    expect(await other.read(lanes)).toEqual(['a'])
    const real = realpathSync(file)
    for (const name of [real, `${real}-wal`, `${real}-shm`]) {
      expect([name, statSync(name).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  it('makes one file, however many open it at once', async () => {
    const all = Array.from({ length: 20 }, open)
    await Promise.all(all.map((store, n) => store.write(add(String(n)))))
    expect(await open().read(lanes)).toHaveLength(20)
    expect(replacedFiles(home)).toEqual([])
  })

  it('does all of a transaction or nothing', async () => {
    const store = open()
    const fails = store.write((db) => {
      add('a')(db)
      throw new Error('on the way')
    })
    await expect(fails).rejects.toThrow('on the way')
    expect(await store.read(lanes)).toEqual([])
  })

  it('waits while another process writes, but not for ever', async () => {
    const store = open()
    await store.write(add('a'))
    const other = (await loadDriver())!.open(file)
    other.exec('BEGIN IMMEDIATE')
    await expect(store.write(add('b'), 30)).rejects.toThrow(StoreError)
    const waiting = store.write(add('c'))
    other.exec('COMMIT')
    other.close()
    await waiting
    expect(await store.read(lanes)).toEqual(['a', 'c'])
  })

  it.each([
    ['is no database at all', () => writeFileSync(file, 'x'.repeat(9000))],
    [
      'was cut',
      () => {
        const real = realpathSync(file)
        writeFileSync(real, readFileSync(real).subarray(0, 5000))
      },
    ],
  ])('puts an empty file in the place of one that %s, and keeps that', async (_, damage) => {
    const before = open()
    await before.write((db) => {
      for (let n = 0; n < 500; n += 1) add(`lane ${String(n)}`)(db)
    })
    before.close()
    await emptyLog()
    damage()
    const damaged = readFileSync(file)
    const [one, other] = [open(), open()]
    await Promise.all([one.write(add('new')), other.write(add('newer'))])
    expect(await one.read(lanes)).toEqual(['new', 'newer'])
    const [kept] = replacedFiles(home)
    expect(readFileSync(kept!)).toEqual(damaged)
    expect(notes.join()).toContain(kept)
  })

  it('goes over to the new file when another process has replaced a damaged one', async () => {
    const [one, other] = [open(), open()]
    await Promise.all([one.write(add('a')), other.write(add('b'))])
    const third = open()
    await emptyLog()
    writeFileSync(realpathSync(file), 'x'.repeat(9000))
    await third.write(add('c'))
    await one.write(add('d'))
    one.close()
    await other.write(add('e'))
    expect(await third.read(lanes)).toEqual(['c', 'd', 'e'])
  })

  it('starts anew when the file is removed while it is open', async () => {
    const store = open()
    await store.write(add('a'))
    rmSync(file)
    await store.write(add('b'))
    expect(await open().read(lanes)).toEqual(['b'])
  })

  it('takes over a database that stands in the home itself', async () => {
    const store = open()
    await store.write(add('a'))
    store.close()
    const real = realpathSync(file)
    rmSync(file)
    copyFileSync(real, file)
    chmodSync(file, 0o644)
    rmSync(real)
    expect(await open().read(lanes)).toEqual(['a'])
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('leaves the database of a newer ccr as it is', async () => {
    await written(VERSION + 100, 'CREATE TABLE request (something TEXT)')
    const before = readFileSync(file)
    const writing = open().write(add('a'))
    await expect(writing).rejects.toThrow('newer ccr')
    expect(readFileSync(file)).toEqual(before)
    expect(notes).toEqual([])
  })

  it('goes on with one to which a newer ccr has only added', async () => {
    const store = open()
    await store.write(add('a'))
    await written(VERSION + 1, 'ALTER TABLE rest ADD COLUMN colour TEXT')
    await store.write((db) =>
      db
        .prepare("INSERT INTO rest (lane, until, learnt, holder, kind) VALUES ('b',1,1,'','')")
        .run(),
    )
    expect(await store.read(lanes)).toEqual(['a', 'b'])
  })

  it('stops writing when a newer ccr changes it under its hands', async () => {
    const store = open()
    await store.write(add('a'))
    await written(VERSION + 100)
    await expect(store.write(add('b'))).rejects.toThrow('newer ccr')
  })

  it('says so when there is no SQLite', async () => {
    const store = createStore({ home, load: () => Promise.resolve(null) })
    await expect(store.write(add('a'))).rejects.toThrow('there is no SQLite')
    expect(existsSync(file)).toBe(false)
  })

  it('says so when a folder is in the way, and goes on once it is gone', async () => {
    mkdirSync(join(file, 'x'), { recursive: true })
    const store = open()
    await expect(store.write(add('a'))).rejects.toThrow(StoreError)
    rmSync(file, { recursive: true })
    rmSync(join(home, 'usage'), { recursive: true, force: true })
    await store.write(add('b'))
    expect(await store.read(lanes)).toEqual(['b'])
  })
})

describe('file systems of a network', () => {
  it('are known by their numbers', () => {
    expect(isOnNetwork('/home', () => 0x6969)).toBe(true)
    expect(isOnNetwork('/home', () => -11317950)).toBe(true) // CIFS, as a signed number
    expect(isOnNetwork('/home', () => 0xef53)).toBe(false)
    expect(isOnNetwork(join(tmpdir(), 'not there'))).toBe(false)
  })
})

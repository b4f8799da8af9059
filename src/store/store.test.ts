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
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as network from './network.ts'
import * as databaseFile from './database-file.ts'
import { VERSION } from './schema.ts'
import { type Database, loadDriver } from './sqlite.ts'
import { createStore, hasDatabase, type Store, StoreError } from './store.ts'

vi.mock('./network.ts', { spy: true })
vi.mock('./database-file.ts', { spy: true })

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

/** A store that counts its connections and what is executed on them. */
async function counting() {
  const driver = (await loadDriver())!
  const executed: string[] = []
  let [opened, closed] = [0, 0]
  const load = () =>
    Promise.resolve({
      name: driver.name,
      open: (path: string): Database => {
        const db = driver.open(path)
        opened += 1
        return {
          prepare: (sql) => db.prepare(sql),
          exec: (sql) => {
            executed.push(sql)
            db.exec(sql)
          },
          close: () => {
            closed += 1
            db.close()
          },
        }
      },
    })
  const store = createStore({ home, load })
  stores.push(store)
  return { store, executed, opened: () => opened, closed: () => closed }
}

const add = (id: string) => (db: Database) =>
  db.prepare("INSERT INTO rest VALUES (?, 1, 1, 'h', 'k')").run(id)
const ids = (db: Database) =>
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
    expect(await other.read(ids)).toEqual(['a'])
    const real = realpathSync(file)
    for (const name of [real, `${real}-wal`, `${real}-shm`]) {
      expect([name, statSync(name).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  it('makes one file, however many open it at once', async () => {
    const all = Array.from({ length: 20 }, open)
    await Promise.all(all.map((store, n) => store.write(add(String(n)))))
    expect(await open().read(ids)).toHaveLength(20)
    expect(databaseFile.replacedFiles(home)).toEqual([])
  })

  it('does all of a transaction or nothing', async () => {
    const store = open()
    const fails = store.write((db) => {
      add('a')(db)
      throw new Error('on the way')
    })
    await expect(fails).rejects.toThrow('on the way')
    expect(await store.read(ids)).toEqual([])
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
    expect(await store.read(ids)).toEqual(['a', 'c'])
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
      for (let n = 0; n < 500; n += 1) add(`id ${String(n)}`)(db)
    })
    before.close()
    await emptyLog()
    damage()
    const damaged = readFileSync(file)
    const [one, other] = [open(), open()]
    await Promise.all([one.write(add('new')), other.write(add('newer'))])
    expect(await one.read(ids)).toEqual(['new', 'newer'])
    const [kept] = databaseFile.replacedFiles(home)
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
    expect(await third.read(ids)).toEqual(['c', 'd', 'e'])
  })

  it('starts anew when the file is removed while it is open', async () => {
    const store = open()
    await store.write(add('a'))
    rmSync(file)
    await store.write(add('b'))
    expect(await open().read(ids)).toEqual(['b'])
  })

  it('takes over a database that stands in the home itself', async () => {
    const store = open()
    await store.write(add('a'))
    store.close()
    await emptyLog()
    const real = realpathSync(file)
    rmSync(file)
    copyFileSync(real, file)
    chmodSync(file, 0o644)
    rmSync(real)
    expect(await open().read(ids)).toEqual(['a'])
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
    expect(await store.read(ids)).toEqual(['a', 'b'])
  })

  it('stops writing when a newer ccr changes it under its hands', async () => {
    const store = open()
    await store.write(add('a'))
    await written(VERSION + 100)
    await expect(store.write(add('b'))).rejects.toThrow('newer ccr')
  })

  it('may be written while another one reads, and read while another one writes', async () => {
    const store = open()
    await store.write(add('a'))
    const other = (await loadDriver())!.open(file)
    other.exec('BEGIN IMMEDIATE')
    expect(await store.read(ids, 0)).toEqual(['a'])
    other.exec('COMMIT; BEGIN; SELECT * FROM rest')
    await store.write(add('b'), 0)
    other.close()
    expect(await store.read(ids)).toEqual(['a', 'b'])
  })

  it('gives a busy database up after 2 s where no limit is given', async () => {
    const store = open()
    await store.write(add('a'))
    const other = (await loadDriver())!.open(file)
    other.exec('BEGIN IMMEDIATE')
    let clock = 1_000
    const time = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 250))
    await expect(store.write(add('b'))).rejects.toThrow(/usage\.db cannot be used: .*locked/)
    time.mockRestore()
    expect(clock).toBeGreaterThan(1_000 + 2_000)
    expect(clock).toBeLessThan(1_000 + 4_000)
    other.close()
  })

  it('never keeps the daemon from answering while it waits for others', async () => {
    const store = open()
    const settings = await store.write((db) =>
      ['busy_timeout', 'journal_mode', 'synchronous'].map((name) =>
        Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {}).join(),
      ),
    )
    expect(settings).toEqual(['0', 'wal', '1'])
  })

  it('opens one connection, however many ask at once, and closes it', async () => {
    const { store, opened, closed } = await counting()
    await Promise.all(Array.from({ length: 5 }, (_, n) => store.write(add(String(n)))))
    expect([opened(), closed()]).toEqual([1, 0])
    store.close()
    store.close()
    expect(closed()).toBe(1)
    expect(await store.read(ids)).toHaveLength(5)
    expect(opened()).toBe(2)
    rmSync(file)
    await store.write(add('new'))
    expect([opened(), closed()]).toEqual([3, 2])
  })

  it('leaves no connection open to a database that it cannot use', async () => {
    await written(VERSION + 100)
    const { store, opened, closed } = await counting()
    await expect(store.read(ids)).rejects.toThrow('newer ccr')
    expect([opened(), closed()]).toEqual([1, 1])
  })

  it('sets aside only the file that it found damaged, not one that has followed it since', async () => {
    const driver = (await loadDriver())!
    const other = open()
    await other.write(add('a'))
    await emptyLog()
    writeFileSync(realpathSync(file), 'x'.repeat(9000))
    const load = () =>
      Promise.resolve({
        name: driver.name,
        open: (path: string): Database => {
          const db = driver.open(path)
          return {
            prepare: (sql) => db.prepare(sql),
            close: () => db.close(),
            exec(sql) {
              try {
                db.exec(sql)
              } finally {
                meanwhile()
              }
            },
          }
        },
      })
    // Another process is quicker: it has replaced the file before this one gets to know of the damage.
    let meanwhile = (): void => {
      meanwhile = () => undefined
      const next = join(home, 'usage', 'usage-2.db')
      const db = driver.open(next)
      db.exec('CREATE TABLE theirs (n)')
      db.close()
      rmSync(file)
      symlinkSync(join('usage', 'usage-2.db'), file)
    }
    const store = createStore({ home, load, note: (text) => notes.push(text) })
    stores.push(store)
    await store.write((db) => db.prepare('SELECT * FROM theirs').all())
    expect(databaseFile.replacedFiles(home)).toEqual([join(home, 'usage', 'usage-1.db')])
  })

  it('replaces a damaged file once, and says so when the new one is no better', async () => {
    let tries = 0
    const load = () =>
      Promise.resolve({
        name: 'broken',
        open: () => {
          tries += 1
          throw Object.assign(new Error('malformed'), { errcode: 11 })
        },
      })
    const store = createStore({ home, load, note: (text) => notes.push(text) })
    await expect(store.write(add('a'))).rejects.toThrow(/usage\.db cannot be used: malformed/)
    expect([tries, notes.length]).toEqual([2, 1])
  })

  it('says so when a damaged file cannot be replaced', async () => {
    const store = open()
    await store.write(add('a'))
    store.close()
    await emptyLog()
    writeFileSync(realpathSync(file), 'x'.repeat(9000))
    const failing = vi
      .spyOn(databaseFile, 'replaceDamaged')
      .mockRejectedValue(new Error('read-only'))
    await expect(open().write(add('b'))).rejects.toThrow(/usage\.db cannot be used: read-only/)
    failing.mockRestore()
    expect(notes).toEqual([])
  })

  it('moves the log into the database once it has grown', async () => {
    const { store, executed } = await counting()
    const moved = () => executed.filter((sql) => sql.includes('wal_checkpoint')).length
    store.checkpoint()
    await store.write(add('a'))
    store.checkpoint()
    expect(moved()).toBe(0)
    const real = realpathSync(file)
    const before = statSync(real).size
    await store.write((db) => {
      for (let n = 0; n < 3_000; n += 1) add(`${String(n)} ${'x'.repeat(500)}`)(db)
    })
    expect(statSync(`${real}-wal`).size).toBeGreaterThan(1024 * 1024)
    store.checkpoint()
    expect(moved()).toBe(1)
    expect(statSync(real).size).toBeGreaterThan(before + 1024 * 1024)
    rmSync(`${real}-wal`)
    store.checkpoint()
    expect(moved()).toBe(1)
  })

  it('leaves all of it in the file itself when who wrote closes it, so that a copy is whole', async () => {
    const store = open()
    await store.write(add('a'))
    store.close()
    const copy = join(home, 'copy.db')
    copyFileSync(realpathSync(file), copy)
    const db = (await loadDriver())!.open(copy)
    expect(ids(db)).toEqual(['a'])
    db.close()
  })

  it('closes without a wait while another process reads', async () => {
    const { store, executed } = await counting()
    await store.write(add('a'))
    const other = (await loadDriver())!.open(file)
    other.exec('BEGIN; SELECT * FROM rest')
    store.close()
    expect(executed.at(-1)).toContain('TRUNCATE')
    expect(ids(other)).toEqual(['a'])
    other.close()
  })

  it('moves nothing when it is closed by a command that only looked', async () => {
    await open().write(add('a'))
    const { store, executed } = await counting()
    await store.read(ids)
    store.close()
    expect(executed.filter((sql) => sql.includes('wal_checkpoint'))).toEqual([])
  })

  it('keeps no log that others cannot see on a file system of a network', async () => {
    const onNetwork = vi.spyOn(network, 'isOnNetwork').mockReturnValue(true)
    const store = open()
    await store.write(add('a'))
    expect(onNetwork).toHaveBeenCalledWith(home)
    onNetwork.mockRestore()
    expect(await store.read((db) => db.prepare('PRAGMA journal_mode').get())).toEqual({
      journal_mode: 'delete',
    })
  })

  it('is there once something was written, also for commands that only look', async () => {
    expect(hasDatabase(home)).toBe(false)
    await open().write(add('a'))
    expect(hasDatabase(home)).toBe(true)
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
    expect(await store.read(ids)).toEqual(['b'])
  })
})

describe('file systems of a network', () => {
  const numbered = (type: number) => ({ typeOf: () => type, realPath: () => '' })

  it.each([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x00c36400, 0x0bd00bd0])(
    'are known by their numbers: %i',
    (type) => expect(network.isOnNetwork('/home', numbered(type))).toBe(true),
  )

  it('are known by signed numbers too, others are not', () => {
    expect(network.isOnNetwork('/home', numbered(0x6969))).toBe(true)
    expect(network.isOnNetwork('/home', numbered(-11317950))).toBe(true) // CIFS, as a signed number
    expect(network.isOnNetwork('/home', numbered(0xef53))).toBe(false)
    expect(network.isOnNetwork(join(tmpdir(), 'not there'))).toBe(false)
  })

  it.each([
    ['\\\\server\\homes\\me', true],
    ['\\\\wsl.localhost\\Debian\\home', true],
    ['C:\\Users\\me', false],
    ['\\\\?\\C:\\Users\\me', false],
    ['\\\\.\\C:\\Users\\me', false],
  ])('are known on Windows by where the folder is: %s', (path, expected) => {
    const windows = { typeOf: () => 0, realPath: () => path }
    expect(network.isOnNetwork('H:\\', windows)).toBe(expected)
  })
})

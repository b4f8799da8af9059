import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { type SessionRef, sessionRef, sessionsFolder } from './identity.ts'
import { tryAcquire } from '../lib/lock.ts'
import { recordFile, REGISTRY_LOCK } from './paths.ts'
import {
  blankRecord,
  faultsOf,
  knownSessions,
  readRecord,
  sessionFaults,
  type SessionRecord,
  unknownFolders,
  updateRecord,
} from './record.ts'

const homes: string[] = []
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))

function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'ccr-record-'))
  homes.push(home)
  return home
}

const session = (home: string, preference: string): SessionRef =>
  sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference })

test('what was written is read again, by the owner only', async () => {
  const ref = session(freshHome(), 'a,b')
  await updateRecord(ref, { port: 3457, token: 't', desired: 'running' })
  await updateRecord(ref, { pid: 7 })
  expect(readRecord(ref)).toMatchObject({ port: 3457, token: 't', desired: 'running', pid: 7 })
  expect(statSync(recordFile(ref)).mode & 0o777).toBe(0o600)
  expect(statSync(ref.dir).mode & 0o777).toBe(0o700)
})

test('changes from many sides at once all stay', async () => {
  const ref = session(freshHome(), 'a,b')
  const changes = [{ port: 3457 }, { pid: 7 }, { token: 't' }, { version: '1' }, { model: 'm' }]
  await Promise.all(changes.map((change) => updateRecord(ref, change)))
  expect(readRecord(ref)).toMatchObject(Object.assign({}, ...changes) as object)
})

test('a change waits for whoever chooses a port or writes a record of the home', async () => {
  const ref = session(freshHome(), 'a,b')
  const held = await tryAcquire(ref.home, REGISTRY_LOCK)
  const changing = updateRecord(ref, { port: 3457 })
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(readRecord(ref).port).toBeNull()
  held?.release()
  expect((await changing).port).toBe(3457)
})

test('each field is read as it was written', async () => {
  const env = { CCR_HOME: freshHome(), CCR_MODEL_PREFERENCE: 'a,b', CCR_CONFIG: '/c.json' }
  const ref = sessionRef(env)
  const whole: SessionRecord = {
    ...{ id: ref.id, preference: 'a,b', provider: 'a', model: 'b', host: '::1', port: 65_535 },
    ...{ pid: 7, processStart: 's', token: 't', desired: 'running', startedAt: '2026-01-02' },
    ...{ version: '1.2.3', configFile: '/d.json', isCustomConfig: true, fallsBack: true },
    ...{ foreground: true, standIn: true },
  }
  await updateRecord(ref, whole)
  expect(readRecord(ref)).toEqual(whole)
  const { isCustomConfig, ...others } = whole
  expect(JSON.parse(readFileSync(recordFile(ref), 'utf8'))).toEqual({
    ...others,
    ownConfig: isCustomConfig,
  })
  for (const port of [0, -1, 65_536, 3457.5, '3457', null]) {
    writeFileSync(recordFile(ref), JSON.stringify({ ...whole, port, pid: port === 65_536 ? 1 : 0 }))
    expect(readRecord(ref).port).toBeNull()
  }
})

test.each(['', '{"id":', 'null', '[]', '"text"', '\u0000\u0001'])(
  'a damaged record counts as none: %j',
  (text) => {
    const ref = session(freshHome(), 'a,b')
    mkdirSync(ref.dir, { recursive: true })
    writeFileSync(recordFile(ref), text)
    expect(readRecord(ref)).toEqual(blankRecord(ref))
    expect(knownSessions(ref.home)).toEqual([])
  },
)

test('fields of the wrong type count as unknown', async () => {
  const ref = session(freshHome(), 'a,b')
  await updateRecord(ref, { port: 3457 })
  const written = JSON.parse(readFileSync(recordFile(ref), 'utf8')) as object
  const odd = { ...written, port: '3457', pid: -1, token: 7, desired: 'maybe', processStart: {} }
  writeFileSync(recordFile(ref), JSON.stringify(odd))
  expect(readRecord(ref)).toEqual(blankRecord(ref))
})

test('two preferences with the same id are told apart', async () => {
  const ref = session(freshHome(), 'a,b')
  await updateRecord(ref, { port: 3457 })
  const twin = { ...ref, preference: 'other' }
  expect(() => readRecord(twin)).toThrow(/belongs to the preference "a,b"/)
})

test('every readable session of the home is known, a folder that lies about itself is not', async () => {
  const home = freshHome()
  expect(knownSessions(home)).toEqual([])
  await updateRecord(session(home, ''), { port: 3456 })
  await updateRecord(session(home, 'a,b'), { port: 3457 })
  const liar = session(home, 'liar')
  await updateRecord(liar, {})
  writeFileSync(recordFile(liar), JSON.stringify({ ...readRecord(liar), preference: 'a,b' }))
  const found = knownSessions(home).map(({ ref, record }) => [ref.preference, record.port])
  expect(found.sort()).toEqual([
    ['', 3456],
    ['a,b', 3457],
  ])
})

test('a session that was never started would be reached on this machine alone, and does not run', () => {
  const ref = session(freshHome(), 'a,b')
  expect(readRecord(ref)).toEqual({
    ...{ id: ref.id, preference: 'a,b', provider: null, model: null, host: '127.0.0.1' },
    ...{ port: null, pid: null, processStart: null, token: '', desired: 'stopped' },
    ...{ startedAt: null, version: '', configFile: ref.configFile, isCustomConfig: false },
    ...{ fallsBack: false, foreground: false, standIn: false },
  })
})

test('a session with a config of its own is known with it', async () => {
  const home = freshHome()
  const ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b', CCR_CONFIG: '/c.json' })
  await updateRecord(ref, { port: 3457 })
  expect(knownSessions(home).map((one) => one.ref)).toEqual([ref])
  await updateRecord(ref, {})
  expect(knownSessions(home).map(({ record }) => record)).toEqual([readRecord(ref)])
  await updateRecord(ref, { isCustomConfig: false }) // so it is not the session of this folder
  expect(knownSessions(home)).toEqual([])
})

describe('what keeps sessions from being known', () => {
  it('is nothing in a home that is new, or whose sessions are whole', async () => {
    const home = freshHome()
    const ref = session(home, 'a,b')
    const all = () => [sessionFaults(home), faultsOf(ref), unknownFolders(home)]
    expect(all()).toEqual([[], [], []])
    await updateRecord(ref, {})
    expect(all()).toEqual([[], [], []])
  })

  it('is told of the one session that cannot be read; the others are known', async () => {
    const home = freshHome()
    const [broken, whole] = [session(home, 'broken'), session(home, 'whole')]
    await updateRecord(whole, { port: 3457 })
    mkdirSync(recordFile(broken), { recursive: true })
    const fault = {
      message: `cannot read ${recordFile(broken)}: it is a folder`,
      hint: 'Remove that folder: a file belongs there.',
    }
    expect(sessionFaults(home)).toMatchObject([fault])
    expect(faultsOf(broken)).toMatchObject([fault])
    expect(faultsOf(whole)).toEqual([])
    expect(knownSessions(home).map(({ ref }) => ref)).toEqual([whole])
    expect(unknownFolders(home)).toEqual([broken.id])
  })

  it('is told once where the folder of all sessions cannot be read', () => {
    const home = freshHome()
    writeFileSync(sessionsFolder(home), '')
    const why = `cannot read ${sessionsFolder(home)}: ${sessionsFolder(home)} is a file, and a folder belongs there`
    expect(sessionFaults(home)).toMatchObject([{ message: why }])
    expect(faultsOf(session(home, 'a,b'))).toMatchObject([{ message: why }])
    expect([knownSessions(home), unknownFolders(home)]).toEqual([[], []])
  })

  it.each([
    ['no preference', { configFile: '/c.json' }],
    ['a preference that is no text', { preference: 7, configFile: '/c.json' }],
    ['no config file', { preference: 'a,b' }],
    ['a config file that is no text', { preference: 'a,b', configFile: null, ownConfig: true }],
  ])('is no fault where a record has %s: nobody knows whose it is', (_, record) => {
    const ref = session(freshHome(), 'a,b')
    mkdirSync(ref.dir, { recursive: true })
    writeFileSync(recordFile(ref), JSON.stringify(record))
    expect([knownSessions(ref.home), unknownFolders(ref.home)]).toEqual([[], [ref.id]])
    expect([sessionFaults(ref.home), faultsOf(ref)]).toEqual([[], []])
  })
})

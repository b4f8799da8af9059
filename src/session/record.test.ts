import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { SessionRef } from './identity.ts'
import { tryAcquire } from '../lib/lock.ts'
import { sessionRef } from './identity.ts'
import { recordFile, REGISTRY_LOCK } from './paths.ts'
import type { SessionRecord } from './record.ts'
import { blankRecord, knownSessions, readRecord, updateRecord } from './record.ts'

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
  const ref = session(freshHome(), 'a,b')
  const whole: SessionRecord = {
    ...{ id: ref.id, preference: 'a,b', provider: 'a', model: 'b', host: '::1', port: 65_535 },
    ...{ pid: 7, processStart: 's', token: 't', desired: 'running', startedAt: '2026-01-02' },
    ...{ version: '1.2.3', configFile: '/c.json', ownConfig: true, fallsBack: true },
    ...{ foreground: true, standIn: true },
  }
  await updateRecord(ref, whole)
  expect(readRecord(ref)).toEqual(whole)
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

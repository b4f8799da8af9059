import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { POSIX } from '../../../../test/support/requires.ts'
import { myUid } from '../../../lib/file-fault.ts'
import { everyCheck } from './check.ts'
import { homeChecks } from './home.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-doctor-home-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const room = { freeBytes: () => 1e9, uid: myUid() }

test('a home that can be used is fine, and so is one that will be made', () => {
  expect(homeChecks(home, room)).toEqual([{ area: 'home', level: 'ok', text: home }])
  expect(homeChecks(join(home, 'later', 'on'), room)).toEqual([])
})

test(
  'files of another user are counted, the first one named, with one command for all',
  POSIX,
  () => {
    mkdirSync(join(home, 'sessions', 'abc'), { recursive: true })
    writeFileSync(join(home, 'sessions', 'abc', 'session.json'), '')
    const [check, ...more] = homeChecks(home, { ...room, uid: (myUid() ?? 0) + 1 })
    expect(more).toEqual([])
    expect(check).toMatchObject({ level: 'warning', hint: expect.stringContaining(home) as string })
    expect(check?.text).toMatch(/ belongs to .*, and 3 more below /)
  },
)

test('a full disk is told before something fails for it', () => {
  const [check] = homeChecks(home, { ...room, freeBytes: () => 4_096 })
  expect(check).toMatchObject({ level: 'broken', text: expect.stringContaining('4 KiB') as string })
})

test('a file or a link to nowhere in its place is broken', POSIX, () => {
  const link = join(home, 'link')
  symlinkSync(join(home, 'gone'), link)
  writeFileSync(join(home, 'file'), '')
  for (const path of [link, join(home, 'file')]) {
    expect(homeChecks(path, room)).toMatchObject([{ level: 'broken' }])
  }
})

test('a check that fails is told in its place and keeps no other from being made', async () => {
  const found = await everyCheck([
    ['one', () => Promise.reject(new Error('surprise'))],
    ['two', () => [{ area: 'two', level: 'ok', text: 'fine' }]],
  ])
  expect(found).toMatchObject([
    { area: 'one', level: 'broken', text: 'the check failed: surprise' },
    { area: 'two', level: 'ok' },
  ])
})

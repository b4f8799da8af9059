import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { makePrivateFolder } from '../lib/files.ts'
import { countCrash } from './crashes.ts'
import { sessionRef } from './identity.ts'
import { crashFile } from './paths.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-crash-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const ref = sessionRef({ CCR_HOME: home })
makePrivateFolder(ref.dir)
beforeEach(() => rmSync(crashFile(ref), { force: true }))

test('the third crash within a minute is one too many', () => {
  expect([0, 20_000, 59_000].map((at) => countCrash(ref, at + 1e12))).toEqual([true, true, false])
})

test('crashes more than a minute ago do not count', () => {
  expect([0, 20_000, 61_000].map((at) => countCrash(ref, at + 1e12))).toEqual([true, true, true])
})

test('a minute is a minute: a crash exactly that long ago does not count, one a little later does', () => {
  const counted = (...times: number[]) => {
    rmSync(crashFile(ref), { force: true })
    return times.map((at) => countCrash(ref, at + 1e12)).at(-1)
  }
  expect(counted(0, 1, 60_000)).toBe(true)
  expect(counted(1, 2, 60_000)).toBe(false)
  expect(counted(5, 5, 5)).toBe(false)
})

test('crashes go on counting until there was a quiet minute', () => {
  const times = [0, 1, 2, 30_000, 70_000, 140_000]
  expect(times.map((at) => countCrash(ref, at + 1e12))).toEqual([
    ...[true, true, false, false, true, true],
  ])
})

test('a clock that was set back does not make old crashes count', () => {
  expect([1e12, 1e12, 1e11].map((at) => countCrash(ref, at))).toEqual([true, true, true])
})

test('a damaged file counts nothing', () => {
  writeFileSync(crashFile(ref), 'x')
  expect(countCrash(ref, 1e12)).toBe(true)
  const texts = ['"1000000000000"', '["999999999999", "999999999998", "999999999997"]']
  for (const text of ['{}', 'null', '["x", null, {}, "y"]', ...texts]) {
    writeFileSync(crashFile(ref), text)
    expect(countCrash(ref, 1e12)).toBe(true)
  }
})

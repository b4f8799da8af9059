import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type * as Fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { onPlatform } from '../../test/support/platform.ts'
import { replaceFile } from './files.ts'

/** What the next renames throw. */
const failures = vi.hoisted(() => [] as string[])
vi.mock('node:fs', async (actual) => {
  const fs = await actual<typeof Fs>()
  const rename: typeof fs.renameSync = (from, to) => {
    const code = failures.shift()
    if (code !== undefined) throw Object.assign(new Error(code), { code })
    fs.renameSync(from, to)
  }
  return { ...fs, renameSync: rename }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-in-use-'))
})
afterEach(() => {
  failures.length = 0
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

test.each(['EPERM', 'EACCES', 'EBUSY'])(
  'a file that a reader has open on Windows is replaced once it is closed (%s)',
  (code) => {
    onPlatform('win32')
    failures.push(code, code, code)
    replaceFile(join(folder, 'a'), 'text')
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('text')
    expect(readdirSync(folder)).toEqual(['a'])
  },
)

test('one that stays open is given up, and nothing is left beside it', () => {
  onPlatform('win32')
  let clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 500))
  failures.push(...Array<string>(20).fill('EBUSY'))
  expect(() => replaceFile(join(folder, 'a'), 'text')).toThrow('cannot write')
  expect(failures.length).toBeGreaterThan(10)
  expect(readdirSync(folder)).toEqual([])
})

test.each([
  ['linux', 'EPERM'],
  ['darwin', 'EBUSY'],
  ['win32', 'ENOSPC'],
] as const)('any other failure is one at once: %s, %s', (name, code) => {
  onPlatform(name)
  failures.push(code, 'ENOENT')
  expect(() => replaceFile(join(folder, 'a'), 'text')).toThrow('cannot write')
  expect(failures).toEqual(['ENOENT'])
})

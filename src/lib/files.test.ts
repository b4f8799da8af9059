import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  fileSize,
  isFile,
  makePrivateFolder,
  readEnd,
  readOrCreate,
  readText,
  replaceFile,
} from './files.ts'
import { UserError } from './user-error.ts'
import { NOT_ROOT } from '../../test/support/requires.ts'

const folder = mkdtempSync(join(tmpdir(), 'ccr-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a replaced file is the owner’s alone and leaves no other file', () => {
  const inside = join(folder, 'replace')
  makePrivateFolder(inside)
  const file = join(inside, 'a.json')
  writeFileSync(file, 'old', { mode: 0o644 })
  replaceFile(file, 'new')
  expect(readText(file)).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(inside).mode & 0o777).toBe(0o700)
  expect(readdirSync(inside)).toEqual(['a.json'])
})

test('a folder in the place of a file is told with its path and what to do', () => {
  const blocked = join(folder, 'place')
  makePrivateFolder(blocked)
  for (const use of [() => readText(blocked), () => replaceFile(blocked, 'text')]) {
    expect(use).toThrow(blocked)
    expect(use).toThrow(
      expect.objectContaining({ hint: 'Remove that folder: a file belongs there.' }),
    )
  }
})

test('what cannot be written is told with its path and leaves nothing behind', () => {
  const inside = join(folder, 'blocked')
  makePrivateFolder(join(inside, 'a.json'))
  const write = (): void => replaceFile(join(inside, 'a.json'), 'text')
  expect(write).toThrow(UserError)
  expect(write).toThrow(/cannot write .*a\.json/)
  expect(readdirSync(inside)).toEqual(['a.json'])
})

test('a folder that cannot be made is told with its path', () => {
  writeFileSync(join(folder, 'plain'), '')
  expect(() => makePrivateFolder(join(folder, 'plain', 'inside'))).toThrow(/cannot write .*inside/)
})

test('a file that is created once keeps its first text', () => {
  const file = join(folder, 'once')
  expect(readOrCreate(file, () => 'first')).toBe('first')
  expect(readOrCreate(file, () => 'second')).toBe('first')
})

test('the end of a file begins where it was asked, and is cut to the limit', () => {
  const file = join(folder, 'log')
  writeFileSync(file, 'old line\nnew line\n')
  expect(readEnd(file, 9, 100)).toBe('new line\n')
  expect(readEnd(file, 9, 5)).toBe('line\n')
  expect(readEnd(file, 18, 100)).toBe('')
})

test('a log that was cut to nothing meanwhile is read from its beginning', () => {
  const file = join(folder, 'cut')
  writeFileSync(file, 'anew\n')
  expect(readEnd(file, 1000, 100)).toBe('anew\n')
})

test('a file that is not there is empty', () => {
  const file = join(folder, 'nowhere')
  expect([readText(file), fileSize(file), readEnd(file, 0, 10)]).toEqual([null, 0, ''])
})

test('a file of somebody else is an error, not an absence', NOT_ROOT, () => {
  const file = join(folder, 'locked')
  writeFileSync(file, 'x')
  chmodSync(file, 0)
  expect(() => readText(file)).toThrow()
})

test('what cannot be looked at is no file', () => {
  const path = join(folder, 'looked-at')
  expect(isFile(path)).toBe(false)
  symlinkSync('looked-at', path)
  expect(isFile(path)).toBe(false)
  rmSync(path)
  writeFileSync(path, '')
  expect([isFile(path), isFile(folder), isFile(join(path, 'below'))]).toEqual([true, false, false])
})

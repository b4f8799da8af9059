/** The keys that `ccr key set` keeps. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tryAcquire } from '../lib/lock.ts'
import { changeKeys, keptKeys, keysFile, readKeys } from './kept-keys.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr keys-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const FIRST = { A_KEY: 'sk-1', B_KEY: 'sk-2' }

it('are none where none was ever set', () => {
  expect(readKeys(home)).toEqual({})
  expect(keptKeys(home)).toEqual({})
})

it('are read as they were set, by the user alone', async () => {
  await changeKeys(home, () => FIRST)
  expect(readKeys(home)).toEqual(FIRST)
  expect(keptKeys(home)).toEqual(FIRST)
  expect(statSync(keysFile(home)).mode & 0o777).toBe(0o600)
  expect(readFileSync(keysFile(home), 'utf8')).toBe('{\n  "A_KEY": "sk-1",\n  "B_KEY": "sk-2"\n}\n')
})

it('changed from several sides at once, are all kept', async () => {
  const names = ['A', 'B', 'C', 'D']
  await Promise.all(names.map((name) => changeKeys(home, (keys) => ({ ...keys, [name]: name }))))
  expect(readKeys(home)).toEqual({ A: 'A', B: 'B', C: 'C', D: 'D' })
  expect(readdirSync(home).filter((file) => file.startsWith('keys.json'))).toEqual(['keys.json'])
})

it('wait for whoever changes them', async () => {
  const held = await tryAcquire(home, 'keys')
  let over = false
  const change = changeKeys(home, () => FIRST).then(() => (over = true))
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(over).toBe(false)
  held?.release()
  await change
  expect(readKeys(home)).toEqual(FIRST)
})

it.each([
  '{"A_KEY": "sk-1"',
  '[1]',
  '{"A_KEY": 1}',
  '{"A_KEY": "x", "B_KEY": null}',
  '"x"',
  'null',
])('in a damaged file (%s) count as none, and are not overwritten', async (text) => {
  writeFileSync(keysFile(home), text)
  expect(keptKeys(home)).toEqual({})
  expect(() => readKeys(home)).toThrow('is damaged: it is no object of variables and keys')
  await expect(changeKeys(home, () => FIRST)).rejects.toThrow('is damaged')
  expect(readFileSync(keysFile(home), 'utf8')).toBe(text)
})

it('in a damaged file: what to type is quoted, and the keys are not', () => {
  writeFileSync(keysFile(home), '{"A_KEY": "sk-secret"')
  let advice = ''
  try {
    readKeys(home)
  } catch (thrown) {
    advice = JSON.stringify({ ...(thrown as object), message: (thrown as Error).message })
  }
  expect(advice).toContain(`mv '${keysFile(home)}' '${keysFile(home)}.old'`)
  expect(advice).not.toContain('sk-secret')
})

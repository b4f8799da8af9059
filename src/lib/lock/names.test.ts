import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockNames } from './names.ts'

let home: string
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'ccr-names-'))))
afterEach(() => rmSync(home, { recursive: true, force: true }))

const names = (secret = 's', name = 'serve/x') => lockNames({ home, secret, name }, (text) => text)

test('a lock has one name, which secret and lock tell', () => {
  expect(names().all()).toHaveLength(1)
  expect(names().all()).toEqual(names().all())
  const others = [names('t').all()[0], names('s', 'serve/y').all()[0]]
  expect(new Set([names().all()[0], ...others]).size).toBe(3)
})

test('it moves on once, however many say so of the same names', () => {
  const known = names().all()
  names().moveOn(known)
  const moved = names().all()
  names().moveOn(known) // somebody who looked before the move
  expect(names().all()).toEqual(moved)
  expect(moved).toHaveLength(2)
  expect(moved[0]).toBe(known[0])
  names().moveOn(moved)
  expect(names().all()).toHaveLength(3)
  expect(new Set(names().all()).size).toBe(3)
})

test('where it moved cannot be told from its names before, and no other lock moves', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'ccr-names-'))
  const other = lockNames({ home: elsewhere, secret: 's', name: 'serve/x' }, (text) => text)
  names().moveOn(names().all())
  other.moveOn(other.all())
  expect(names().all()[1]).not.toBe(other.all()[1])
  expect(names('s', 'serve/y').all()).toHaveLength(1)
  rmSync(elsewhere, { recursive: true })
})

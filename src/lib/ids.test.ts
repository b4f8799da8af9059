import { expect, it } from 'vitest'
import { randomId } from './ids.ts'

it('an id is its prefix and 24 hex digits, and comes once', () => {
  const ids = Array.from({ length: 10_000 }, () => randomId('msg_'))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^msg_[\da-f]{24}$/)
})

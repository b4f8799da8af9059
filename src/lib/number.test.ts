import { expect, it } from 'vitest'
import { numberOf } from './number.ts'

it('reads numbers and texts of them, and throws on nothing', () => {
  expect([5, '5', ' 5 ', true, null].map(numberOf)).toEqual([5, 5, 5, 1, 0])
  const none: unknown[] = [
    undefined,
    'many',
    {},
    [5],
    { toString: [] },
    { valueOf: 1, toString: 1 },
  ]
  expect(none.map(numberOf)).toEqual(none.map(() => NaN))
})

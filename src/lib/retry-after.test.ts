import { expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

it.each([
  ['7', 7000],
  ['0.5', 500],
  ['Thu, 01 Jan 1970 00:00:09 GMT', 9000],
  ['Wed, 31 Dec 1969 23:59:59 GMT', 0],
  ['-3', 0],
  ['soon', undefined],
  ['', undefined],
  [' ', undefined],
  [undefined, undefined],
])('retry-after %j is a wait of %s ms', (value, ms) => {
  expect(retryAfterMs(value, 0)).toBe(ms)
})

import { expect, it } from 'vitest'
import { durationMs } from './upstream-error-body.ts'

it.each([
  ['1m2.5s', 62_500],
  ['120ms', 120],
  ['345 milliseconds', 345],
  ['1 millisecond', 1],
  ['6h', 21_600_000],
  ['2 hrs', 7_200_000],
  ['20 seconds', 20_000],
  ['3 sec', 3_000],
  ['5 Minutes', 300_000],
  ['2 min 30 s', 150_000],
  ['1 day', 86_400_000],
  ['1d2h', 93_600_000],
  ['20', undefined],
  ['', undefined],
  ['soon', undefined],
  ['20 seconds or more', undefined],
  ['20 sheep', undefined],
  ['-20s', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
])('"%s" is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

it('a longer text is no duration, however it begins', () => {
  expect(durationMs('20s'.padEnd(100))).toBe(20_000)
  expect(durationMs('20s'.padEnd(101))).toBeUndefined()
})

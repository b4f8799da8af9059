import { expect, it } from 'vitest'
import { createGracePeriods } from './stream-decoder.ts'

it('a target that left a stream open is waited for briefly for an hour, and no other one', () => {
  let now = 0
  const periods = createGracePeriods(() => now)
  const isShort = (target: string): boolean => periods.of(target).marked === 2_000
  periods.of('p,m').onSilence?.()
  expect([isShort('p,m'), isShort('p,n')]).toEqual([true, false])
  now = 3_599_999
  expect(isShort('p,m')).toBe(true)
  now += 1
  expect(isShort('p,m')).toBe(false)
})

it('the targets that left a stream open longest ago are forgotten', () => {
  const periods = createGracePeriods(() => 0)
  const leaveOpen = (n: number): void => periods.of(`p,${String(n)}`).onSilence?.()
  const many = 2_000
  for (let n = 0; n < many; n += 1) {
    leaveOpen(n)
    leaveOpen(0)
  }
  const isShort = (n: number): boolean => periods.of(`p,${String(n)}`).marked === 2_000
  expect([isShort(0), isShort(many - 1), isShort(1), isShort(many / 2)]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

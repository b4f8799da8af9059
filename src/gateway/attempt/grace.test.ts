import { expect, it } from 'vitest'
import { createOpenStreams } from './stream-decoder.ts'

it('a target whose streams stay open is known for an hour, and no other one', () => {
  let now = 0
  const streams = createOpenStreams(() => now)
  streams.learn('p,m')
  expect([streams.has('p,m'), streams.has('p,n')]).toEqual([true, false])
  now = 3_599_999
  expect(streams.has('p,m')).toBe(true)
  now += 1
  expect(streams.has('p,m')).toBe(false)
})

it('the targets that were seen longest ago are forgotten', () => {
  const streams = createOpenStreams(() => 0)
  const many = 2_000
  for (let n = 0; n < many; n += 1) {
    streams.learn(`p,${String(n)}`)
    streams.learn('p,0')
  }
  const has = (n: number): boolean => streams.has(`p,${String(n)}`)
  expect([has(0), has(many - 1), has(1), has(many / 2)]).toEqual([true, true, false, false])
})

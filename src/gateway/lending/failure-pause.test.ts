import { expect, it } from 'vitest'
import { createFailurePause } from './failure-pause.ts'

const MINUTE = 60_000

it('leaves what failed alone for a minute, then for twice as long each time, up to a quarter of an hour', () => {
  let time = 5
  const pause = createFailurePause(() => time)
  const lengths: number[] = []
  for (let n = 0; n < 6; n += 1) {
    const ms = pause.failed('m') ?? 0
    lengths.push(ms / MINUTE)
    expect([pause.isPaused('m'), pause.isPaused('other')]).toEqual([true, false])
    time += ms - 1
    expect(pause.isPaused('m')).toBe(true)
    time += 1
    expect(pause.isPaused('m')).toBe(false)
  }
  expect(lengths).toEqual([1, 2, 4, 8, 15, 15])
})

it('tells of the failures of one pause once, and forgets them with a success', () => {
  let time = 0
  const pause = createFailurePause(() => time)
  expect([pause.failed('m'), pause.failed('m')]).toEqual([MINUTE, undefined])
  pause.succeeded('m')
  expect(pause.isPaused('m')).toBe(false)
  time += 1
  expect(pause.failed('m')).toBe(MINUTE)
})

it('remembers so many at most', () => {
  const pause = createFailurePause(() => 0)
  for (let n = 0; n <= 1_000; n += 1) pause.failed(String(n))
  expect([pause.isPaused('0'), pause.isPaused('1'), pause.isPaused('1000')]).toEqual([
    false,
    true,
    true,
  ])
})

import { afterEach, expect, test, vi } from 'vitest'
import { LONGEST_DELAY_MS } from './delay.ts'
import { within } from './within.ts'

afterEach(() => vi.useRealTimers())
const never = new Promise<number>(() => undefined)

test('a promise that settles in time gives its value, and leaves no timer behind', async () => {
  vi.useFakeTimers()
  expect(await within(Promise.resolve(7), 60_000)).toBe(7)
  const failing = Promise.reject<number>(new Error('no'))
  await expect(within(failing, 60_000)).rejects.toThrow('no')
  expect(vi.getTimerCount()).toBe(0)
})

test('a promise that does not gives undefined when the time is over', async () => {
  vi.useFakeTimers()
  const late = within(never, 60_000)
  vi.advanceTimersByTime(60_000)
  expect(await late).toBeUndefined()
})

test('a wait that is longer than any timer does not end at once', async () => {
  vi.useFakeTimers()
  let isOver = false
  void within(never, 60 * 24 * 3_600_000).then(() => (isOver = true))
  await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS - 1)
  expect(isOver).toBe(false)
})

import { expect, it, vi } from 'vitest'
import { pause } from './failover.ts'

it('a pause ends in its time, or as soon as the client is gone', async () => {
  const { signal } = new AbortController()
  await pause(1, signal)
  const gone = new AbortController()
  const waited = pause(3_600_000, gone.signal)
  gone.abort()
  await expect(waited).resolves.toBeUndefined()
  await expect(pause(3_600_000, gone.signal)).resolves.toBeUndefined()
})

it('a pause is as long as it is meant to be', async () => {
  let isOver = false
  const gone = new AbortController()
  const waited = pause(3_600_000, gone.signal).then(() => (isOver = true))
  await vi.waitFor(() => new Promise((resolve) => setImmediate(resolve)))
  expect(isOver).toBe(false)
  gone.abort()
  await waited
})

import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { watchConfig } from './watch.ts'

const folder = testFolder()
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Lets the system tell what it has to tell. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

it('a watch that is closed leaves no timer, also in the moment of a change, and tells nothing more', async () => {
  const file = folder.write('config.json', '{}')
  const onChange = vi.fn()
  const idle = watchConfig(file, onChange)
  expect(vi.getTimerCount()).toBe(1)
  idle.close()
  expect(vi.getTimerCount()).toBe(0)
  const watch = watchConfig(file, onChange)
  writeFileSync(file, '{ "PORT": 4000 }')
  await until(() => vi.getTimerCount() > 1)
  watch.close()
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(onChange).not.toHaveBeenCalled()
})

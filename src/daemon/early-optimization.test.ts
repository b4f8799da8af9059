import { expect, it, vi } from 'vitest'
import { optimizeEarly } from './early-optimization.ts'

/** The calls that set flags, after so many requests. */
function flagsAfter(requests: number, version: string): unknown[] {
  const setFlag = vi.fn()
  const onRequest = optimizeEarly(version, setFlag)
  for (let n = 0; n < requests; n += 1) onRequest()
  return setFlag.mock.calls
}

it.each([
  ['20.20.2', ['--interrupt-budget=30000']],
  ['22.23.5', ['--invocation-count-for-turbofan=800']],
])('Node %s optimizes early, once a session is in use', (version, flag) => {
  expect(flagsAfter(49, version)).toEqual([])
  expect(flagsAfter(50, version)).toEqual([flag])
  expect(flagsAfter(500, version)).toEqual([flag])
})

it.each(['21.7.3', '23.1.0', '24.22.3', '26.0.0', ''])(
  'Node %s gets no flag, which its V8 may not know',
  (version) => {
    expect(flagsAfter(500, version)).toEqual([])
  },
)

import { expect, it, vi } from 'vitest'
import { optimizeEarly } from './early-optimization.ts'

it.each([
  ['20.20.2', ['--interrupt-budget=30000']],
  ['22.23.5', ['--invocation-count-for-turbofan=800']],
])('Node %s optimizes early', (version, flags) => {
  const setFlag = vi.fn()
  optimizeEarly(version, setFlag)
  expect(setFlag.mock.calls).toEqual([flags])
})

it('other versions of Node get no flag that their V8 may not know', () => {
  const setFlag = vi.fn()
  for (const version of ['21.7.3', '23.1.0', '24.22.3', '26.0.0', ''])
    optimizeEarly(version, setFlag)
  expect(setFlag).not.toHaveBeenCalled()
})

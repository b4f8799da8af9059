import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { releaseMemoryWhenQuiet } from './release-memory.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MIB = 1024 * 1024

function daemon() {
  const state = { running: 0, resident: 60 * MIB, collected: 0 }
  const { requested: onRequest, freed } = releaseMemoryWhenQuiet({
    running: () => state.running,
    resident: () => state.resident,
    collect: () => {
      state.collected += 1
      state.resident = 70 * MIB
    },
  })
  return { state, onRequest, freed }
}

test('memory is given back, in two passes, once nothing was asked for a while', () => {
  const { state, onRequest } = daemon()
  onRequest()
  state.resident = 200 * MIB
  vi.advanceTimersByTime(9_000)
  onRequest()
  vi.advanceTimersByTime(9_000)
  expect(state.collected).toBe(0)
  vi.advanceTimersByTime(5_000)
  expect(state.collected).toBe(2)
})

test('not while a request is being answered', () => {
  const { state, onRequest } = daemon()
  onRequest()
  Object.assign(state, { resident: 200 * MIB, running: 1 })
  vi.advanceTimersByTime(60_000)
  expect(state.collected).toBe(0)
  state.running = 0
  vi.advanceTimersByTime(12_000)
  expect(state.collected).toBe(2)
})

test('not where there is little to give', () => {
  const { state, onRequest } = daemon()
  onRequest()
  state.resident = 70 * MIB
  vi.advanceTimersByTime(60_000)
  expect(state.collected).toBe(0)
})

test('again where what was kept beyond the burst is freed, and much', () => {
  const { state, onRequest, freed } = daemon()
  onRequest()
  state.resident = 200 * MIB
  vi.advanceTimersByTime(15_000)
  expect(state.collected).toBe(2)
  freed(3 * MIB)
  vi.advanceTimersByTime(15_000)
  expect(state.collected).toBe(2)
  freed(5 * MIB)
  vi.advanceTimersByTime(15_000)
  expect(state.collected).toBe(4)
})

test('also where a byte less is resident than when it was freed', () => {
  const { state, freed } = daemon()
  freed(5 * MIB)
  state.resident -= 1
  vi.advanceTimersByTime(15_000)
  expect(state.collected).toBe(2)
})

test('also where it is freed little by little, once for each time that it is much', () => {
  const { state, freed } = daemon()
  const collected = Array.from({ length: 5 }, () => {
    freed(3.9 * MIB)
    vi.advanceTimersByTime(15_000)
    return state.collected
  })
  expect(collected).toEqual([0, 2, 2, 4, 4])
})

test('later, where a request comes between the two passes', () => {
  const { state, onRequest, freed } = daemon()
  freed(5 * MIB)
  vi.advanceTimersByTime(10_500)
  onRequest()
  state.running = 1
  vi.advanceTimersByTime(5_000)
  expect(state.collected).toBe(1)
  state.running = 0
  vi.advanceTimersByTime(15_000)
  expect(state.collected).toBe(3)
})

test('again after the next burst', () => {
  const { state, onRequest } = daemon()
  for (let burst = 1; burst <= 3; burst += 1) {
    onRequest()
    state.resident = 200 * MIB
    vi.advanceTimersByTime(15_000)
    expect(state.collected).toBe(burst * 2)
  }
})

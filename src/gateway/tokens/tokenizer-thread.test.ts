import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { silent } from '../../lib/log.ts'
import { createTokenCounter, type Thread } from './tokenizer-thread.ts'
import type { Ask } from './worker.ts'

/** A thread for which a token is a character, and which answers when it is told to. */
class FakeThread extends EventEmitter implements Thread {
  asks: Ask[] = []
  ended = false
  readonly manual: boolean
  constructor(manual = false) {
    super()
    this.manual = manual
  }
  postMessage(ask: Ask): void {
    this.asks.push(ask)
    if (!this.manual) queueMicrotask(() => this.answer(ask))
  }
  answer({ id, texts }: Ask): void {
    this.emit('message', { id, tokens: texts.map((text) => text.length) })
  }
  unref(): void {
    // Nothing holds a fake.
  }
  terminate(): void {
    this.ended = true
    this.emit('exit')
  }
}

const PATIENT_MS = 30_000

function counting(idleMs?: number, manual?: boolean) {
  const threads: FakeThread[] = []
  const counter = createTokenCounter({
    log: silent,
    start: () => {
      const thread = new FakeThread(manual)
      threads.push(thread)
      return thread
    },
    ...(idleMs === undefined ? {} : { idleMs }),
  })
  return { threads, counter }
}

describe('the token counter', () => {
  it('starts no thread before it is needed', () => {
    expect(counting().threads).toEqual([])
  })

  it('counts each text once, however often it is requested, also at the same time', async () => {
    const { threads, counter } = counting()
    const burst = Array.from({ length: 26 }, (_, n) =>
      counter.count(['the same prompt', `tool ${String(n)}`], PATIENT_MS),
    )
    for (const counts of await Promise.all(burst)) expect(counts?.[0]).toBe(15)
    expect(await counter.count(['the same prompt', 'new', 'new'], PATIENT_MS)).toEqual([15, 3, 3])
    const texts = threads[0]!.asks.flatMap((ask) => ask.texts)
    expect(texts.filter((text) => text === 'the same prompt')).toHaveLength(1)
    expect(texts.filter((text) => text === 'new')).toHaveLength(1)
    expect(threads).toHaveLength(1)
  })

  it('ends the thread when there is nothing to do, and starts another one later', async () => {
    const { threads, counter } = counting(0)
    await counter.count(['a'], PATIENT_MS)
    await vi.waitFor(() => expect(threads[0]!.ended).toBe(true))
    expect(await counter.count(['a', 'bb'], PATIENT_MS)).toEqual([1, 2])
    expect(threads).toHaveLength(2)
  })

  it('gives no count when the thread dies, and counts again with the next one', async () => {
    const { threads, counter } = counting(undefined, true)
    const lost = counter.count(['a'], PATIENT_MS)
    threads[0]!.emit('error', new Error('out of memory'))
    expect(await lost).toBeUndefined()
    const next = counter.count(['a'], PATIENT_MS)
    threads[1]!.answer(threads[1]!.asks[0]!)
    expect(await next).toEqual([1])
  })

  it('does not start a thread for ever that always dies', async () => {
    const { threads, counter } = counting(undefined, true)
    for (const n of [0, 1, 2]) {
      const lost = counter.count(['a'], PATIENT_MS)
      threads[n]!.emit('error', new Error('broken'))
      expect(await lost).toBeUndefined()
    }
    expect(await counter.count(['a'], PATIENT_MS)).toBeUndefined()
    expect(threads).toHaveLength(3)
  })

  it('waits no longer than it may, and remembers what comes late', async () => {
    const { threads, counter } = counting(undefined, true)
    expect(await counter.count(['a'], 0)).toBeUndefined()
    threads[0]!.answer(threads[0]!.asks[0]!)
    expect(await counter.count(['a'], PATIENT_MS)).toEqual([1])
    expect(threads[0]!.asks).toHaveLength(1)
  })

  it('keeps the thread while it still counts something', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { threads, counter } = counting(1_000, true)
      const [first, second] = [counter.count(['a'], PATIENT_MS), counter.count(['bb'], PATIENT_MS)]
      const [thread] = threads
      thread!.answer(thread!.asks[0]!)
      expect(await first).toEqual([1])
      await vi.advanceTimersByTimeAsync(5_000)
      expect(thread!.ended).toBe(false)
      thread!.answer(thread!.asks[1]!)
      expect(await second).toEqual([2])
      await vi.advanceTimersByTimeAsync(999)
      expect(thread!.ended).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(thread!.ended).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is not ended by the idle time of the work before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { threads, counter } = counting(1_000, true)
      const first = counter.count(['a'], PATIENT_MS)
      const [thread] = threads
      thread!.answer(thread!.asks[0]!)
      await first
      await vi.advanceTimersByTimeAsync(900)
      const second = counter.count(['bb'], PATIENT_MS)
      await vi.advanceTimersByTimeAsync(900)
      expect(thread!.ended).toBe(false)
      thread!.answer(thread!.asks[1]!)
      expect(await second).toEqual([2])
      counter.close()
      expect(thread!.ended).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('forgets the oldest of very many texts, and no newer one', async () => {
    const { threads, counter } = counting()
    for (let n = 0; n < 10; n += 1) {
      const texts = Array.from({ length: 1_000 }, (_, m) => `text ${String(n * 1_000 + m)}`)
      await counter.count(texts, PATIENT_MS)
    }
    const sentTexts = () => threads[0]!.asks.flatMap((ask) => ask.texts).length
    expect(sentTexts()).toBe(10_000)
    await counter.count(['text 9999', 'text 6500'], PATIENT_MS)
    expect(sentTexts()).toBe(10_000)
    await counter.count(['text 0'], PATIENT_MS)
    expect(sentTexts()).toBe(10_001)
  })

  it('gives no count where no thread can be started', async () => {
    const counter = createTokenCounter({
      log: silent,
      start: () => {
        throw new Error('no such file')
      },
    })
    expect(await counter.count(['a'], PATIENT_MS)).toBeUndefined()
  })
})

import type { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ResponseHandler } from './response-handler.ts'

/** undici's end of an exchange: records the calls to it. */
function controller() {
  const calls: string[] = []
  const errors: Error[] = []
  return {
    calls,
    errors,
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    abort: (error: Error) => {
      calls.push('abort')
      errors.push(error)
    },
  }
}
type Fake = ReturnType<typeof controller>
const as = (fake: Fake) => fake as unknown as Dispatcher.DispatchController

let stop: AbortController
let fake: Fake
let one: ResponseHandler
beforeEach(() => {
  stop = new AbortController()
  fake = controller()
  one = new ResponseHandler(stop.signal)
  one.onRequestStart(as(fake))
})
afterEach(() => vi.useRealTimers())

const piece = (size: number): Uint8Array => Buffer.alloc(size, 'x')
const begin = (): void => one.onResponseStart(as(fake), 200, { a: 'b' })

describe('the head of an answer', () => {
  it('is the first that is no interim answer', async () => {
    one.onResponseStart(as(fake), 103, { link: 'x' })
    begin()
    expect(await one.head).toEqual({ status: 200, headers: { a: 'b' } })
  })

  it('that never comes is the error that says why', async () => {
    one.onResponseError(as(fake), new Error('reset'))
    await expect(one.head).rejects.toThrow('reset')
  })
})

describe('the body of an answer', () => {
  it('is given as what came since the last time, then its end', () => {
    begin()
    expect(one.isReady).toBe(false)
    one.onResponseData(as(fake), Buffer.from('a'))
    expect(one.isReady).toBe(true)
    expect(String(one.take())).toBe('a')
    expect(one.isReady).toBe(false)
    one.onResponseData(as(fake), Buffer.from('b'))
    one.onResponseData(as(fake), Buffer.from('c'))
    one.onResponseEnd()
    expect(String(one.take())).toBe('bc')
    expect(one.isReady).toBe(true)
    expect(one.take()).toBeUndefined()
  })

  it('wakes its reader once for what came, for its end and for its failure', async () => {
    for (const happens of [
      () => one.onResponseData(as(fake), piece(1)),
      () => one.onResponseEnd(),
      () => one.onResponseError(as(fake), new Error('reset')),
      () => one.abort(new Error('enough')),
      () => stop.abort(),
    ]) {
      stop = new AbortController()
      one = new ResponseHandler(stop.signal)
      one.onRequestStart(as(fake))
      const due = one.ready()
      happens()
      await due
      expect(one.isReady).toBe(true)
    }
  })

  it('that broke off gives what came before, then the error, each time', () => {
    begin()
    one.onResponseData(as(fake), piece(3))
    one.onResponseError(as(fake), new Error('reset'))
    one.onResponseError(as(fake), new Error('later'))
    expect(one.take()).toHaveLength(3)
    expect(() => one.take()).toThrow('reset')
    expect(() => one.take()).toThrow('reset')
  })

  it('does not become a failure after its end', () => {
    begin()
    one.onResponseEnd()
    one.onResponseError(as(fake), new Error('late'))
    one.abort(new Error('later'))
    expect(one.take()).toBeUndefined()
  })

  it('is paused at the limit of the buffer until the reader takes it', () => {
    begin()
    for (let n = 0; n < 255; n += 1) one.onResponseData(as(fake), piece(1024))
    expect(fake.calls).toEqual([])
    one.onResponseData(as(fake), piece(1024))
    expect(fake.calls).toEqual(['pause'])
    expect(one.take()).toHaveLength(256 * 1024)
    expect(fake.calls).toEqual(['pause', 'resume'])
    one.onResponseData(as(fake), piece(255 * 1024))
    expect(fake.calls).toEqual(['pause', 'resume'])
  })
})

describe('an exchange that is no longer awaited', () => {
  it('is broken off, before its answer, in the middle of it, and before it began', async () => {
    const why = new Error('the client left')
    stop.abort(why)
    expect(fake.errors).toEqual([why])
    await expect(one.head).rejects.toBe(why)

    stop = new AbortController()
    fake = controller()
    one = new ResponseHandler(stop.signal)
    one.onRequestStart(as(fake))
    begin()
    one.onResponseData(as(fake), piece(1))
    stop.abort('gone')
    expect(fake.calls).toEqual(['abort'])
    one.take()
    expect(() => one.take()).toThrow('aborted')

    fake = controller()
    one = new ResponseHandler(stop.signal)
    expect(fake.calls).toEqual([])
    one.onRequestStart(as(fake))
    expect(fake.calls).toEqual(['abort'])
    await expect(one.head).rejects.toThrow('aborted')
  })

  it('is left alone once it is over: nothing listens to the client of a kept connection', () => {
    const signal = stop.signal
    const removed = vi.spyOn(signal, 'removeEventListener')
    begin()
    one.onResponseEnd()
    expect(removed).toHaveBeenCalledTimes(1)
    stop.abort()
    expect(fake.calls).toEqual([])
  })
})

describe('a body that is released', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  it('may end for half a second, and is then broken off', () => {
    begin()
    one.onResponseData(as(fake), piece(300 * 1024))
    one.release()
    expect(fake.calls).toEqual(['pause', 'resume'])
    expect(one.isReady).toBe(false)
    one.onResponseData(as(fake), piece(1024 * 1024))
    expect(one.isReady).toBe(false)
    vi.advanceTimersByTime(499)
    expect(fake.calls).toEqual(['pause', 'resume'])
    vi.advanceTimersByTime(1)
    expect(fake.calls).toEqual(['pause', 'resume', 'abort'])
  })

  it('that ends by itself keeps its connection, and leaves no timer', () => {
    begin()
    one.release()
    one.release()
    expect(vi.getTimerCount()).toBe(1)
    one.onResponseEnd()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(fake.calls).toEqual(['resume'])
  })

  it('after its end or its failure asks for nothing', () => {
    begin()
    one.onResponseEnd()
    one.release()
    one = new ResponseHandler(stop.signal)
    one.onResponseError(as(fake), new Error('reset'))
    one.release()
    expect([fake.calls, vi.getTimerCount()]).toEqual([[], 0])
  })
})

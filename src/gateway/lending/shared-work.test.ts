import { describe, expect, it, vi } from 'vitest'
import { withResolvers } from '../../../test/support/upstream.ts'
import { createSharedWork } from './shared-work.ts'

const stays = (): AbortSignal => new AbortController().signal

/** Work that ends when the test says so, or with its signal. */
function held() {
  const signals: AbortSignal[] = []
  const { promise, resolve } = withResolvers<string>()
  const work = vi.fn((signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<string>((done, fail) => {
      signal.addEventListener('abort', () => fail(new Error('ended')))
      void promise.then(done)
    })
  })
  return { work, signals, finish: resolve }
}

/** Lets everything run that needs no outside event. */
async function settle(): Promise<void> {
  for (let n = 0; n < 10; n += 1) await Promise.resolve()
}

describe('shared work', () => {
  it('is done once for all who wait at once, and again for the next', async () => {
    const shared = createSharedWork<string>(2)
    const { work, finish } = held()
    const all = [shared.of('k', work, stays()), shared.of('k', work, stays())]
    finish('done')
    expect(await Promise.all(all)).toEqual(['done', 'done'])
    expect(work).toHaveBeenCalledTimes(1)
    expect(await shared.of('k', work, stays())).toBe('done')
    expect(work).toHaveBeenCalledTimes(2)
  })

  it('goes on for the others when the first to wait has gone', async () => {
    const shared = createSharedWork<string>(2)
    const { work, signals, finish } = held()
    const client = new AbortController()
    const first = shared.of('k', work, client.signal)
    const second = shared.of('k', work, stays())
    client.abort()
    await expect(first).rejects.toThrow()
    expect(signals[0]?.aborted).toBe(false)
    finish('done')
    expect(await second).toBe('done')
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('ends with the last who waits, and is begun anew for who comes then', async () => {
    const shared = createSharedWork<string>(2)
    const { work, signals } = held()
    const clients = [new AbortController(), new AbortController()]
    const all = clients.map(({ signal }) => shared.of('k', work, signal))
    await settle()
    for (const client of clients) client.abort()
    for (const one of all) await expect(one).rejects.toThrow()
    expect(signals[0]?.aborted).toBe(true)
    expect(await shared.of('k', () => Promise.resolve('new'), stays())).toBe('new')
  })

  it('is not begun for who is gone already', async () => {
    const shared = createSharedWork<string>(2)
    const { work } = held()
    await expect(shared.of('k', work, AbortSignal.abort())).rejects.toThrow()
    expect(work).not.toHaveBeenCalled()
  })

  it('is a few at a time; who has gone meanwhile takes no turn', async () => {
    const shared = createSharedWork<string>(1)
    const first = held()
    const [gone, last] = [held(), held()]
    const client = new AbortController()
    const a = shared.of('a', first.work, stays())
    const b = shared.of('b', gone.work, client.signal)
    const c = shared.of('c', last.work, stays())
    await settle()
    expect(gone.work).not.toHaveBeenCalled()
    client.abort()
    await expect(b).rejects.toThrow()
    first.finish('a')
    expect(await a).toBe('a')
    last.finish('c')
    expect(await c).toBe('c')
    expect(gone.work).not.toHaveBeenCalled()
  })

  it('fails for all who wait, and frees its turn', async () => {
    const shared = createSharedWork<string>(1)
    const fail = (): Promise<string> => Promise.reject(new Error('broken'))
    const all = [shared.of('k', fail, stays()), shared.of('k', fail, stays())]
    for (const one of all) await expect(one).rejects.toThrow('broken')
    expect(await shared.of('k', () => Promise.resolve('fine'), stays())).toBe('fine')
  })
})

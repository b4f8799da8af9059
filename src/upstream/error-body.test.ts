import { afterEach, expect, it, vi } from 'vitest'
import { answerError } from './answer-errors.ts'

afterEach(() => vi.useRealTimers())

const call = { provider: 'p', url: 'https://p.example/v1', headers: {}, body: '{}' }
const failed = (body: AsyncGenerator<Uint8Array>) =>
  answerError({ status: 500, headers: {}, body, release: () => undefined }, call, [])

it('an error whose text never ends is reported after a few seconds, with what has arrived', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  async function* hanging(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('the database is')
    await new Promise(() => undefined)
  }
  let message = ''
  void failed(hanging()).then((error) => (message = error.message))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(message).toContain('the database is')
  expect(vi.getTimerCount()).toBe(0)
})

it('of an error that is too long only its beginning is read', async () => {
  let read = 0
  async function* long(): AsyncGenerator<Uint8Array> {
    await Promise.resolve()
    while (read < 4 * 1024 * 1024) {
      read += 16 * 1024
      yield Buffer.alloc(16 * 1024, 'x')
    }
  }
  expect(await failed(long())).toMatchObject({ status: 500 })
  expect(read).toBeLessThanOrEqual(128 * 1024)
})

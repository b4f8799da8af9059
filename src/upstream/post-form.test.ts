import { afterEach, expect, it, vi } from 'vitest'
import type { Call } from '../providers/configured/call.ts'
import type { Answer } from './answer.ts'
import { postForm } from './post-form.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** An upstream that answers with this body; notes the calls, and how often the answer was released. */
function upstream(body: () => AsyncGenerator<Uint8Array>, status = 200) {
  const calls: Call[] = []
  const signals: AbortSignal[] = []
  let released = 0
  return {
    calls,
    signals,
    released: () => released,
    send: (call: Call, signal: AbortSignal): Promise<Answer> => {
      calls.push(call)
      signals.push(signal)
      const release = (): void => void (released += 1)
      return Promise.resolve({ status, headers: {}, body: body(), release })
    },
    close: () => Promise.resolve(),
  }
}

async function* text(...parts: string[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (const part of parts) yield Buffer.from(part)
}

it('a form is posted as one, may be sent twice, and its answer is given whole', async () => {
  const google = upstream(() => text('{"access', '_token":"t"}'), 401)
  const answer = await postForm(google)('https://oauth.example/token', 'grant=x')
  expect(answer).toEqual({ status: 401, text: '{"access_token":"t"}' })
  expect(google.calls).toMatchObject([
    {
      url: 'https://oauth.example/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant=x',
      idempotent: true,
    },
  ])
  expect(google.released()).toBe(1)
})

it('an answer without end is read no further than a token can be long', async () => {
  let read = 0
  const google = upstream(async function* () {
    await Promise.resolve()
    for (;;) {
      read += 1
      yield Buffer.alloc(64 * 1024, 'x')
    }
  })
  await postForm(google)('https://oauth.example/token', '')
  expect(read).toBeLessThan(16)
  expect(google.released()).toBe(1)
})

it('an answer that hangs is given up after half a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  const google = upstream(async function* () {
    yield Buffer.from('half')
    await new Promise(() => undefined)
  })
  let over: object | undefined
  void postForm(google)('https://oauth.example/token', '').then((answer) => (over = answer))
  await vi.advanceTimersByTimeAsync(29_000)
  expect(over).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(over).toEqual({ status: 200, text: 'half' })
  expect(google.released()).toBe(1)
  expect(timeout).toHaveBeenCalledWith(30_000)
})

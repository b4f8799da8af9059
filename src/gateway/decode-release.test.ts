import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Decoder } from '../protocols/protocol.ts'
import { GatewayError } from '../messages/error.ts'
import type { Frame, StreamEvent } from '../messages/events.ts'
import { Writer } from '../messages/writer.ts'
import { decode } from './attempt/stream-decoder.ts'

const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
}

/** A decoder of words: `stop`, `usage`, `done`, `bad`, or a text. */
function wordDecoder(writer: Writer): Decoder {
  let isDone = false
  return {
    push({ data }) {
      if (data === 'stop') writer.stop('end_turn')
      else if (data === 'usage') writer.usage(USAGE)
      else if (data === 'done') isDone = true
      else if (data === 'bad') throw new GatewayError('overloaded_error', 'busy')
      else writer.text(data)
    },
    end: () => writer.finish(),
    isDone: () => isDone,
  }
}

/** Frames that come when the test gives them, and whether they are still read. */
function given() {
  const waiting: ((words: readonly string[] | undefined) => void)[] = []
  const state = { isReleased: false }
  async function* frames(): AsyncGenerator<readonly Frame[]> {
    try {
      for (;;) {
        const words = await new Promise<readonly string[] | undefined>((resolve) =>
          waiting.push(resolve),
        )
        if (words === undefined) return
        yield words.map((data) => ({ event: '', data }))
      }
    } finally {
      state.isReleased = true
    }
  }
  const give = async (...words: readonly string[]): Promise<void> => {
    waiting.shift()?.(words)
    await vi.advanceTimersByTimeAsync(0)
  }
  const end = async (): Promise<void> => {
    waiting.shift()?.(undefined)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { frames: frames(), give, end, state }
}

function reading(frames: AsyncGenerator<readonly Frame[]>) {
  const writer = new Writer({
    model: 'm',
    messageId: 'msg_1',
    newToolId: () => 'toolu_1',
    takenToolIds: [],
    inputEstimate: 1,
  })
  const events: StreamEvent[] = []
  const state: { ended: boolean; error: unknown } = { ended: false, error: undefined }
  const read = async (): Promise<void> => {
    for await (const batch of decode(frames, wordDecoder(writer), writer)) events.push(...batch)
  }
  void read().then(
    () => (state.ended = true),
    (error: unknown) => (state.error = error),
  )
  const types = (): string =>
    events.map(({ type }) => type.replace(/^(content|message)_/, '')).join()
  return { events, state, types }
}

const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms)
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('an answer that is over lets its upstream go', async () => {
  const { frames, give, state: source } = given()
  const { state } = reading(frames)
  await tick(0)
  await give('hi', 'stop', 'done')
  expect([state.ended, source.isReleased]).toEqual([true, true])
})

describe('an answer that goes wrong', () => {
  it('lets its upstream go', async () => {
    const { frames, give, state: source } = given()
    const { state } = reading(frames)
    await tick(0)
    await give('hi')
    await give('bad')
    expect(state.error).toMatchObject({ kind: 'overloaded_error' })
    expect(source.isReleased).toBe(true)
  })

  it('is none that ends without a finish reason', async () => {
    const { frames, give, end } = given()
    const { state } = reading(frames)
    await tick(0)
    await give('hi')
    await end()
    expect(state.error).toMatchObject({ kind: 'api_error' })
  })

  it('is refused where it nests without end, however long its frame is', async () => {
    const { frames, give } = given()
    const { state } = reading(frames)
    await tick(0)
    await give('['.repeat(50_000))
    expect(state.error).toMatchObject({ status: 502 })
  })
})

it('no empty batch goes out', async () => {
  const { frames, give } = given()
  const writer = new Writer({
    model: 'm',
    messageId: 'msg_1',
    newToolId: () => 'toolu_1',
    takenToolIds: [],
    inputEstimate: 1,
  })
  const batches = decode(frames, wordDecoder(writer), writer)
  let first: readonly StreamEvent[] | undefined
  void batches.next().then(({ value }) => (first = value as readonly StreamEvent[]))
  await tick(0)
  await give('usage')
  expect(first).toBeUndefined()
  await give('hi')
  expect(first?.length).toBeGreaterThan(0)
})

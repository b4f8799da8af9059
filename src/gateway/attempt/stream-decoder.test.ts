import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { chatBytes, sdkMessage, testWriter } from '../../../test/support/stream.ts'
import type { Protocol } from '../../protocols/protocol.ts'
import { decoder as gemini } from '../../protocols/gemini/response.ts'
import { decoder as chat } from '../../protocols/openai-chat/response.ts'
import { sseFrames } from '../../framing/sse.ts'
import type { StreamEvent } from '../../messages/events.ts'
import { decode, GRACE, type Grace, SHORT_GRACE } from './stream-decoder.ts'

/** The clock is moved; nothing waits. */
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const TARGET = { provider: 'p', model: 'm' }
const says = (delta: object, finish: string | null = null): object => ({
  choices: [{ delta, finish_reason: finish }],
})
const HELLO = says({ content: 'Hel' })
const END = says({}, 'stop')
const USAGE = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }
const FOREVER = Infinity

/** What a stream says, with pauses between, ms; Infinity: it is never ended. */
async function* stream(...steps: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const step of steps) {
    if (step instanceof Error) throw step
    if (step === FOREVER) await new Promise(() => undefined)
    else if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step))
    else yield new TextEncoder().encode(chatBytes(step))
  }
}

async function answer(
  steps: readonly unknown[],
  { format = chat, grace }: { format?: Protocol['decoder']; grace?: Grace } = {},
): Promise<{ text: string; stop: string | null; ms: number }> {
  const writer = testWriter()
  const events: StreamEvent[] = []
  const startedAt = performance.now()
  const reading = (async () => {
    const frames = sseFrames(stream(...steps))
    for await (const batch of decode(frames, format(writer, TARGET), writer, grace)) {
      events.push(...batch)
    }
    return performance.now() - startedAt
  })()
  reading.catch(() => undefined)
  await vi.runAllTimersAsync()
  const ms = await reading
  const { content, stop_reason: stop } = await sdkMessage(events)
  const text = content.map((block) => (block.type === 'text' ? block.text : block.type)).join(' ')
  return { text, stop, ms }
}

describe('behind a finish reason', () => {
  it('text is kept as long as it comes within a minute', async () => {
    const late = says({ content: 'lo' })
    expect(await answer([HELLO, END, 59_000, late, 59_000, late, '[DONE]'])).toMatchObject({
      text: 'Hellolo',
      stop: 'end_turn',
      ms: 118_000,
    })
    expect(await answer([HELLO, END, USAGE, 59_000, late, '[DONE]'])).toMatchObject({
      text: 'Hello',
    })
  })

  it('an answer ends at once with its mark or its connection', async () => {
    expect(await answer([HELLO, END, '[DONE]', FOREVER])).toMatchObject({ text: 'Hel', ms: 0 })
    expect(await answer([HELLO, END])).toMatchObject({ text: 'Hel', ms: 0 })
    expect(await answer([HELLO, END, 100, new Error('ECONNRESET')])).toMatchObject({
      text: 'Hel',
      stop: 'end_turn',
      ms: 100,
    })
  })

  it('a stream that is left open ends after a minute, whatever keeps it alive', async () => {
    expect(await answer([HELLO, END, USAGE, FOREVER])).toMatchObject({ ms: GRACE.marked })
    const empty = Array.from({ length: 20 }, () => [10_000, says({})]).flat()
    expect(await answer([HELLO, END, ...empty, FOREVER])).toMatchObject({ ms: GRACE.marked })
  })

  it('one in a format without an end mark ends sooner', async () => {
    const whole = { candidates: [{ content: { parts: [{ text: 'Hel' }] }, finishReason: 'STOP' }] }
    const ended = await answer([whole, FOREVER], { format: gemini })
    expect(ended).toMatchObject({ text: 'Hel', ms: GRACE.unmarked })
  })

  it('silence is reported, so that the next answer need not wait as long', async () => {
    const onSilence = vi.fn()
    await answer([HELLO, END, FOREVER], { grace: { ...GRACE, onSilence } })
    expect(onSilence).toHaveBeenCalledOnce()
    const ended = await answer([HELLO, END, FOREVER], { grace: SHORT_GRACE })
    expect(ended).toMatchObject({ text: 'Hel', ms: SHORT_GRACE.marked })
    const late = await answer([END, 15_000, HELLO, END, '[DONE]'], { grace: SHORT_GRACE })
    expect(late).toMatchObject({ text: 'Hel' })
  })
})

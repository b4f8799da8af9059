import { describe, expect, it } from 'vitest'
import type { ReceivedEvent } from '../../client/messages.ts'
import { EMPTY, withEvent, inAndOut } from './answer.ts'

const read = (...events: ReceivedEvent[]) =>
  events.reduce((draft, event, n) => withEvent(draft, event, n * 10), EMPTY)
const start = (usage: object): ReceivedEvent => ({ type: 'message_start', message: { usage } })
const delta = (fields: object): ReceivedEvent => ({ type: 'content_block_delta', delta: fields })
const end = (usage: object, reason = 'end_turn'): ReceivedEvent => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  usage,
})

describe('an answer read from its events', () => {
  it('is its text; reasoning is counted and counts as the first token', () => {
    const draft = read(
      start({}),
      delta({ type: 'thinking_delta', thinking: 'hm' }),
      delta({ type: 'text_delta', text: 'Hello' }),
      delta({ type: 'text_delta', text: ' you' }),
      end({ input_tokens: 5, output_tokens: 2 }),
    )
    expect(draft).toMatchObject({
      text: 'Hello you',
      thought: 2,
      firstTokenMs: 10,
      stopReason: 'end_turn',
    })
    expect(inAndOut(draft.usage)).toEqual({ in: 5, out: 2 })
  })

  it('has the counts of its end; those of the start only where the end leaves the input out', () => {
    const text = delta({ text: 'x' })
    expect(
      read(start({ input_tokens: 99 }), text, end({ input_tokens: 7, output_tokens: 3 })).usage,
    ).toMatchObject({ input: 7, output: 3 })
    expect(read(start({ input_tokens: 99 }), text, end({ output_tokens: 3 })).usage).toMatchObject({
      input: 99,
      output: 3,
    })
  })

  it('has no counts where nobody counted, or the end never came', () => {
    const text = delta({ text: 'x' })
    expect(read(start({ input_tokens: 99 }), text, end({ output_tokens: 0 })).usage).toBeNull()
    expect(read(start({ input_tokens: 99 }), text).usage).toBeNull()
  })

  it('adds up what was cached', () => {
    const usage = {
      input_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
      output_tokens: 1,
    }
    expect(inAndOut(read(start({}), end(usage)).usage)).toEqual({ in: 125, out: 1 })
  })

  it('survives events that are not as they should be', () => {
    expect(
      read(
        {},
        { type: 'message_start' },
        { type: 'content_block_delta', delta: null },
        { type: 'message_delta' },
        { type: 'new' },
      ),
    ).toMatchObject({ text: '', stopReason: null })
  })
})

import { describe, expect, it } from 'vitest'
import { completed, event, message, text, USAGE } from '../../../test/support/responses.ts'
import { TARGET, testWriter } from '../../../test/support/stream.ts'
import type { StopReason } from '../../messages/events.ts'
import { decoder, stopReason } from './response.ts'
import type { ResponseObject } from './types.ts'

/** A decoder that is fed frame by frame, and what its writer has said. */
function fed() {
  const writer = testWriter()
  const decoding = decoder(writer, TARGET)
  const frame = (data: unknown, named = '') => {
    decoding.push({ event: named, data: typeof data === 'string' ? data : JSON.stringify(data) })
  }
  const shown = () =>
    writer.take().flatMap((one) => (one.type === 'content_block_delta' ? [one.delta] : []))
  return { decoding, frame, shown }
}

describe('the frames of an answer of Responses', () => {
  it('end with the last event: what comes behind it is not read', () => {
    const { decoding, frame, shown } = fed()
    expect(decoding.isDone()).toBe(false)
    frame(text('Hi'))
    expect(decoding.isDone()).toBe(false)
    frame(completed())
    expect(decoding.isDone()).toBe(true)
    frame(text('more'))
    frame('<html>')
    decoding.end()
    expect(shown()).toEqual([{ type: 'text_delta', text: 'Hi' }])
  })

  it('may hold the end mark of other formats, which ends nothing', () => {
    const { decoding, frame, shown } = fed()
    frame(text('half'))
    frame('[DONE]')
    expect(decoding.isDone()).toBe(false)
    expect(shown()).toEqual([{ type: 'text_delta', text: 'half' }])
    expect(() => {
      decoding.end()
    }).toThrow(
      expect.objectContaining({
        kind: 'api_error',
        status: 502,
        message: 'p ended its answer before it was complete (no response.completed).',
      }),
    )
  })

  it('may name the event themselves, and count for nothing where the event names itself', () => {
    const { frame, shown } = fed()
    frame({ delta: 'Hel', output_index: 0 }, 'response.output_text.delta')
    frame(text('lo'), 'response.created')
    frame(text('!'), 'message')
    expect(shown().map((delta) => ('text' in delta ? delta.text : delta))).toEqual([
      'Hel',
      'lo',
      '!',
    ])
  })

  it.each(['7', 'null', 'true', '"["', '[', ''])('that hold no object fail: %j', (data) => {
    const { frame } = fed()
    expect(() => {
      frame(data, 'response.output_text.delta')
    }).toThrow(
      expect.objectContaining({
        kind: 'api_error',
        status: 502,
        message: 'p sent a chunk that is not JSON.',
      }),
    )
  })

  it('are errors by their words only where they name no event and hold no answer', async () => {
    const whole = await message(
      event('created', { message: 'hello' }),
      event('in_progress', { detail: 'queued' }),
      text('Hi'),
      completed(),
    )
    expect(whole.content).toEqual([{ type: 'text', text: 'Hi' }])
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }]
    const document = await message({ output, message: 'hello', usage: USAGE })
    expect(document.content).toEqual(whole.content)
    await expect(message(text('Hi'), { message: 'The frob is unknown.' })).rejects.toMatchObject({
      kind: 'api_error',
      message: 'p: The frob is unknown.',
    })
  })
})

describe('why a whole answer of Responses ended', () => {
  it.each<readonly [ResponseObject, StopReason | undefined]>([
    [{}, 'end_turn'],
    [{ status: 'completed' }, 'end_turn'],
    [{ status: 'incomplete' }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: null }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: null } }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'toString' } }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'refusal'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_tool_calls' } }, 'end_turn'],
    [{ status: 'completed', incomplete_details: { reason: 'content_filter' } }, 'end_turn'],
    [{ status: 'failed' }, undefined],
    [{ status: 'cancelled' }, undefined],
  ])('is read from %j: %s', (response, reason) => {
    expect(stopReason(response)).toBe(reason)
  })
})

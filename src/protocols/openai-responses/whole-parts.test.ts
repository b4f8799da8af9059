import { describe, expect, it } from 'vitest'
import { type WholePart, wholePartIn } from './response.ts'
import type { StreamEvent } from './types.ts'

const event = (type: string, more: Omit<StreamEvent, 'type'> = {}): StreamEvent => ({
  type: `response.${type}`,
  content_index: 3,
  summary_index: 5,
  ...more,
})

describe('a part that is told whole', () => {
  it.each<readonly [StreamEvent, WholePart]>([
    [event('output_text.done', { text: 'Hi' }), { kind: 'message', at: 3, text: 'Hi' }],
    [event('refusal.done', { refusal: 'No' }), { kind: 'message', at: 3, text: 'No' }],
    [
      event('reasoning_summary_text.done', { text: 'hm' }),
      { kind: 'reasoning', at: 5, text: 'hm' },
    ],
    [
      event('reasoning_summary_part.done', { part: { type: 'summary_text', text: 'hm' } }),
      { kind: 'reasoning', at: 5, text: 'hm' },
    ],
    [event('reasoning_summary_part.done'), { kind: 'reasoning', at: 5, text: undefined }],
    [
      event('reasoning_summary_part.done', { part: null }),
      { kind: 'reasoning', at: 5, text: undefined },
    ],
    [event('reasoning_text.done', { text: 'raw' }), { kind: 'reasoning', text: 'raw' }],
    [
      event('content_part.done', { part: { type: 'output_text', text: 'Hi' } }),
      { kind: 'message', at: 3, text: 'Hi' },
    ],
    [
      event('content_part.done', { part: { type: 'refusal', refusal: 'No' } }),
      { kind: 'message', at: 3, text: 'No' },
    ],
    [
      event('content_part.done', { part: { text: 'Hi', refusal: 'No' } }),
      { kind: 'message', at: 3, text: 'Hi' },
    ],
    [
      event('content_part.done', { part: { type: 'reasoning_text', text: 'raw' } }),
      { kind: 'reasoning', text: 'raw' },
    ],
  ])('is read from its event: %j', (wire, part) => {
    expect(wholePartIn(wire)).toStrictEqual(part)
  })

  it.each<StreamEvent>([
    event('content_part.done'),
    event('content_part.done', { part: null }),
    event('content_part.added', { part: { type: 'output_text', text: 'Hi' } }),
    event('output_text.delta', { delta: 'Hi', text: 'Hi' }),
    event('function_call_arguments.done', { text: 'Hi' }),
    { type: '', text: 'Hi', part: { text: 'Hi' } },
    { text: 'Hi', part: { text: 'Hi' } },
  ])('is in no other event: %j', (wire) => {
    expect(wholePartIn(wire)).toBeUndefined()
  })
})

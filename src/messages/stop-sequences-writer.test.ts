import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireLegal } from '../../test/support/stream.ts'
import type { StreamEvent } from './events.ts'
import { writerFor } from './stop-sequences.ts'
import type { Writer } from './writer.ts'

/** The blocks of an answer, and what is said in them. */
function blocksOf(speak: (writer: Writer) => void, sequences = ['END']) {
  const { events } = spoken(speak, sequences)
  return events.flatMap((e) => {
    if (e.type === 'content_block_start') return [e.content_block.type]
    if (e.type !== 'content_block_delta') return []
    return Object.values(e.delta).slice(1)
  })
}

function spoken(speak: (writer: Writer) => void, sequences = ['</severity>']) {
  const parts = {
    model: 'p,m',
    messageId: 'msg_1',
    newToolId: () => 'toolu_1',
    takenToolIds: [],
    inputEstimate: 1,
  }
  const writer = writerFor(parts, sequences)
  speak(writer)
  writer.stop('end_turn')
  writer.finish()
  const events = writer.take()
  requireLegal(events)
  return {
    events,
    text: textOf(events),
    delta: events.find((e) => e.type === 'message_delta')?.delta,
  }
}

function textOf(events: readonly StreamEvent[]): string {
  return events
    .map((e) =>
      e.type === 'content_block_delta' && e.delta.type === 'text_delta' ? e.delta.text : '',
    )
    .join('')
}

describe('an answer with stop sequences', () => {
  it('ends where one begins, though the target did not stop there', () => {
    const { text, delta } = spoken((writer) => {
      writer.thinking('</severity> thought of')
      for (const piece of ['<severity>1', '0</sev', 'erity> because', ' …']) writer.text(piece)
      writer.tool('1', { name: 'T', args: '{}' })
    })
    expect(text).toBe('<severity>10')
    expect(delta).toEqual({ stop_reason: 'stop_sequence', stop_sequence: '</severity>' })
  })

  it('has nothing behind it, also where it is all there is', () => {
    for (const before of ['', 'one ']) {
      const blocks = blocksOf((writer) => {
        writer.text(`${before}END two`)
        writer.thinking('more')
        writer.signature('s')
        writer.text('three')
        writer.tool('1', { name: 'T', args: '{}' })
      })
      expect(blocks).toEqual(before === '' ? [] : ['text', before])
    }
  })

  it('has all that stands before it, in order', () => {
    const blocks = blocksOf((writer) => {
      writer.thinking('hm')
      writer.signature('s')
      writer.text('one E')
      writer.tool('1', { name: 'T', args: '{"x":1}' })
      writer.text('END')
    })
    expect(blocks).toEqual(['thinking', 'hm', 's', 'text', 'one ', 'E', 'tool_use', '{"x":1}'])
  })

  it('is whole where none is met, also what looked like the beginning of one', () => {
    const { text, delta } = spoken((writer) => writer.text('<severity>10</sev'))
    expect(text).toBe('<severity>10</sev')
    expect(delta).toEqual({ stop_reason: 'end_turn', stop_sequence: null })
    expect(spoken((w) => w.text('a</severity>'), []).text).toBe('a</severity>')
  })

  it('says what it held back before it says something else', () => {
    const { text } = spoken((writer) => {
      writer.text('one </')
      writer.tool('1', { name: 'T', args: '{}' })
      writer.text('severity>')
    })
    expect(text).toBe('one </severity>')
  })

  it('ends at the same place however the text is cut', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'ba', ' ')
    fc.assert(
      fc.property(
        fc.array(word),
        fc.array(fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b') }), {
          minLength: 1,
          maxLength: 3,
        }),
        (pieces, stops) => {
          const whole = pieces.join('')
          const ends = stops.map((stop) => whole.indexOf(stop)).filter((at) => at !== -1)
          const { text } = spoken((writer) => {
            for (const piece of pieces) writer.text(piece)
          }, stops)
          // A sequence that is whole earlier wins over one that began earlier, as in a server's stream.
          expect(whole.startsWith(text)).toBe(true)
          if (ends.length === 0) expect(text).toBe(whole)
          else for (const stop of stops) expect(text).not.toContain(stop)
        },
      ),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage } from '../../../test/support/stream.ts'
import { GrowingText } from './response-text.ts'

const read = (...chunks: readonly string[]): string => {
  const text = new GrowingText()
  return chunks.map((chunk) => text.read(chunk)).join('') + text.release()
}

describe('text of which every chunk holds all so far', () => {
  it('is said once', () => {
    expect(read('The', 'The user', 'The user asks.')).toBe('The user asks.')
    expect(read('The user says so', 'The user says so.')).toBe('The user says so.')
    expect(read('Let', 'Let me', 'Let me see', 'Let me see', 'Let me')).toBe('Let me see')
  })

  it('is told from pieces that happen to begin alike', () => {
    expect(read('ha', 'ha')).toBe('haha')
    expect(read('1', '10', ' is 110')).toBe('110 is 110')
    expect(read('\n', '\n\n', 'So')).toBe('\n\n\nSo')
    expect(read('The ', 'cat', ' sat', ' The ')).toBe('The cat sat The ')
  })

  it('grows in any steps', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 80 }), fc.array(fc.nat(80)), (all, cuts) => {
        const ends = [...new Set([...cuts.map((cut) => 1 + (cut % all.length)), all.length])]
        ends.sort((a, b) => a - b)
        if (ends.length < 3) return
        expect(read(...ends.map((end) => all.slice(0, end)))).toBe(all)
      }),
    )
  })

  it('loses nothing of pieces, whatever they are', () => {
    const piece = fc.string({ minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const [first = '', second = '', third = ''] = pieces
        const looksGrowing = second.startsWith(first) && third.startsWith(second)
        if (!looksGrowing || third.length === second.length) {
          expect(read(...pieces)).toBe(pieces.join(''))
        }
      }),
    )
  })
})

const message = async (...deltas: readonly object[]) =>
  sdkMessage(
    await chatEvents(
      reads(
        chatBytes(
          ...deltas.map((delta) => ({ choices: [{ delta }] })),
          { choices: [{ delta: {}, finish_reason: 'stop' }] },
          '[DONE]',
        ),
      ),
    ),
  )

describe('an answer', () => {
  const details = (text: string): object => ({
    reasoning_details: [{ type: 'reasoning.text', index: 0, text }],
  })

  it('with growing reasoning, and then growing text', async () => {
    const { content } = await message(
      details('The user'),
      details('The user asks'),
      details('The user asks why.'),
      { content: 'Be' },
      { content: 'Because' },
      { content: 'Because it is.' },
    )
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'The user asks why.' },
      { type: 'text', text: 'Because it is.' },
    ])
  })

  it('with reasoning and text in pieces', async () => {
    const { content } = await message(
      details('The'),
      details(' user'),
      details(' asks.'),
      { content: 'No' },
      { content: 'No' },
      { content: ', no.' },
    )
    expect(content).toMatchObject([
      { thinking: 'The user asks.' },
      { type: 'text', text: 'NoNo, no.' },
    ])
  })

  it('that is told whole once more at its end is told once', async () => {
    const calls = [{ index: 0, id: 'a', function: { name: 'T', arguments: '{"x":1}' } }]
    const whole = {
      role: 'assistant',
      content: 'Hello',
      reasoning_content: 'hm',
      tool_calls: [{ id: 'a', function: { name: 'T', arguments: '{"x":1}' } }],
    }
    const events = await chatEvents(
      reads(
        chatBytes(
          { choices: [{ delta: { reasoning_content: 'hm' } }] },
          { choices: [{ delta: { content: 'Hel' } }] },
          { choices: [{ delta: { content: 'lo' } }] },
          { choices: [{ delta: { tool_calls: calls } }] },
          { choices: [{ message: whole, finish_reason: 'tool_calls' }] },
          '[DONE]',
        ),
      ),
    )
    const { content } = await sdkMessage(events)
    const shown = content.map((block) => (block.type === 'text' ? block.text : block.type))
    expect(shown.join(' ')).toBe('thinking Hello tool_use')
  })
})

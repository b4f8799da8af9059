import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireLegal, sdkMessage, testWriter } from '../../test/support/stream.ts'
import type { Writer, WriterParts } from './writer.ts'

async function written(say: (writer: Writer) => void, parts: Partial<WriterParts> = {}) {
  const writer = testWriter(parts)
  say(writer)
  writer.finish()
  return sdkMessage(writer.take())
}

describe('the writer', () => {
  it('opens a block per kind and closes it where the next begins', async () => {
    const message = await written((w) => {
      w.thinking('hm')
      w.signature('s')
      w.text('a')
      w.text('b')
      w.stop('end_turn')
    })
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'ab' },
    ])
  })

  it('holds interleaved calls back so that only one block is open', async () => {
    const message = await written((w) => {
      w.tool('0', { id: 'a', name: 'A', args: '{"x"' })
      w.tool('1', { id: 'b', name: 'B', args: '{"y"' })
      w.tool('0', { args: ':1}' })
      w.tool('1', { args: ':2}' })
      w.stop('tool_use')
    })
    expect(message.content).toMatchObject([
      { id: 'a', name: 'A', input: { x: 1 } },
      { id: 'b', name: 'B', input: { y: 2 } },
    ])
  })

  it('gives back the room for what it held: a long answer may hold back again and again', () => {
    const writer = testWriter()
    const piece = 'x'.repeat(4 * 1024 * 1024)
    for (let n = 0; n < 20; n += 1) {
      writer.tool(String(n), { name: 'A', args: '{"x":' })
      writer.text(piece)
      writer.tool(String(n), { args: '1}' })
    }
    writer.stop('tool_use')
    writer.finish()
    const started = writer.take().filter(({ type }) => type === 'content_block_start')
    expect(started).toHaveLength(40)
  })

  it('streams the second call at once when the first is whole', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', name: 'A', args: '{"x":1}' })
    writer.tool('1', { id: 'b', name: 'B', args: '{"y"' })
    expect(writer.take().at(-1)).toMatchObject({ index: 1, delta: { partial_json: '{"y"' } })
  })

  it('keeps text that comes while a call is open for after it', async () => {
    const message = await written((w) => {
      w.tool('0', { id: 'a', name: 'A', args: '{"x":' })
      w.text('beside')
      w.tool('0', { args: '1}' })
      w.stop('tool_use')
    })
    expect(message.content).toMatchObject([{ input: { x: 1 } }, { text: 'beside' }])
  })

  it('replaces ids that are missing, repeated or already in the conversation', async () => {
    const message = await written(
      (w) => {
        for (const [key, id] of [
          ['0', ''],
          ['1', 'dup'],
          ['2', 'dup'],
          ['3', 'old'],
        ] as const) {
          w.tool(key, { id, name: 'T', args: '{}' })
        }
        w.stop('tool_use')
      },
      { takenToolIds: ['old'] },
    )
    const ids = message.content.map((block) => (block.type === 'tool_use' ? block.id : ''))
    expect(ids).toEqual(['toolu_1', 'dup', 'toolu_2', 'toolu_3'])
  })

  it('tells the truth about the stop reason whatever the upstream said', async () => {
    const withCall = await written((w) => {
      w.tool('0', { id: 'a', name: 'A' })
      w.stop('end_turn')
    })
    const without = await written((w) => {
      w.text('x')
      w.stop('tool_use')
    })
    expect([withCall.stop_reason, without.stop_reason]).toEqual(['tool_use', 'end_turn'])
  })

  it('waits for a name that comes after the id and refuses a call that never gets one', async () => {
    const late = await written((w) => {
      w.tool('0', { id: 'a', args: '{"x"' })
      w.tool('0', { name: 'A', args: ':1}' })
      w.stop('tool_use')
    })
    expect(late.content).toMatchObject([{ name: 'A', input: { x: 1 } }])
    const writer = testWriter()
    writer.tool('0', { id: 'a', args: '{}' })
    writer.stop('tool_use')
    expect(() => writer.finish()).toThrow('without a name')
  })

  it('ignores an empty or repeated piece of a finished call and refuses a new one', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', name: 'A', args: '{"x":1}' })
    writer.text('after')
    writer.tool('0', { args: '' })
    writer.tool('0', { args: '{"x":1}' })
    expect(() => writer.tool('0', { args: ',"y":2' })).toThrow('finished tool call')
  })

  it('says nothing before there is content, and ends an empty answer legally', async () => {
    const writer = testWriter()
    writer.text('')
    expect(writer.take()).toEqual([])
    const message = await written((w) => w.stop('end_turn'))
    expect(message.content).toEqual([])
  })

  it('never ends an answer without a stop reason', () => {
    const writer = testWriter()
    writer.text('half')
    expect(() => writer.finish()).toThrow('before it was complete')
  })

  it('makes a legal sequence of anything, and loses nothing', () => {
    const word = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), text: fc.string() }),
      fc.record({ kind: fc.constant('thinking' as const), text: fc.string() }),
      fc.record({
        kind: fc.constant('tool' as const),
        key: fc.integer({ min: 0, max: 3 }),
        text: fc.constantFrom('', '1', '"a', 'x'),
      }),
    )
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const writer = testWriter()
        const args = new Map<number, string>()
        let text = ''
        for (const w of words) {
          if (w.kind === 'tool') {
            writer.tool(String(w.key), { id: `t${String(w.key)}`, name: 'T', args: w.text })
            args.set(w.key, (args.get(w.key) ?? '') + w.text)
          } else if (w.kind === 'text') {
            writer.text(w.text)
            text += w.text
          } else writer.thinking(w.text)
        }
        writer.stop('end_turn')
        writer.finish()
        const events = writer.take()
        requireLegal(events)
        const out = { text: '', json: '' }
        for (const event of events) {
          if (event.type !== 'content_block_delta') continue
          if (event.delta.type === 'text_delta') out.text += event.delta.text
          if (event.delta.type === 'input_json_delta') out.json += event.delta.partial_json
        }
        expect(out.text).toBe(text)
        expect(out.json).toBe([...args.values()].join(''))
      }),
    )
  })
})

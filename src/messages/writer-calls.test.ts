import { describe, expect, it } from 'vitest'
import { sdkMessage, testWriter } from '../../test/support/stream.ts'
import type { StreamEvent } from './events.ts'
import type { ToolPart, Writer, WriterParts } from './writer.ts'

const MEGA = 1024 * 1024

async function contentOf(say: (writer: Writer) => void, parts: Partial<WriterParts> = {}) {
  const writer = testWriter(parts)
  say(writer)
  writer.stop('end_turn')
  writer.finish()
  return (await sdkMessage(writer.take())).content
}

/** Calls of one key, piece by piece. */
function calls(...pieces: readonly ToolPart[]) {
  return contentOf((writer) => {
    for (const piece of pieces) writer.tool('0', piece)
  })
}

function call(id: string, input: object, name = 'T') {
  return { type: 'tool_use', id, name, input }
}

/** The blocks that a piece begins, and the arguments that it shows. */
function due(writer: Writer, say: (writer: Writer) => void): readonly unknown[] {
  writer.take()
  say(writer)
  return writer.take().flatMap(sayable)
}

function sayable(event: StreamEvent): readonly unknown[] {
  if (event.type === 'content_block_start') return [event.content_block.type]
  if (event.type !== 'content_block_delta') return []
  return event.delta.type === 'input_json_delta' ? [event.delta.partial_json] : []
}

describe('calls under one key', () => {
  const first = { id: 'a', name: 'T', args: '{"x":1}' }

  it.each<[string, ToolPart[], object[]]>([
    ['said twice', [first, first], [{ x: 1 }]],
    ['said again without an id', [first, { args: '{"x":1}' }], [{ x: 1 }]],
    ['said again in pieces', [first, { args: '{"x"' }, { args: ':1}' }], [{ x: 1 }]],
    ['said again and cut', [first, { args: '{"x"' }], [{ x: 1 }]],
    ['said again as nothing', [first, { args: '{}' }], [{ x: 1 }]],
    ['said three times', [first, first, first], [{ x: 1 }]],
    ['in one piece', [{ ...first, args: '{"x":1}{"x":1}' }], [{ x: 1 }]],
  ])('are one that is %s', async (_, pieces, inputs) => {
    expect(await calls(...pieces)).toEqual(inputs.map((input) => call('a', input)))
  })

  it.each<[string, ToolPart[], object[]]>([
    ['in pieces', [first, { args: '{"x"' }, { args: ':2}' }], [{ x: 1 }, { x: 2 }]],
    ['whole', [first, { args: '{"x":2}' }], [{ x: 1 }, { x: 2 }]],
    ['in one piece', [{ ...first, args: '{"x":1}{"x":2}' }], [{ x: 1 }, { x: 2 }]],
    ['behind nothing', [first, { args: '{}' }, { args: '{"x":2}' }], [{ x: 1 }, { x: 2 }]],
    ['with the same id', [first, { ...first, args: '{"x":2}' }], [{ x: 1 }, { x: 2 }]],
    [
      'said twice too',
      [first, { ...first, args: '{"x":2}' }, { ...first, args: '{"x":2}' }],
      [{ x: 1 }, { x: 2 }],
    ],
  ])('are two that say something else: %s', async (_, pieces, inputs) => {
    const content = await calls(...pieces)
    expect(content).toMatchObject(inputs.map((input) => ({ name: 'T', input })))
    expect(content).toHaveLength(inputs.length)
    expect(new Set(content.map((block) => 'id' in block && block.id)).size).toBe(inputs.length)
  })

  it('are two that have ids of their own, though they say the same', async () => {
    expect(await calls(first, { ...first, id: 'b' })).toEqual([
      call('a', { x: 1 }),
      call('b', { x: 1 }),
    ])
  })

  it('show the second one when it is known to be another', () => {
    const writer = testWriter()
    writer.tool('0', first)
    expect(due(writer, (w) => w.tool('0', { args: '{"x"' }))).toEqual([])
    expect(due(writer, (w) => w.tool('0', { args: ':2' }))).toEqual([])
    expect(due(writer, (w) => w.tool('0', { args: '}' }))).toEqual(['tool_use', '{"x":2}'])
  })

  it('lose nothing that waits beside a call that is said twice', async () => {
    const content = await contentOf((w) => {
      w.tool('1', { id: 'o', name: 'O', args: '{"o":' })
      w.text('beside')
      w.tool('0', first)
      w.tool('0', first)
      w.thinking('hm')
      w.tool('1', { args: '1}' })
      w.text('after')
    })
    expect(content).toMatchObject([
      call('o', { o: 1 }, 'O'),
      { text: 'beside' },
      call('a', { x: 1 }),
      { thinking: 'hm' },
      { text: 'after' },
    ])
    expect(content).toHaveLength(5)
  })

  it('give back the room for what was said twice', () => {
    const writer = testWriter()
    const big = { name: 'T', args: JSON.stringify({ x: 'x'.repeat(MEGA) }) }
    writer.tool('1', { id: 'o', name: 'O', args: '{"o":' })
    writer.text('x'.repeat(61 * MEGA))
    for (let n = 0; n < 4; n += 1) writer.tool('0', big)
    writer.stop('end_turn')
    writer.finish()
    const started = writer.take().filter(({ type }) => type === 'content_block_start')
    expect(started).toHaveLength(3)
  })
})

describe('the name of a call', () => {
  it('may come in pieces, where none was offered and where it was', async () => {
    const pieces = [{ id: 'a', name: 'Re' }, { name: 'ad' }, { args: '{"x":1}' }]
    expect(await calls(...pieces)).toEqual([call('a', { x: 1 }, 'Read')])
    const offered = await contentOf(
      (w) => {
        w.tool('0', { id: 'a', name: 'Re', args: '{"x"' })
        w.tool('0', { name: 'ad', args: ':1}' })
      },
      { toolNames: ['Read', 'Write'] },
    )
    expect(offered).toEqual([call('a', { x: 1 }, 'Read')])
  })

  it('may be said with every piece', async () => {
    const content = await contentOf(
      (w) => {
        for (const args of ['{"x"', ':1}', '{"x":', '2}'])
          w.tool('0', { id: 'a', name: 'Go', args })
      },
      { toolNames: ['Go', 'GoGo'] },
    )
    expect(content).toMatchObject([{ name: 'Go' }, { name: 'Go' }])
  })

  it('may come when all else of the call and the next block are there', async () => {
    const content = await contentOf((w) => {
      w.tool('0', { id: 'a', args: '{"x":1}' })
      w.text('after')
      w.tool('0', { name: 'T' })
    })
    expect(content).toMatchObject([call('a', { x: 1 }), { text: 'after' }])
  })

  it('that never comes is a fault of the upstream', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', args: '{"x":1}' })
    writer.stop('end_turn')
    expect(() => writer.finish()).toThrow(expect.objectContaining({ kind: 'api_error' }) as Error)
  })
})

describe('calls beside each other', () => {
  it('may begin with an empty object and go on when the next one has begun', async () => {
    const content = await contentOf((w) => {
      w.tool('0', { id: 'a', name: 'A', args: '{}' })
      w.tool('1', { id: 'b', name: 'B', args: '{"y":2}' })
      w.tool('0', { args: '{"x":1}' })
    })
    expect(content).toEqual([call('a', { x: 1 }, 'A'), call('b', { y: 2 }, 'B')])
  })

  it('are over where a text begins, also one without arguments', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', name: 'A', args: '{}' })
    expect(due(writer, (w) => w.text('x'))).toEqual(['{}', 'text'])
  })

  it('show the next one as soon as the first is whole', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', name: 'A', args: '{"x":' })
    writer.tool('1', { id: 'b', name: 'B', args: '{"y":' })
    writer.tool('0', { args: '1}' })
    const more = due(writer, (w) => w.tool('2', { id: 'c', name: 'C', args: '{}' }))
    expect(more).toEqual(['tool_use', '{"y":'])
  })

  it('take an empty or blank piece when they are over, and nothing else', () => {
    const writer = testWriter()
    writer.tool('0', { id: 'a', name: 'A', args: '{"x":1}' })
    writer.text('after')
    writer.tool('0', { args: ' \n' })
    expect(() => writer.tool('0', { args: '}' })).toThrow(
      expect.objectContaining({ kind: 'api_error' }) as Error,
    )
  })
})

describe('an answer that is out of order', () => {
  const tooMuch = expect.objectContaining({ kind: 'api_error' }) as Error

  it('is held back as far as 64 MB, and no further', () => {
    const writer = testWriter()
    writer.tool('0', { name: 'A', args: '{"x":' })
    writer.text('x'.repeat(64 * MEGA))
    expect(() => writer.text('x')).toThrow(tooMuch)
  })

  it('is no longer held back than that in the arguments of a call either', () => {
    const writer = testWriter()
    writer.tool('0', { name: 'A', args: '{"x":' })
    writer.text('x'.repeat(60 * MEGA))
    writer.tool('1', { name: 'B', args: `"${'x'.repeat(4 * MEGA - 1)}` })
    expect(() => writer.tool('1', { args: 'x' })).toThrow(tooMuch)
  })

  it('is none without a stop reason', () => {
    const writer = testWriter()
    writer.text('half')
    expect(() => writer.finish()).toThrow(tooMuch)
  })
})

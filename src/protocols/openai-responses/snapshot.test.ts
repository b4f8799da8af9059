import { describe, expect, it } from 'vitest'
import { compared, ItemList } from './response-items.ts'
import type { OutputItem } from './types.ts'

/** All hand-written. An item that was streamed: what came of it, and how it is told apart. */
interface Came {
  readonly kind?: string
  readonly text?: string
  readonly id?: string
  readonly callId?: string
  readonly name?: string
  readonly source?: 'summary' | 'content'
}

function list(...came: readonly Came[]): ItemList {
  const items = new ItemList()
  for (const { kind = 'message', text = '', id, ...state } of came) {
    const item = items.add(kind, undefined, [id])
    items.keep(item, 0, text)
    Object.assign(item, state)
  }
  return items
}

const message = (...texts: readonly string[]): OutputItem => ({
  type: 'message',
  content: texts.map((text) => ({ type: 'output_text', text })),
})
const thought = (...texts: readonly string[]): OutputItem => ({
  type: 'reasoning',
  summary: texts.map((text) => ({ type: 'summary_text', text })),
})
const call = (args: string, more: Omit<OutputItem, 'type'> = {}): OutputItem => ({
  type: 'function_call',
  arguments: args,
  ...more,
})
const X = '{"x":1}'
const Y = '{"y":2}'

/** For each item of the snapshot the place of the streamed one; -1: it was not streamed. */
function pairs(output: readonly OutputItem[], streamed: ItemList): readonly number[] {
  return compared(output, streamed).map(({ streamed: item }) =>
    item === undefined ? -1 : streamed.all.indexOf(item),
  )
}

describe('an item of the snapshot', () => {
  it.each<readonly [string, readonly OutputItem[], readonly Came[], readonly number[]]>([
    [
      'the streamed one of its id, whatever it says',
      [
        { ...message('one'), id: 'b' },
        { ...message('two'), id: 'a' },
      ],
      [
        { id: 'a', text: 'one' },
        { id: 'b', text: 'two' },
      ],
      [1, 0],
    ],
    [
      'the one that has its id under the other name',
      [call(X, { item_id: 'b' }), call(Y, { item_id: 'a' })],
      [
        { kind: 'call', id: 'a', text: X },
        { kind: 'call', id: 'b', text: Y },
      ],
      [1, 0],
    ],
    [
      'no second one once it was found by its id',
      [{ ...message('one'), id: 'a' }],
      [{ id: 'a', text: 'one' }, { text: 'one' }],
      [0],
    ],
    [
      'the one that says the same where it has an id of a call only',
      [call(Y, { call_id: 'cb' }), call(X, { call_id: 'ca' })],
      [
        { kind: 'call', text: X },
        { kind: 'call', text: Y },
      ],
      [1, 0],
    ],
    [
      'the call of its id, whatever its arguments',
      [call(X, { call_id: 'cb' }), call(Y, { call_id: 'ca' })],
      [
        { kind: 'call', callId: 'ca', text: X },
        { kind: 'call', callId: 'cb', text: Y },
      ],
      [1, 0],
    ],
    [
      'the one that says the same where the ids are empty',
      [call(Y, { call_id: '' }), call(X, { call_id: '' })],
      [
        { kind: 'call', text: X },
        { kind: 'call', text: Y },
      ],
      [1, 0],
    ],
    [
      'the one that says the same in other parts',
      [message('tw', 'o'), message('on', 'e')],
      [{ text: 'one' }, { text: 'two' }],
      [1, 0],
    ],
    [
      'the one that is its beginning, or the other way',
      [message('two more'), message('on')],
      [{ text: 'one' }, { text: 'two' }],
      [1, 0],
    ],
    [
      'the one that is left where it says nothing',
      [message(), message('one')],
      [{ text: 'one' }, { text: 'two' }],
      [1, 0],
    ],
    [
      'none of which nothing came where another says the same',
      [message('two'), message('three')],
      [{ text: '' }, { text: 'two' }],
      [1, 0],
    ],
    [
      'the next of its kind where none says the same',
      [message('three'), message('four')],
      [{ kind: 'reasoning', text: 'hm' }, { text: 'one' }, { text: 'two' }],
      [1, 2],
    ],
    ['none of another kind', [message('hm')], [{ kind: 'reasoning', text: 'hm' }], [-1]],
    ['none where more are told than came', [message('a'), message('b')], [{ text: 'a' }], [0, -1]],
    [
      'none of another name',
      [call(X, { name: 'Bash' })],
      [{ kind: 'call', name: 'Read', text: X }],
      [-1],
    ],
    ['one that has a name alone', [call(X)], [{ kind: 'call', name: 'Read', text: X }], [0]],
    ['one whose name did not come', [call(X, { name: 'Read' })], [{ kind: 'call', text: X }], [0]],
    [
      'the one of its name where both say the same',
      [call(X, { name: 'Bash' }), call(X, { name: 'Read' })],
      [
        { kind: 'call', name: 'Read', text: X },
        { kind: 'call', name: 'Bash', text: X },
      ],
      [1, 0],
    ],
    [
      'the reasoning that thought the same in the field that came',
      [
        { ...thought('In short, B'), content: [{ text: 'B' }] },
        { ...thought('In short, A'), content: [{ text: 'A' }] },
      ],
      [
        { kind: 'reasoning', text: 'A', source: 'content' },
        { kind: 'reasoning', text: 'B', source: 'content' },
      ],
      [1, 0],
    ],
  ])('is %s', (_, output, came, places) => {
    expect(pairs(output, list(...came))).toEqual(places)
  })

  it.each<readonly [string, readonly OutputItem[], number]>([
    [
      'once under one id',
      [
        { ...message('a'), id: 'm' },
        { ...message('a'), id: 'm' },
      ],
      1,
    ],
    [
      'once though cut otherwise',
      [
        { ...message('a', 'b'), id: 'm' },
        { ...message('ab'), id: 'm' },
      ],
      1,
    ],
    [
      'once though cut otherwise before',
      [
        { ...message('ab'), id: 'm' },
        { ...message('a', 'b'), id: 'm' },
      ],
      1,
    ],
    ['once under one id of a call', [call(X, { call_id: 'c' }), call(X, { call_id: 'c' })], 1],
    ['twice without ids', [message('a'), message('a')], 2],
    [
      'twice under an empty id',
      [
        { ...message('a'), id: '' },
        { ...message('a'), id: '' },
      ],
      2,
    ],
    [
      'twice under two ids',
      [
        { ...message('a'), id: 'm' },
        { ...message('a'), id: 'n' },
      ],
      2,
    ],
    [
      'twice of two kinds',
      [
        { ...message('a'), id: 'm' },
        { ...thought('a'), id: 'm' },
      ],
      2,
    ],
    [
      'twice where it says two things',
      [
        { ...message('a'), id: 'm' },
        { ...message('b'), id: 'm' },
      ],
      2,
    ],
  ])('counts %s', (_, output, count) => {
    expect(compared(output, list())).toHaveLength(count)
  })

  it('is known by what of its parts was not streamed, text and thoughts apart', () => {
    const output = [
      thought('h', 'mm'),
      message('Hel', 'lo'),
      call(X),
      message(' there', '!'),
      thought('ok'),
    ]
    const streamed = list(
      { kind: 'reasoning', text: 'hm' },
      { text: 'Hello' },
      { kind: 'call', text: X },
      { text: ' the' },
    )
    expect(compared(output, streamed)).toEqual([
      { item: output[0], streamed: streamed.all[0], missing: ['', 'm'] },
      { item: output[1], streamed: streamed.all[1], missing: ['', ''] },
      { item: output[2], streamed: streamed.all[2], missing: undefined },
      { item: output[3], streamed: streamed.all[3], missing: ['re', '!'] },
      { item: output[4], streamed: undefined, missing: ['ok'] },
    ])
  })

  it('is held against thoughts in the field that they came in', () => {
    const output = [{ ...thought('In short.'), content: [{ text: 'One two.' }] }]
    const streamed = list({ kind: 'reasoning', text: 'One ', source: 'content' })
    expect(compared(output, streamed)[0]?.missing).toEqual(['two.'])
  })

  it('misses nothing that is known where the texts differ, while thoughts may', () => {
    const output = [message('Other'), thought('hm.')]
    const streamed = list({ text: 'Hello' }, { kind: 'reasoning', text: 'hm' })
    expect(compared(output, streamed).map(({ missing }) => missing)).toEqual([undefined, ['.']])
  })
})

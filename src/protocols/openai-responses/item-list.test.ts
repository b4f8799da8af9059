import { describe, expect, it } from 'vitest'
import { type AnswerItem, ItemList } from './response-items.ts'
import type { OutputItem } from './types.ts'

const X = '{"x":1}'

/** Which item an event speaks of, where servers say it in different ways. */

type Known = Partial<Omit<AnswerItem, 'key' | 'kind' | 'ids' | 'index'>>

/** A list with one item of a kind. */
function listWith(kind: string, known: Known = {}, at: { index?: number; id?: string } = {}) {
  const list = new ItemList()
  return { list, item: addTo(list, kind, known, at) }
}

function addTo(
  list: ItemList,
  kind: string,
  known: Known = {},
  { index, id }: { index?: number; id?: string } = {},
): AnswerItem {
  return Object.assign(list.add(kind, index, [id]), known)
}

const called = (args: string, more: object = {}): OutputItem => ({
  type: 'function_call',
  arguments: args,
  ...more,
})

describe('the items of an answer', () => {
  it('are none at first, and each has a key and a place of its own', () => {
    const list = new ItemList()
    expect(list.all).toEqual([])
    const [first, second] = [list.add('message', null), list.add('message', 3)]
    expect(list.all).toEqual([first, second])
    expect(first.key).not.toBe(second.key)
    expect([first.index, second.index]).toEqual([undefined, 3])
    expect(first.ids).toEqual(new Set())
  })

  it('are known by their ids, as far as these are ids', () => {
    expect(new ItemList().add('call', 0, ['a', null, undefined, '', 7, 'b']).ids).toEqual(
      new Set(['a', 'b']),
    )
  })

  it('keep what came of each, by part, and of all of a kind', () => {
    const list = new ItemList()
    const [a, b] = [list.add('message'), list.add('message')]
    list.keep(a, 0, 'One')
    list.keep(b, 1, ' two')
    list.keep(a, 0, ' three')
    expect(a.text).toBe('One three')
    expect([...b.parts]).toEqual([[1, ' two']])
    expect(list.textOf('message')).toBe('One two three')
    expect(list.textOf('reasoning')).toBe('')
  })
})

describe('a piece', () => {
  it('belongs to the open item of its id', () => {
    const { list, item } = listWith('message', {}, { id: 'm', index: 0 })
    addTo(list, 'message', {}, { id: 'n', index: 0 })
    expect(list.ofPiece('message', { item_id: 'm', output_index: 0 })).toBe(item)
  })

  it('is another item’s where the one of its id is finished, but never another call’s', () => {
    const message = listWith('message', { isFinished: true }, { id: 'i' })
    expect(message.list.ofPiece('message', { item_id: 'i' })).not.toBe(message.item)
    const call = listWith('call', { isFinished: true }, { id: 'i' })
    expect(call.list.ofPiece('call', { item_id: 'i' })).toBe(call.item)
  })

  it('is never an item’s of another kind with the same id', () => {
    const { list, item } = listWith('reasoning', {}, { id: 'i' })
    const piece = list.ofPiece('message', { item_id: 'i' })
    expect(piece).not.toBe(item)
    expect(piece.kind).toBe('message')
    expect(list.ofPiece('message', { item_id: 'i' })).toBe(piece)
  })

  it('without an id belongs to the newest open item at its place', () => {
    const { list } = listWith('message', {}, { index: 0 })
    const second = addTo(list, 'message', {}, { index: 0 })
    addTo(list, 'message', {}, { index: 1 })
    expect(list.ofPiece('message', { output_index: 0 })).toBe(second)
  })

  it('without id and place belongs to the newest open item', () => {
    const { list, item } = listWith('message', {}, { index: 4, id: 'm' })
    addTo(list, 'message', { isFinished: true }, { index: 5 })
    expect(list.ofPiece('message', {})).toBe(item)
    expect(list.ofPiece('message', { output_index: null })).toBe(item)
  })

  it('with another id belongs to the item at its place all the same', () => {
    const { list, item } = listWith('message', { text: X }, { index: 0, id: 'k1' })
    expect(list.ofPiece('message', { output_index: 0, item_id: 'k2' })).toBe(item)
    const open = listWith('call', { text: '{"x"' }, { index: 0, id: 'k1' })
    expect(open.list.ofPiece('call', { output_index: 0, item_id: 'k2' })).toBe(open.item)
  })

  it('with another id begins another call where the arguments are whole', () => {
    const { list, item } = listWith('call', { text: X }, { index: 0, id: 'k1' })
    expect(list.ofPiece('call', { output_index: 0 })).toBe(item)
    expect(list.ofPiece('call', { output_index: 0, item_id: 'k2' })).not.toBe(item)
    const nameless = listWith('call', { text: X }, { index: 0 })
    expect(nameless.list.ofPiece('call', { output_index: 0, item_id: 'k2' })).toBe(nameless.item)
  })
})

describe('a whole part', () => {
  it('belongs to the item of its id, to the open one at its place, or to one that has it', () => {
    const { list, item } = listWith('message', { text: 'One.', isFinished: true }, { index: 0 })
    const open = addTo(list, 'message', {}, { index: 1, id: 'm' })
    expect(list.ofPart('message', { item_id: 'm', output_index: 0 }, 'x')).toBe(open)
    expect(list.ofPart('message', { output_index: 1 }, 'x')).toBe(open)
    expect(list.ofPart('message', { output_index: 0 }, 'One.')).toBe(item)
  })

  it('is a new item’s where the finished one at its place does not have it', () => {
    const { list, item } = listWith('message', { text: 'One.', isFinished: true }, { index: 0 })
    const other = list.ofPart('message', { output_index: 0, item_id: 'n' }, 'Two.')
    expect(other).not.toBe(item)
    addTo(list, 'message')
    expect(list.ofPiece('message', { item_id: 'n' })).toBe(other)
  })

  it('belongs to the item that says it where places are counted on', () => {
    const { list, item } = listWith('message', { text: 'Hello' }, { index: 1 })
    expect(list.ofPart('message', { output_index: 2 }, 'Hello')).toBe(item)
  })
})

describe('an item that is announced', () => {
  it('is the one of its id, also when it is announced twice', () => {
    const { list, item } = listWith('call', { callId: 'a', announced: {} }, { id: 'i', index: 0 })
    expect(list.ofAnnounced(called('', { id: 'i', call_id: 'a' }), { output_index: 0 })).toBe(item)
    // Not finished: an id that changes is no other call.
    expect(list.ofAnnounced(called('', { id: 'i', call_id: 'b' }), { output_index: 0 })).toBe(item)
  })

  it.each([
    ['a', 'b', false],
    ['a', 'a', true],
    ['a', undefined, true],
    ['', 'b', true],
  ])('under the id of a finished call %j is, as call %j, the same: %s', (callId, id, is) => {
    const known = { callId, isFinished: true, announced: {} }
    const { list, item } = listWith('call', known, { id: 'i', index: 0 })
    const announced = list.ofAnnounced(called('', { id: 'i', call_id: id }), { output_index: 0 })
    expect(announced === item).toBe(is)
  })

  it('is the one whose pieces came before it, and gives it its ids', () => {
    const { list, item } = listWith('call', { text: X }, { index: 0 })
    expect(list.ofAnnounced(called('', { id: 'i' }), { output_index: 0 })).toBe(item)
    expect(item.ids).toEqual(new Set(['i']))
  })

  it('is another one than that at its place which was announced, unless it is the same call', () => {
    const { list, item } = listWith('call', { announced: {}, callId: 'a' }, { index: 0 })
    expect(list.ofAnnounced(called('', { call_id: 'a' }), { output_index: 0 })).toBe(item)
    const other = list.ofAnnounced(called('', { item_id: 'i' }), { output_index: 0 })
    expect(other).not.toBe(item)
    expect([other.index, [...other.ids]]).toEqual([0, ['i']])
  })
})

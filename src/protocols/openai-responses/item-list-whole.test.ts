import { describe, expect, it } from 'vitest'
import { type AnswerItem, ItemList } from './response-items.ts'

const X = '{"x":1}'
const Y = '{"y":2}'

type Known = Partial<Omit<AnswerItem, 'key' | 'ids' | 'index'>> & {
  readonly index?: number
  readonly id?: string
}

/** A list with calls, or with messages where it says so. */
function listOf(...items: readonly Known[]) {
  const list = new ItemList()
  const all = items.map(({ kind = 'call', index, id, ...known }) =>
    Object.assign(list.add(kind, index, [id]), known),
  )
  return { list, all }
}

const messageItem = (text: string, more: object = {}) => ({
  type: 'message',
  content: [{ text }],
  ...more,
})
const called = (args: string, more: object = {}) => ({
  type: 'function_call',
  arguments: args,
  ...more,
})

/** Which item a whole one is: its place among those that are known, -1 for a new one. */
function found(
  items: readonly Known[],
  whole: ReturnType<typeof messageItem> | ReturnType<typeof called>,
  output_index?: number,
): number {
  const { list, all } = listOf(...items)
  const item = list.ofFinished(whole, output_index === undefined ? {} : { output_index })
  expect(item.kind).toBe(whole.type === 'message' ? 'message' : 'call')
  return all.indexOf(item)
}

const message = (text: string, more: Known = {}): Known => ({ kind: 'message', text, ...more })

describe('a whole item', () => {
  it('is the one of any of its ids', () => {
    const items = [
      { id: 'a', index: 0 },
      { id: 'b', index: 0 },
    ]
    expect(found(items, called('', { id: 'a' }), 0)).toBe(0)
    expect(found(items, called('', { id: null, item_id: 'a' }), 0)).toBe(0)
    expect(found(items, called('', { id: 'unknown', item_id: 'a' }), 0)).toBe(0)
  })

  it('is never one of another kind', () => {
    const thoughts = { kind: 'reasoning', text: 'Hello', id: 'i', index: 0 }
    expect(found([thoughts], messageItem('Hello', { id: 'i' }), 0)).toBe(-1)
    expect(found([thoughts], messageItem('Hello'), 1)).toBe(-1)
  })

  it('has the parts of what came, without anything between them', () => {
    const whole = { type: 'message', content: [{ text: 'Hel' }, { text: 'lo.' }] }
    expect(found([message('Hello', { index: 0 })], whole, 1)).toBe(0)
  })

  it('is the same one told again under its id and place, even if it says something else', () => {
    const one = message('One.', { id: 'm', index: 0, isFinished: true })
    expect(found([one], messageItem('Two.', { id: 'm' }), 0)).toBe(0)
    expect(found([one], messageItem('One.', { id: 'm' }), 1)).toBe(0)
  })

  it('is another one where its id was used before, at another place or for another call', () => {
    const one = message('One.', { id: 'm', index: 0, isFinished: true })
    expect(found([one], messageItem('Two.', { id: 'm' }), 1)).toBe(-1)
    const call = { id: 'i', index: 0, callId: 'a', text: X, isFinished: true }
    expect(found([call], called(Y, { id: 'i', call_id: 'b' }), 0)).toBe(-1)
    expect(found([call], called(Y, { id: 'i', call_id: 'a' }), 0)).toBe(0)
    expect(found([call], called(Y, { id: 'i' }), 0)).toBe(0)
  })

  it('is that of its call_id where two are open at one place', () => {
    const calls = [
      { callId: 'a', index: 0 },
      { callId: 'b', index: 0 },
    ]
    expect(found(calls, called(X, { id: 'new', call_id: 'a' }), 0)).toBe(0)
    expect(found(calls, called(X, { id: 'new', call_id: 'b' }), 0)).toBe(1)
  })

  it('without call_id is the open one', () => {
    const calls = [{ index: 0 }, { index: 0, text: X, isFinished: true }]
    expect(found(calls, called(X, { call_id: '' }), 0)).toBe(0)
    expect(found(calls, called(X), 0)).toBe(0)
  })

  it('is a finished one told again only where nothing tells them apart', () => {
    const call = { index: 0, text: X, callId: 'a', isFinished: true }
    expect(found([call], called(X), 0)).toBe(0)
    expect(found([call], called(X, { call_id: 'b' }), 0)).toBe(-1)
    expect(found([call], called(Y), 0)).toBe(-1)
  })

  it('gives what it is its ids', () => {
    const { list, all } = listOf({ index: 0 })
    list.ofFinished(called(X, { id: 'a', item_id: 'b' }), { output_index: 0, item_id: 'c' })
    expect(all[0]?.ids).toEqual(new Set(['a', 'b', 'c']))
  })
})

describe('a whole item at a place where none is', () => {
  it.each([
    ['Hel', 'Hello', 0],
    ['Hello there', 'Hello', 0],
    ['Bye', 'Hello', -1],
    ['lo', 'Hello', -1],
    ['Hello', 'lo', -1],
    ['Hello', '', -1],
    ['', 'Hello', -1],
  ])('where %j came is, as %j, the known one: %i', (text, whole, at) => {
    expect(found([message(text, { index: 0 })], messageItem(whole), 7)).toBe(at)
  })

  it('is held against what was not told whole yet', () => {
    const cut = message('Hello there', { index: 0, isFinished: true, confirmed: 5 })
    expect(found([cut], messageItem(' there'), 7)).toBe(0)
    expect(found([cut], messageItem('Hello'), 7)).toBe(-1)
    expect(found([message('Hi', { index: 0, confirmed: 2 })], messageItem('Hi'), 7)).toBe(-1)
  })

  it('is the call of its call_id where two say the same, else the first', () => {
    const calls = [
      { callId: 'a', index: 0, text: X },
      { callId: 'b', index: 1, text: X },
    ]
    expect(found(calls, called(X, { id: 'new', call_id: 'b' }), 7)).toBe(1)
    expect(found(calls, called(X, { id: 'new', call_id: 'c' }), 7)).toBe(0)
  })

  it('is another call where the one that says the same is finished, or said nothing', () => {
    expect(found([{ index: 0, text: X, isFinished: true }], called(X), 7)).toBe(-1)
    expect(found([{ index: 0, id: 'i' }], called(X, { id: 'new' }), 7)).toBe(-1)
    expect(found([{ index: 0, text: X }], called(Y), 7)).toBe(-1)
    expect(found([{ index: 0, text: X }], called(''), 7)).toBe(-1)
  })
})

describe('a whole call at the place of an open one', () => {
  const whole = called(Y, { name: 'Read', id: 'new' })

  it('is another one where its tool is another', () => {
    expect(found([{ index: 0, name: 'Bash', id: 'i' }], whole, 0)).toBe(-1)
    expect(found([{ index: 0, name: 'Read', id: 'i' }], whole, 0)).toBe(0)
    expect(found([{ index: 0, name: '', id: 'i' }], whole, 0)).toBe(0)
    expect(found([{ index: 0, name: 'Bash', id: 'i' }], called(Y, { id: 'new' }), 0)).toBe(0)
  })

  it('is another one where its arguments are others and both have an id', () => {
    const known = { index: 0, text: X }
    expect(found([{ ...known, id: 'i' }], whole, 0)).toBe(-1)
    expect(found([{ ...known, callId: 'a' }], whole, 0)).toBe(-1)
    expect(found([{ ...known, id: 'i' }], called(Y, { call_id: 'b' }), 0)).toBe(-1)
    expect(found([{ ...known, id: 'i' }], called(Y, { item_id: 'b' }), 0)).toBe(-1)
  })

  it('is that one where one of the two has no id, or its arguments are the same', () => {
    expect(found([{ index: 0, text: X }], whole, 0)).toBe(0)
    expect(found([{ index: 0, text: X, id: 'i' }], called(Y), 0)).toBe(0)
    expect(found([{ index: 0, text: X, id: 'i' }], called('{ "x": 1 }', { id: 'new' }), 0)).toBe(0)
  })

  it('may be of any text as a message, since ids change', () => {
    expect(
      found([message('Hel', { index: 0, id: 'i' })], messageItem('Bye', { id: 'new' }), 0),
    ).toBe(0)
  })
})

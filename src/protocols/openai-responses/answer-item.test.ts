import { describe, expect, it } from 'vitest'
import { agrees, argumentsOf, ItemList, kindOf, partsOf, sourceOf } from './response-items.ts'
import type { OutputItem } from './types.ts'

/** An item as a server may send it, also against its documentation. */
const wire = (item: object): OutputItem => item

describe('the kind of an item', () => {
  it.each([
    [{ type: 'message' }, 'message'],
    [{ type: 'reasoning' }, 'reasoning'],
    [{ type: 'function_call' }, 'call'],
    [{ type: 'custom_tool_call', name: 'patch' }, 'call'],
    [{ type: 'custom_tool_call', name: 'x_keyword_search' }, 'custom_tool_call'],
    [{ type: 'web_search_call' }, 'web_search_call'],
    [{}, ''],
  ])('of %j is %j', (item, kind) => {
    expect(kindOf(wire(item))).toBe(kind)
  })
})

describe('where reasoning is told', () => {
  it.each([
    [{ summary: [{ text: 'hm' }] }, 'summary'],
    [{ summary: [{ text: '' }, { text: 'hm' }] }, 'summary'],
    [{ summary: [{ text: '' }], content: [{ text: 'hm' }] }, 'content'],
    [{ summary: [] }, 'content'],
    [{ summary: null }, 'content'],
    [{}, 'content'],
  ])('in %j is the %s', (item, source) => {
    expect(sourceOf(wire(item))).toBe(source)
  })
})

describe('the parts of a whole item', () => {
  it.each([
    [{ type: 'message', content: [{ text: 'a' }, { refusal: 'b' }, {}] }, ['a', 'b', '']],
    [{ type: 'message', content: [null, { text: 'a' }] }, ['', 'a']],
    [{ type: 'message', content: 'all of it' }, ['all of it']],
    [{ type: 'message', content: null }, []],
    [{ type: 'message' }, []],
    [{ type: 'reasoning', summary: [{ text: 's' }], content: [{ text: 'c' }] }, ['s']],
    [{ type: 'reasoning', summary: [], content: [{ text: 'c' }] }, ['c']],
    [{ type: 'function_call', arguments: '{"x":1}' }, ['{"x":1}']],
    [{ type: 'function_call', arguments: { x: 1 } }, ['{"x":1}']],
    [{ type: 'custom_tool_call', input: 'raw' }, ['{"input":"raw"}']],
    [{ type: 'web_search_call' }, []],
  ])('of %j are %j', (item, parts) => {
    expect(partsOf(wire(item))).toEqual(parts)
  })

  it('are those of the field that reasoning was told from so far', () => {
    const item = { type: 'reasoning', summary: [{ text: 's' }], content: [{ text: 'c' }] }
    expect(partsOf(item, 'content')).toEqual(['c'])
    expect(partsOf(item, 'summary')).toEqual(['s'])
  })

  it('are the arguments of a call', () => {
    expect(argumentsOf({ type: 'function_call' })).toBe('')
    expect(argumentsOf({ type: 'function_call', arguments: '{}', input: 'raw' })).toBe('{}')
  })
})

describe('a whole that may be what came in pieces', () => {
  it.each([
    ['message', 'Hello', 'Hello there', true],
    ['message', 'Hello there', 'Hello', true],
    ['message', '', 'Hello', true],
    ['message', 'there', 'Hello there', false],
    ['message', 'Hello there', 'there', false],
    ['message', '{}', '{"x":1}', false],
    ['message', '{"x":1}', '{ "x": 1 }', false],
    ['call', '{}', '{"x":1}', true],
    ['call', '{"x":1}', '{ "x": 1 }', true],
    ['call', '{"x":1,"y":2}', '{"y":2,"x":1}', true],
    ['call', '{"x":1}', '{"x":2}', false],
  ])('as %s: of %j the whole %j: %s', (kind, text, whole, is) => {
    const item = new ItemList().add(kind)
    item.text = text
    expect(agrees(item, whole)).toBe(is)
  })
})

import { expect, it } from 'vitest'
import { type JsonBytes, jsonBytes } from './json-bytes.ts'

/** Writes one value after the other; each must be what JSON.stringify writes. */
function writeAll(...values: readonly object[]): void {
  let earlier: JsonBytes | undefined
  for (const value of values) {
    earlier = jsonBytes(value, earlier)
    expect(earlier.bytes.toString()).toBe(JSON.stringify(value))
  }
}

it('a value is written as JSON.stringify does, whatever was written before', () => {
  const call = (n: number, text = `“${String(n)}”`) => ({
    role: 'user',
    content: [{ type: 'text', text }],
  })
  writeAll(
    {},
    { model: 'm', messages: [] },
    { model: 'm', messages: [call(1)] },
    { model: 'm', messages: [call(1), call(2)], tools: [{ name: 'a' }] },
    { model: 'longer', messages: [call(1), call(2), call(3)], tools: [{ name: 'a' }] },
    { model: 'm', messages: [call(1, 'x'), call(2), call(3)], tools: [{ name: 'a' }, null] },
    { messages: [call(0), call(1), call(2), call(3)], model: 'm', tools: { a: 1 } },
    { tools: { a: 1 }, messages: [call(0)], model: ['m'] },
    { tools: [{ a: 1 }], messages: 'none', model: { m: 'm' } },
    { tools: [[[]], [], 7, 'ä', null, undefined, true] },
    { tools: [[[]], [undefined], 7, 'ä', null, undefined, true], 'ke"y': undefined },
    { tools: [[[]], [null], 7, 'a', null, undefined, true], 'ke"y': -0 },
  )
})

it('keys count in their order, and those without a value do not', () => {
  writeAll(
    { list: [{ a: 1, b: 2 }], one: { a: 1, b: 2 }, three: undefined },
    { list: [{ b: 2, a: 1 }], one: { b: 2, a: 1 }, three: 3 },
    { list: [{ b: 2, a: 1, c: undefined }], one: { b: 2 }, three: undefined },
    { list: [{ b: 2, a: 1 }], one: { b: 2, c: undefined } },
    JSON.parse('{"list":[{"__proto__":{"a":1}}],"one":{"__proto__":1},"__proto__":[1]}') as object,
    JSON.parse('{"list":[{"__proto__":{"a":2}}],"one":{"__proto__":2},"__proto__":[1]}') as object,
    JSON.parse('{"list":[{"a":2}],"one":{},"__proto__":[1,2]}') as object,
  )
})

it('what is no JSON is not taken for the same', () => {
  writeAll(
    { at: new Date(0), list: [new Date(0), new Map([[1, 2]]), Number.NaN] },
    { at: new Date(1), list: [new Date(1), new Map([[1, 3]]), Number.NaN] },
    { at: {}, list: [{}, {}, null] },
  )
})

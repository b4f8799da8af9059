import fc from 'fast-check'
import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import { appendItem } from './append-item.ts'
import { removeValue } from './remove-value.ts'

describe('a value of the config, taken out,', () => {
  it('goes with its line, its comma and the comment behind it; all else stays', () => {
    const source = `{
  Preferences: {
    // the quick one
    fast: 'p,a', // cheap
    'b c': "p,b",
  },
}
`
    expect(removeValue(source, ['Preferences', 'fast'])).toBe(
      source.replace("    fast: 'p,a', // cheap\n", ''),
    )
    expect(removeValue(source, ['Preferences', 'b c'])).toBe(
      source.replace(`    'b c': "p,b",\n`, ''),
    )
  })

  it.each([
    ['{"a":1,"b":2}', 'b', '{"a":1}'],
    ['{"a":1,"b":2}', 'a', '{"b":2}'],
    ['{ "a": 1, "b": 2 }', 'a', '{ "b": 2 }'],
    ['{ "b": 1 }', 'b', '{ }'],
    ['{\n  "a": 1, // one\n  "b": 2 // two\n}', 'b', '{\n  "a": 1 // one\n}'],
    ['{\r\n\t"a": 1,\r\n\t"b": 2\r\n}', 'a', '{\r\n\t"b": 2\r\n}'],
    ['{ "b": 1, "a": 2, "b": 3 }', 'b', '{ "a": 2 }'],
    ['{ "c": 1, "b": "x,", /* , */ "b": [3, 4] }', 'b', '{ "c": 1 /* , */ }'],
    ['{ "a": 1 }', 'b', '{ "a": 1 }'],
    ['{ "a": 1,  \t "b": 2 }', 'a', '{ "b": 2 }'],
    ['{ "list": [1, 2], "b": 3 }', 'b', '{ "list": [1, 2] }'],
  ])('of %j', (source, key, expected) => {
    expect(removeValue(source, [key])).toBe(expected)
  })

  it.each([
    [
      '{ "P": [{ "name": "a", "key": 1 }, { "name": "b", "key": 2 }] }',
      ['P', 0, 'key'],
      '{ "P": [{ "name": "a" }, { "name": "b", "key": 2 }] }',
    ],
    ['{ "a": { "x": 1 }, "b": { "x": 1 } }', ['a', 'x'], '{ "a": { }, "b": { "x": 1 } }'],
    ['{ "list": [1, { "b": 2 }] }', ['list', 1, 'b'], '{ "list": [1, { }] }'],
  ])('of %j at %j goes alone', (source, path, expected) => {
    expect(removeValue(source, path)).toBe(expected)
  })

  it.each([
    ['{}', ['a', 'b']],
    ['{}', ['a', 'b', 'c']],
    ['{}', ['a', 0, 'c']],
    ['{ a: 1, b: null, c: "text" }', ['a', 'b']],
    ['{ a: 1, b: null, c: "text" }', ['b', 'a']],
    ['{ a: 1, b: null, c: "text" }', ['c', 'b', 'a']],
    ['{ a: { b: 1 } }', ['a', 0]],
    ['{ a: "text" }', ['a', 0, 'b']],
    ['{ a: [1] }', ['a', 'b']],
    ['{ a: [1] }', ['a', 7]],
    ['{ a: [1] }', ['a', 7, 'b']],
    ['null', ['a']],
  ])('that %j does not have at %j leaves the text as it is', (source, path) => {
    expect(removeValue(source, path)).toBe(source)
  })

  it('is not the whole text', () => {
    expect(() => removeValue('{ a: 1 }', [])).toThrow('the whole text cannot be taken out')
  })

  it('may be an item of a list', () => {
    const source = '{\n  Providers: [\n    { name: "a" },\n    // mine\n    { name: "b" },\n  ],\n}'
    expect(removeValue(source, ['Providers', 0])).toBe(source.replace('    { name: "a" },\n', ''))
    expect(removeValue(source, ['Providers', 1])).toBe(source.replace('    { name: "b" },\n', ''))
  })
})

describe('an item', () => {
  const item = { name: 'new', models: ['x', 'y'] }

  it.each([
    ['{}', '{ "list": [{ "name": "new", "models": ["x", "y"] }] }'],
    ['{ list: [] }', '{ list: [{ name: "new", models: ["x", "y"] }] }'],
    [
      "{ 'list': [{ 'name': 'a' }] }",
      "{ 'list': [{ 'name': 'a' }, { 'name': 'new', 'models': ['x', 'y'] }] }",
    ],
    [
      '{\n  "list": [\n    { "name": "a" } // first\n  ]\n}',
      '{\n  "list": [\n    { "name": "a" }, // first\n    {\n      "name": "new",\n      "models": ["x", "y"]\n    }\n  ]\n}',
    ],
    [
      '{\n  list: [\n    {\n      name: "a",\n    },\n    // more\n  ],\n}',
      '{\n  list: [\n    {\n      name: "a",\n    },\n    {\n      name: "new",\n      models: ["x", "y"]\n    },\n    // more\n  ],\n}',
    ],
    [
      '{\n  list: [\n    // none yet\n  ],\n}',
      '{\n  list: [\n    // none yet\n    { name: "new", models: ["x", "y"] }\n  ],\n}',
    ],
  ])('is added to %j in its way', (source, expected) => {
    expect(appendItem(source, 'list', item)).toBe(expected)
  })
})

it('any entry of any text is taken out without harm, and any item put in', () => {
  const gap = fc.constantFrom('', ' ', '\n', '\n    ', ' // c, "x": 1 }\n', ' /* }, */ ', '\r\n\t')
  const value = fc.constantFrom('"p,a"', "'${V}'", '1', '[1, {a: 2}]', '{ "a": 3, }', 'null')
  const key = fc.constantFrom('"a"', "'a'", 'a', '"x y"', 'b', 'image', '"__proto__"')
  const entry = (inner: fc.Arbitrary<string>) =>
    fc.tuple(gap, inner, gap).map((parts) => parts.join(''))
  const member = fc.tuple(key, gap, gap, value).map(([k, a, b, v]) => `${k}${a}:${b}${v}`)
  const list = (inner: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.array(entry(inner), { maxLength: 4 }), fc.boolean(), gap)
      .map(([all, trailing, end]) => all.join(',') + (trailing && all.length > 0 ? ',' : '') + end)
  const source = fc
    .tuple(list(member), list(value), gap)
    .map(([members, items, end]) => `{ o: {${members}},${end} list: [${items}] // end\n}`)
  fc.assert(
    fc.property(source, fc.nat(4), fc.constantFrom('a', 'b', 'x y', '__proto__'), (text, n, k) => {
      interface Read {
        readonly o: Record<string, unknown>
        readonly list: readonly unknown[]
      }
      const before = JSON5.parse<Read>(text)
      const fewer = JSON5.parse<Read>(removeValue(text, ['list', n]))
      expect(fewer).toEqual({ ...before, list: before.list.filter((_, at) => at !== n) })
      const less = JSON5.parse<Read>(removeValue(text, ['o', k]))
      expect(Object.keys(less.o)).toEqual(Object.keys(before.o).filter((name) => name !== k))
      const more = JSON5.parse<Read>(appendItem(text, 'list', { k: 'v' }))
      expect(more.list).toEqual([...before.list, { k: 'v' }])
    }),
  )
})

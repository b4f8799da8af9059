import fc from 'fast-check'
import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import { setValue } from './set-value.ts'

const DEFAULT = ['Router', 'default'] as const
const THINK = ['Router', 'think'] as const

describe('a value of the config', () => {
  it('is replaced where it stands; comments, quotes and variables around it stay', () => {
    const source = `// mine
{
  Providers: [{ name: 'p', api_key: '\${KEY}' /* secret */ }],
  Router: {
    default: 'p,a', // the good one
    think: "p,b",
  },
}
`
    expect(setValue(source, DEFAULT, 'p,c')).toBe(source.replace("'p,a'", "'p,c'"))
    expect(setValue(source, THINK, 'p,c')).toBe(source.replace('"p,b"', '"p,c"'))
  })

  it.each([
    ['{"Router":{"default":"p,a"}}', '{"Router":{"default":"p,a", "think": "p,b"}}'],
    ['{ "Router": { "default": "p,a", } }', '{ "Router": { "default": "p,a", "think": "p,b", } }'],
    ['{ "Router": {} }', '{ "Router": { "think": "p,b" } }'],
    ['{ "Router": null }', '{ "Router": { "think": "p,b" } }'],
    ['{}', '{ "Router": { "think": "p,b" } }'],
    ["{ 'LOG': true }", "{ 'LOG': true, 'Router': { 'think': 'p,b' } }"],
    ["{ LOG: 'true' }", "{ LOG: 'true', Router: { think: 'p,b' } }"],
    ['{ "Router": { } }', '{ "Router": { "think": "p,b" } }'],
    ['{"Router":{}}', '{"Router":{ "think": "p,b" }}'],
    ['{ "Router": ["p,a"] }', '{ "Router": { "think": "p,b" } }'],
    ['null', '{ "Router": { "think": "p,b" } }'],
    ['[1]', '{ "Router": { "think": "p,b" } }'],
  ])('of %s is added on its line', (source, expected) => {
    expect(setValue(source, THINK, 'p,b')).toBe(expected)
  })

  it('is added on a line of its own, behind the comment of the line before', () => {
    const source = '{\n  "Router": {\n    "default": "p,a" // good\n  }\n}\n'
    expect(setValue(source, THINK, 'p,b')).toBe(
      '{\n  "Router": {\n    "default": "p,a", // good\n    "think": "p,b"\n  }\n}\n',
    )
  })

  it('is added behind a trailing comma, with one', () => {
    const source = '{\r\n\tRouter: {\r\n\t\tdefault: "p,a", /* good */\r\n\t},\r\n}'
    expect(setValue(source, THINK, 'p,b')).toBe(
      '{\r\n\tRouter: {\r\n\t\tdefault: "p,a", /* good */\r\n\t\tthink: "p,b",\r\n\t},\r\n}',
    )
  })

  it('is added with its object when that is missing', () => {
    const source = '{\n  "LOG": true, // yes\n  "PORT": 1 // my port, as ever\n}\n'
    expect(setValue(source, DEFAULT, 'p,a')).toBe(
      '{\n  "LOG": true, // yes\n  "PORT": 1, // my port, as ever\n  "Router": { "default": "p,a" }\n}\n',
    )
  })

  it.each([
    ['{\n}\n', '{\n  "Router": { "default": "p,a" }\n}\n'],
    ['{\r\n\t"Router": {\r\n\t}\r\n}', '{\r\n\t"Router": {\r\n\t\t"default": "p,a"\r\n\t}\r\n}'],
  ])('is added to the empty lines of %j', (source, expected) => {
    expect(setValue(source, DEFAULT, 'p,a')).toBe(expected)
  })

  it('is added to an object that holds only a comment', () => {
    const router = '"Router": { "default": "p,a" }'
    for (const [source, expected] of [
      ['{ // nothing yet\n}', `{ // nothing yet\n  ${router}\n}`],
      ['{\n\t// nothing yet\n\t}', `{\n\t// nothing yet\n\t\t${router}\n\t}`],
      ['{ /* nothing yet */ }', `{ /* nothing yet */ ${router} }`],
      ['{/* nothing yet */}', `{/* nothing yet */ ${router} }`],
      ['{ // nothing\n /* yet */ }', `{ // nothing\n /* yet */ ${router} }`],
    ] as const) {
      expect(setValue(source, DEFAULT, 'p,a')).toBe(expected)
    }
  })

  it('may stand in one of several items', () => {
    const source = "{ P: [{ name: 'a', key: '1' }, { name: 'b' }] }"
    expect(setValue(source, ['P', 0, 'key'], '2')).toBe(source.replace("'1'", "'2'"))
    expect(setValue(source, ['P', 1, 'key'], '2')).toBe(
      source.replace("name: 'b'", "name: 'b', key: '2'"),
    )
  })

  it.each([
    ['fast', 'fast'],
    ['$my_2', '$my_2'],
    ['my fast', '"my fast"'],
    ['2fast', '"2fast"'],
    ['fast!', '"fast!"'],
  ])('whose key is %j has quotes only where they are needed', (key, written) => {
    expect(setValue('{ a: "x" }', [key], 'y')).toBe(`{ a: "x", ${written}: "y" }`)
  })

  it.each([
    [`it's "so"`, `'it\\'s "so"'`],
    ['a\\"b', `'a\\\\"b'`],
    ['line\nend', "'line\\nend'"],
  ])('may be %j in single quotes', (value, written) => {
    expect(setValue("{ a: 'x' }", ['a'], value)).toBe(`{ a: ${written} }`)
  })

  it('of a key written twice is changed where it counts', () => {
    const source = '{ "Router": { "default": "a", "default": "b" } }'
    expect(setValue(source, DEFAULT, 'c')).toBe('{ "Router": { "default": "a", "default": "c" } }')
  })

  it('may hold anything, in any text', () => {
    const gap = fc.constantFrom(
      '',
      ' ',
      '\n',
      '\n    ',
      ' // c, "x": 1 }\n',
      ' /* }, */ ',
      '\r\n\t',
    )
    const key = fc.constantFrom('"default"', "'default'", 'default', '"x y"', 'think', 'image')
    const value = fc.constantFrom(
      '"p,a"',
      "'${V}'",
      '1',
      '[1, {a: 2}]',
      '{ "default": 3, }',
      'null',
    )
    const member = fc.tuple(gap, key, gap, gap, value, gap).map(([a, k, b, c, v, d]) => {
      return `${a}${k}${b}:${c}${v}${d}`
    })
    const object = fc
      .tuple(fc.array(member, { maxLength: 3 }), fc.boolean(), gap)
      .map(([list, trailing, end]) => {
        return `{${list.join(',')}${trailing && list.length > 0 ? ',' : ''}${end}}`
      })
    const source = fc.oneof(
      object,
      object.map((inner) => `{ "Providers": [],\n  "Router": ${inner} // end\n}`),
    )
    fc.assert(
      fc.property(source, fc.string(), (text, model) => {
        const before = JSON5.parse<{ Router?: object }>(text)
        const after = JSON5.parse<unknown>(setValue(text, THINK, model))
        expect(after).toEqual({ ...before, Router: { ...before.Router, think: model } })
      }),
    )
  })
})

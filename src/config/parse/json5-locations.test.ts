import fc from 'fast-check'
import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import {
  keyOffset,
  nodeAt,
  outline,
  type Path,
  locationOf,
  repeatedKeys,
  Json5SyntaxError,
} from './json5-locations.ts'

const SOURCE = `// a comment with { and "
{
  /* and another: [ */ "PORT": 3456, // behind
  Providers: [
    { name: 'open\\'router', 'api_base_url': "https://x/\\"y\\"",
      "models": ["a", 'b',], $extra: +.5e3, h: 0xFF, inf: -Infinity },
    /* between */
    { "n\\u0061me": "second", n\\u0061me2: null },
  ],
  'long': "over \\
two lines", after: true,
}
`

function text(path: Path): string {
  const node = nodeAt(outline(SOURCE), path)
  return SOURCE.slice(node.start, node.end)
}

describe('outline', () => {
  it.each([
    [['PORT'], '3456'],
    [['Providers', 0, 'name'], "'open\\'router'"],
    [['Providers', 0, 'api_base_url'], '"https://x/\\"y\\""'],
    [['Providers', 0, 'models', 1], "'b'"],
    [['Providers', 0, '$extra'], '+.5e3'],
    [['Providers', 0, 'h'], '0xFF'],
    [['Providers', 0, 'inf'], '-Infinity'],
    [['Providers', 1, 'name'], '"second"'],
    [['Providers', 1, 'name2'], 'null'],
    [['after'], 'true'],
  ])('finds %j', (path, expected) => {
    expect(text(path)).toBe(expected)
  })

  it('finds the nearest thing around a path that is not there', () => {
    expect(text(['Providers', 1, 'api_base_url'])).toContain('"second"')
    expect(text(['Providers', 9])).toMatch(/^\[[^]*\]$/)
    expect(text(['nothing', 'at', 'all'])).toMatch(/^\{[^]*\}$/)
    expect(text(['PORT', 0])).toBe('3456')
    expect(text(['PORT', 'a'])).toBe('3456')
  })

  it('finds keys', () => {
    const at = keyOffset(outline(SOURCE), ['Providers', 1, 'name'])
    expect(SOURCE.slice(at)).toMatch(/^"n\\u0061me"/)
    expect(locationOf(SOURCE, at)).toEqual({ line: 8, column: 7 })
    const under = keyOffset(outline(SOURCE), ['PORT', 'no-such-key'])
    expect(SOURCE.slice(under)).toMatch(/^3456/)
    const item = keyOffset(outline(SOURCE), ['Providers', 0])
    expect(SOURCE.slice(item)).toMatch(/^\{ name: 'open/)
  })

  it.each([
    ['a comment as its last line', '{ a: 1 } // end'],
    ['a comment that begins with a slash', '/*/ { a: 2 } */ { a: 1 }'],
    ['a string that goes on after CRLF', '{ b: "x\\\r\ny", a: 1 }'],
    ['hundreds of objects side by side', `{ b: [${'{}, '.repeat(500)}], a: 1 }`],
  ])('takes a text with %s', (_, source) => {
    const { start, end } = nodeAt(outline(source), ['a'])
    expect(source.slice(start, end)).toBe('1')
    expect(JSON5.parse(source)).toMatchObject({ a: 1 })
  })

  it('tells keys that are written twice', () => {
    const source = '{a: 1, b: [{c: 1, "c": 2, c: 3}], "a": {d: 1}}'
    expect(repeatedKeys(outline(source))).toEqual([['a'], ['b', 0, 'c']])
    expect(nodeAt(outline(source), ['b', 0, 'c'])).toMatchObject({ start: source.indexOf('3') })
  })

  it.each([
    ['{', '1:2', `'}' to close the '{' of line 1`],
    ['{\n "a": [1,\n', '3:1', `']' to close the '[' of line 2`],
    ['{\n "a": [1\n', '3:1', `']' to close the '[' of line 2`],
    ['{"a" 1}', '1:6', `':' after the key`],
    ['{"a": }', '1:7', 'a value'],
    ['{"a": 1 "b": 2}', '1:9', `',' or '}'`],
    ['{"a": 1,, "b": 2}', '1:9', `a key or '}'`],
    ['[1 2]', '1:4', `',' or ']'`],
    ['[,]', '1:2', 'a value'],
    ['{"a": "open\n}', '1:7', '" at its end'],
    ['{"a": "open,\n "b": 2}', '1:7', '" at its end'],
    ['{"a": "open,\r "b": 2}', '1:7', '" at its end'],
    ["{'a: 1}", '1:2', "' at its end"],
    ['{} x', '1:4', 'the end of the file'],
    ['{} /* x', '1:4', '*/ at its end'],
    ['{a: 012}', '1:6', `',' or '}'`],
    ['{a: 12px}', '1:7', `',' or '}'`],
    ['{a: “b”}', '1:5', 'a value'],
    ['', '1:1', 'a value'],
  ])('says what was expected in %j', (source, location, expected) => {
    let caught: unknown
    try {
      outline(source)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(Json5SyntaxError)
    const { offset, expected: expectedFound } = caught as Json5SyntaxError
    const { line, column } = locationOf(source, offset)
    expect([`${line}:${column}`, expectedFound]).toEqual([location, expected])
    expect(() => JSON5.parse<unknown>(source)).toThrow()
  })

  it('finds every value of any text that json5 reads', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('a', '$b', '_c', 'ключ', "it's", '__proto__'))
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    const style = fc.constantFrom(undefined, 2, '\t')
    fc.assert(
      fc.property(tree, style, fc.constantFrom('"', "'"), (data, space, quote) => {
        const source = JSON5.stringify(data, { space: space ?? null, quote })
        const root = outline(source)
        for (const [path, expected] of leaves(JSON5.parse<unknown>(source))) {
          const node = nodeAt(root, path)
          expect(JSON5.parse<unknown>(source.slice(node.start, node.end))).toEqual(expected)
        }
      }),
    )
  })
})

describe('placeOf', () => {
  it('counts lines as editors do', () => {
    const source = 'a\r\nb\rc\nd'
    expect(
      ['a', 'b', 'c', 'd'].map((letter) => locationOf(source, source.indexOf(letter))),
    ).toEqual([
      { line: 1, column: 1 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
    ])
  })
})

function leaves(data: unknown, path: Path = []): [Path, unknown][] {
  if (typeof data !== 'object' || data === null) return [[path, data]]
  const entries: [string | number, unknown][] = Array.isArray(data)
    ? data.map((item: unknown, index) => [index, item])
    : Object.entries(data)
  return entries.flatMap(([step, inner]) => leaves(inner, [...path, step]))
}

import { describe, expect, it, vi } from 'vitest'
import {
  argumentsPiece,
  CallArguments,
  decodedArguments,
  splitArguments,
} from './call-arguments.ts'

/** What is due after each piece, and at the end; and what begins another call. */
function shown(...pieces: readonly string[]) {
  const args = new CallArguments()
  const added = pieces.map((piece) => args.add(piece))
  const due = [...added.map((one) => one.due), args.end()]
  return { due, rest: added.map((one) => one.rest).join(''), text: args.text }
}

function after(...pieces: readonly string[]): CallArguments {
  const args = new CallArguments()
  for (const piece of pieces) args.add(piece)
  return args
}

/** A text as JSON of a string, so often. */
function quoted(text: string, times: number): string {
  return times === 0 ? text : quoted(JSON.stringify(text), times - 1)
}

const OBJECTS = [
  '{"a":1}',
  '{"":1}',
  '{"a":{"b":{}},"c":[{"d":2}]}',
  '{"a":"}{"}',
  String.raw`{"a":"\\"}`,
  String.raw`{"a":"\"}"}`,
  String.raw`{"a\\\"}":"{"}`,
  ' \n{\n "a" : 1 }\n ',
]

describe('the arguments of a call', () => {
  it.each([
    ['an object', ['{"a":', '1', '}'], ['{"a":', '1', '}', '']],
    ['an object in one piece', ['{"a":1}'], ['{"a":1}', '']],
    ['an object behind white space', [' ', '\n{"a":1}'], ['', ' \n{"a":1}', '']],
    ['an object with white space behind it', ['{"a":1}', ' \n'], ['{"a":1}', ' \n', '']],
    ['text that is no object', ['[1,', '2]'], ['', '', '[1,2]']],
    ['scraps behind an object', ['{"a":1}', '}', ' {'], ['{"a":1}', '}', ' {', '']],
    ['scraps behind a brace', ['{', '}', 'x'], ['{', '', '}x', '']],
    ['a string', ['"{\\"', 'a\\":1}" ', '\n'], ['', '', '', '{"a":1}']],
    ['a string without an object', ['"a', '"', ' "b"'], ['', '', '', '"a" "b"']],
    ['scraps behind a string', ['"{}"', 'x', '"{}"'], ['', '', '', '"{}"x"{}"']],
    ['nothing', ['', ''], ['', '', '']],
  ])('are shown as soon as they can be: %s', (_, pieces, due) => {
    expect(shown(...pieces)).toEqual({ due, rest: '', text: pieces.join('') })
  })

  it.each([
    ['{}', ['{}']],
    ['{ }', ['{ }']],
    ['{\n}', ['{', '\n}']],
    ['{}\n', ['{}', '\n']],
  ])('that are empty wait until nothing else comes: %j', (text, pieces) => {
    const args = after(...pieces)
    expect(args.isEmpty).toBe(true)
    expect(args.isWhole).toBe(true)
    expect(shown(...pieces).due.join('')).toBe(text)
    expect(args.end()).toMatch(/\}\s*$/)
    expect(args.end()).toBe('')
  })

  it.each([
    ['{}{"a":1}', ['{}', '{"a":1}'], ['', '{"a":1}', '']],
    ['{} {"a":1}, in one piece', ['{} {"a":1}'], ['{"a":1}', '']],
    [
      '{}{"a":1}, a character each',
      Array.from('{}{"a":1}'),
      ['{', '', '', ...Array.from('"a":1}'), ''],
    ],
    ['{} with its brace shown', ['{', '}', ' {"a":1}'], ['{', '', '"a":1}', '']],
    ['{} twice', ['{}', '{}', '{"a":1}'], ['', '', '{"a":1}', '']],
  ])('give up an empty object once the real ones come: %s', (_, pieces, due) => {
    expect(shown(...pieces)).toEqual({ due, rest: '', text: '{"a":1}' })
    expect(after(...pieces).isWhole).toBe(true)
  })

  it('give up an empty object for a string that holds the real ones', () => {
    const real = JSON.stringify('{"a":1}')
    expect(shown('{}', real)).toEqual({ due: ['', '', '{"a":1}'], rest: '', text: real })
  })

  it.each([
    ['in one piece', ['{"a":1}{"b":2}'], '{"a":1}', '{"b":2}'],
    ['behind a blank', ['{"a":1}', ' {"b"'], '{"a":1}', '{"b"'],
    ['as strings', [quoted('{"a":1}', 1), ' "{'], '{"a":1}', '"{'],
    ['as strings in one piece', [quoted('{"a":1}', 1) + '"{'], '{"a":1}', '"{'],
  ])('end where another object begins: %s', (_, pieces, due, rest) => {
    expect(shown(...pieces)).toMatchObject({ rest })
    expect(shown(...pieces).due.join('')).toBe(due)
  })

  it('that are a string with quotes end with it, not before', () => {
    const real = JSON.stringify('{"a":"b"}')
    for (let cut = 1; cut < real.length; cut += 1) {
      const { due, rest } = shown(real.slice(0, cut), real.slice(cut))
      expect([due.join(''), rest]).toEqual(['{"a":"b"}', ''])
    }
  })

  it.each(OBJECTS)('are whole with their last brace, wherever they are cut: %s', (text) => {
    const last = text.trimEnd().length
    expect(after(text)).toMatchObject({ isWhole: true, hasContent: true, isEmpty: false })
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(after(text.slice(0, cut)).isWhole).toBe(cut >= last)
      expect(shown(text.slice(0, cut), text.slice(cut), '{"z"').rest).toBe('{"z"')
    }
    expect(shown(...Array.from(text)).due.join('')).toBe(text)
  })

  it.each([
    ['', false],
    [' ', false],
    ['{"a"', false],
    ['{a}', false],
    ['{"a":1}x', false],
    ['[{}]', false],
    [quoted('{"a":1}', 1), true],
    [quoted('{"a":1}', 1).slice(0, -1), false],
    [quoted('a', 1), false],
    [quoted('{"a":1}', 1) + ' \n', true],
    [quoted('{"a":1}', 1) + 'x', false],
    ['null', true],
    ['null\n', true],
    ['nul', false],
    [`null${' '.repeat(20)}`, false],
  ])('%j are whole: %j', (text, isWhole) => {
    expect(after(text).isWhole).toBe(isWhole)
    expect(after(text).isEmpty).toBe(false)
    expect(after(text).hasContent).toBe(text.trim() !== '')
  })

  it.each([
    ['a string', ['"{', ...Array<string>(50).fill('\\"'), '}"'], 2],
    ['a string that never ends', Array<string>(50).fill('"\\'), 0],
    ['an object', ['{"a":1', '}', ...Array<string>(50).fill(' ')], 1],
  ])('are not parsed with every piece: %s', (_, pieces, most) => {
    const parse = vi.spyOn(JSON, 'parse')
    try {
      const args = new CallArguments()
      for (const piece of pieces) {
        args.add(piece)
        expect(args.isWhole).toBe(args.isWhole)
      }
      expect(parse.mock.calls.length).toBeLessThanOrEqual(most)
    } finally {
      parse.mockRestore()
    }
  })

  it.each([
    [['{"a":'], 0],
    [['{}'], 2],
    [['{', '}'], 1],
    [['{}', '{"a":1}'], 0],
    [['  '], 2],
    [['"{', '\\"'], 4],
  ])('of %j hold back %i characters', (pieces, size) => {
    expect(after(...pieces).heldSize).toBe(size)
  })

  it.each([
    ['{"a":1,"b":2}', '{"a":1,"b":2}', true],
    ['{"a":1,"b":2}', '{"b":2, "a":1}', true],
    ['{"a":1,"b":2}', '{"a":1', true],
    ['{"a":1,"b":2}', ' {"a":1,"b":2}\n', true],
    ['{"a":1,"b":2}', ' {"a":1', true],
    ['{"a":1,"b":2}', '{}', true],
    ['{"a":1,"b":2}', quoted('{"b":2,"a":1}', 1), true],
    [quoted('{"a":1}', 1), '{"a":1}', true],
    ['{"a":1,"b":2}', '"b":2}', false],
    ['{"a":1,"b":2}', '{"a":1,"b":3}', false],
    ['{"a":1', '{"a":1}', false],
  ])('%j are repeated by %j: %j', (first, second, isRepeated) => {
    expect(after(second).repeats(after(first))).toBe(isRepeated)
  })
})

describe('arguments that are JSON text of a string', () => {
  it.each([0, 1, 2, 3])('are the object in it, %i times', (times) => {
    expect(decodedArguments(quoted('{"a":1}', times))).toBe('{"a":1}')
    expect(decodedArguments(` ${quoted('{"a":1}', times)}\n`).trim()).toBe('{"a":1}')
  })

  it.each(['null', ' null\n', '""', quoted('', 2), quoted('null', 1), quoted(' "" ', 1)])(
    '%j says that there are none',
    (text) => {
      expect(decodedArguments(text)).toBe('{}')
    },
  )

  it.each([
    '',
    'x',
    '3',
    'nullify',
    '[1]',
    '"x"',
    '"{}',
    '{"a":',
    quoted('[1]', 1),
    quoted('{"a":', 1),
    quoted('{"a":', 3),
  ])('%j stays what it is', (text) => {
    expect(decodedArguments(text)).toBe(text)
  })

  it.each([4, 5])('are not looked for for ever: %i times', (times) => {
    expect(decodedArguments(quoted('{"a":1}', times))).toBe(quoted('{"a":1}', times))
  })
})

describe('the objects in one text of arguments', () => {
  it.each([
    ['', ['']],
    ['{}', ['{}']],
    ['{"a":1}', ['{"a":1}']],
    ['{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\n{"a":1}', ['{"a":1}']],
    ['{"a":1,"b":2}{"b":2,"a":1}{"c":3}', ['{"a":1,"b":2}', '{"c":3}']],
    ['{"a":1}{"b":2}{"a":1}', ['{"a":1}', '{"b":2}', '{"a":1}']],
    ['{}{"a":1}', ['{"a":1}']],
    ['{"a":1}{}', ['{"a":1}']],
    [quoted('{"a":1}', 1), ['{"a":1}']],
    [`${quoted('{"a":1}', 1)}\n${quoted('{"b":2}', 1)}`, ['{"a":1}', '{"b":2}']],
    ['x', ['x']],
  ])('%j are told once each', (text, objects) => {
    expect(splitArguments(text)).toEqual(objects)
  })
})

it.each([
  ['{"a":', '{"a":'],
  ['', ''],
  [{ a: 1 }, '{"a":1}'],
  [[1], '[1]'],
  [0, '0'],
  [null, ''],
  [undefined, ''],
])('arguments that an upstream sends as %j are the text %j', (args, text) => {
  expect(argumentsPiece(args)).toBe(text)
})

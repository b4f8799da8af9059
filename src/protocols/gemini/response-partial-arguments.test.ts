import { expect, it } from 'vitest'
import { MOST_LEVELS } from '../../lib/depth.ts'
import { PartialArguments } from './response.ts'
import type { PartialArg } from './types.ts'

it('arguments come together from their pieces, a text only while it goes on', () => {
  const args = new PartialArguments()
  args.add({ jsonPath: '$.path', stringValue: '/a', willContinue: true })
  args.add({ jsonPath: '$.path', stringValue: '/b', willContinue: true })
  args.add({ jsonPath: '$.path', stringValue: '/c' })
  args.add({ jsonPath: "$.list[1]['a b']", numberValue: 7 })
  args.add({ jsonPath: '$.ok', boolValue: false })
  args.add({ jsonPath: '$.none' })
  const whole = { path: '/a/b/c', list: [null, { 'a b': 7 }], ok: false, none: null }
  expect(JSON.parse(args.text(true))).toEqual(whole)
  expect(`${args.text(false)}}`).toBe(args.text(true))
  args.add({ jsonPath: '$.path', stringValue: 'again' })
  expect(JSON.parse(args.text(true))).toMatchObject({ path: 'again' })
})

it.each(['$.list[100001]', `$${'.a'.repeat(5_000)}`])(
  'a path that no arguments have is refused: %#',
  (jsonPath) => {
    expect(() => new PartialArguments().add({ jsonPath, numberValue: 1 })).toThrow('nested')
  },
)

it.each<readonly [string, readonly PartialArg[], unknown]>([
  [
    'a number in place of a text that was to go on',
    [
      { jsonPath: '$.a', stringValue: 'x', willContinue: true },
      { jsonPath: '$.a', numberValue: 7 },
    ],
    { a: 7 },
  ],
  [
    'a text in place of a number that was to go on',
    [
      { jsonPath: '$.a', numberValue: 7, willContinue: true },
      { jsonPath: '$.a', stringValue: 'x' },
    ],
    { a: 'x' },
  ],
  [
    'a text in place of one that did not go on',
    [
      { jsonPath: '$.a', stringValue: 'x', willContinue: true },
      { jsonPath: '$.a', stringValue: 'y' },
      { jsonPath: '$.a', stringValue: 'z' },
    ],
    { a: 'z' },
  ],
  [
    'a path without its beginning',
    [{ jsonPath: 'foo.bar', boolValue: true }],
    { foo: { bar: true } },
  ],
  [
    'names in quotes of both kinds, also empty ones',
    [{ jsonPath: `$['a.b']["c d"]['']`, numberValue: 0 }],
    { 'a.b': { 'c d': { '': 0 } } },
  ],
  ['the whole', [{ jsonPath: '$.a', numberValue: 1 }, { stringValue: 'x' }], 'x'],
  [
    'a list in place of an object, an object in place of a list',
    [
      { jsonPath: '$.a.b', numberValue: 1 },
      { jsonPath: '$.a[1]', numberValue: 2 },
      { jsonPath: '$.c[0]', numberValue: 3 },
      { jsonPath: '$.c[1]', numberValue: 4 },
    ],
    { a: [null, 2], c: [3, 4] },
  ],
  [
    'a name that objects have',
    [{ jsonPath: '$.toString.a', numberValue: 1 }],
    { toString: { a: 1 } },
  ],
])('arguments take %s', (_, pieces, whole) => {
  const args = new PartialArguments()
  for (const piece of pieces) args.add(piece)
  expect(JSON.parse(args.text(true))).toEqual(whole)
})

it('a path may be as long as arguments may be deep, and a list as long as any', () => {
  const named = (levels: number) => {
    new PartialArguments().add({ jsonPath: `$${'.a'.repeat(levels)}`, numberValue: 1 })
  }
  named(MOST_LEVELS)
  expect(() => {
    named(MOST_LEVELS + 1)
  }).toThrow('nested')
  const args = new PartialArguments()
  args.add({ jsonPath: '$.list[100000]', numberValue: 1 })
  expect(args.text(true)).toHaveLength('{"list":[1]}'.length + 100_000 * 'null,'.length)
})

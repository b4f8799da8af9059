import { expect, it } from 'vitest'
import { PartialArguments } from './partial.ts'

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

import { expect, it } from 'vitest'
import { mayHoldHalves, wellFormed } from './sanitize.ts'

it('half of a character becomes a replacement character, and whole ones stay', () => {
  const value = { a: ['x\ud83d', 'y\udc00z'], b: { c: '😀', d: 1, e: null } }
  expect(wellFormed(value)).toEqual({ a: ['x\ufffd', 'y\ufffdz'], b: { c: '😀', d: 1, e: null } })
  expect(wellFormed(['whole', 'x\ud83d', undefined])).toEqual(['whole', 'x\ufffd', undefined])
  expect(wellFormed({ a: undefined, b: '\udc00' })).toEqual({ a: undefined, b: '\ufffd' })
  const fine = { a: ['😀'], b: 'x' }
  expect(wellFormed(fine)).toBe(fine)
})

it('is looked for in texts with escapes of surrogates alone', () => {
  const json = (value: unknown) => mayHoldHalves(Buffer.from(JSON.stringify(value)))
  expect([json('x\ud83d'), json('😀'), mayHoldHalves(Buffer.from('"\\uDE00"'))]).toEqual([
    true,
    false,
    true,
  ])
})

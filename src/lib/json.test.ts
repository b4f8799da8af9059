import { describe, expect, it } from 'vitest'
import { asObject, isObject, parseJson, parseObject } from './json.ts'

describe('a value whose form is not known', () => {
  it.each([[{}], [{ a: 1 }]])('%j is an object', (value) => {
    expect(isObject(value)).toBe(true)
    expect(asObject(value)).toBe(value)
  })

  it.each([[null], [undefined], [[]], [[{ a: 1 }]], ['{}'], [7], [true]])(
    '%j is none, and is read as an empty one',
    (value) => {
      expect(isObject(value)).toBe(false)
      expect(asObject(value)).toEqual({})
    },
  )
})

describe('a text that should be JSON', () => {
  it('is parsed', () => {
    expect([parseJson('[1]'), parseJson('null')]).toEqual([[1], null])
    expect(parseObject('{"a":1}')).toEqual({ a: 1 })
  })

  it.each(['', '{', 'undefined', "{'a': 1}"])('%j is undefined, and an empty object', (text) => {
    expect(parseJson(text)).toBeUndefined()
    expect(parseObject(text)).toEqual({})
  })

  it.each(['[1]', 'null', '"a"', '7'])('%s is no object', (text) => {
    expect(parseObject(text)).toEqual({})
  })
})

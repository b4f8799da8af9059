import { describe, expect, it } from 'vitest'
import { isStrict } from './index.ts'

describe('a schema for an answer', () => {
  const closed = (properties: object, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  })

  it('can be strict where every object in it is closed and requires all it has', () => {
    expect(isStrict(closed({ a: { type: 'string' }, b: closed({}) }))).toBe(true)
    expect(isStrict(closed({ a: { type: 'string' } }, []))).toBe(false)
    expect(isStrict(closed({ a: { type: 'array', items: { type: 'object' } } }))).toBe(false)
    expect(isStrict({ anyOf: [closed({}), { properties: { a: {} } }] })).toBe(false)
  })

  it('may have a property of any name', () => {
    expect(isStrict(closed({ properties: closed({}), type: { const: 'object' } }))).toBe(true)
  })

  it('cannot be strict with a schema that names no type', () => {
    expect(isStrict(closed({ a: {} }))).toBe(false)
    expect(isStrict(closed({ a: true }))).toBe(false)
    expect(isStrict(closed({ a: { type: 'array', items: {} } }))).toBe(false)
    expect(isStrict(closed({ a: { anyOf: [{ type: 'null' }, {}] } }))).toBe(false)
  })

  it('cannot be strict at the top with a choice, or with words that are not permitted', () => {
    expect(isStrict({ anyOf: [closed({}), closed({})] })).toBe(false)
    expect(isStrict(closed({ a: { type: 'string', default: 'x' } }))).toBe(false)
    expect(
      isStrict(closed({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } })),
    ).toBe(false)
    expect(isStrict({ ...closed({ a: { $ref: '#/$defs/A', description: 'd' } }), $defs: {} })).toBe(
      false,
    )
    expect(isStrict({ ...closed({ a: { $ref: '#/$defs/A' } }), $defs: {} })).toBe(true)
  })
})

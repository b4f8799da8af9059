import { describe, expect, it } from 'vitest'
import { functionSchema, isStrict } from './schema.ts'

describe("a tool's schema", () => {
  it('stays the same object where it is not refused', () => {
    const schema = { type: 'object', properties: { a: { anyOf: [{}, {}] } }, $schema: 'x' }
    const dropped = new Set<string>()
    expect(functionSchema(schema, dropped)).toBe(schema)
    expect([...dropped]).toEqual([])
  })

  it('becomes an object with properties, without the words that are refused at the top', () => {
    const dropped = new Set<string>()
    const schema = { oneOf: [{}], $defs: { d: {} }, properties: { a: {} } }
    expect(functionSchema(schema, dropped)).toEqual({
      type: 'object',
      properties: { a: {} },
      $defs: { d: {} },
    })
    expect([...dropped]).toEqual(['tools.input_schema.oneOf'])
    expect(functionSchema(undefined, dropped)).toEqual({ type: 'object', properties: {} })
  })
})

describe('a schema for an answer', () => {
  const closed = (properties: object, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  })

  it('can be strict where every object in it is closed and requires all it has', () => {
    expect(isStrict(closed({ a: { type: 'string' }, b: closed({}) }))).toBe(true)
    expect(isStrict(closed({ a: {} }, []))).toBe(false)
    expect(isStrict(closed({ a: { type: 'array', items: { type: 'object' } } }))).toBe(false)
    expect(isStrict({ anyOf: [closed({}), { properties: { a: {} } }] })).toBe(false)
  })

  it('may have a property of any name', () => {
    expect(isStrict(closed({ properties: closed({}), type: { const: 'object' } }))).toBe(true)
  })
})

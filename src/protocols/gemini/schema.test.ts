import { describe, expect, it } from 'vitest'
import { clientRequests } from '../../../test/recorded/fixtures.ts'
import { type SchemaVariant, geminiSchema } from './schema.ts'

function cleaned(schema: unknown, variant: SchemaVariant = 'json') {
  const lost: string[] = []
  return { schema: geminiSchema(schema, variant, (keyword) => lost.push(keyword)), lost }
}

/** One property, cleaned. */
function property(schema: unknown, variant: SchemaVariant = 'json', root: object = {}): unknown {
  const whole = cleaned({ type: 'object', properties: { x: schema }, ...root }, variant).schema
  return (whole as { properties: { x: unknown } }).properties.x
}

describe('a JSON schema for Gemini', () => {
  it('loses $schema and other notes that say nothing of values', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'x',
      $comment: 'c',
      type: 'object',
      examples: [1],
      properties: { a: { type: 'string', title: 'A', deprecated: true, description: 'd' } },
      required: ['a', 'gone'],
    }
    expect(cleaned(schema)).toEqual({
      schema: {
        type: 'object',
        properties: { a: { type: 'string', title: 'A', description: 'd' } },
        required: ['a'],
      },
      lost: [],
    })
  })

  it('is left out where a tool takes nothing', () => {
    expect(cleaned({ type: 'object', properties: {} }).schema).toBeUndefined()
    expect(cleaned({ type: 'object', additionalProperties: false }).schema).toBeUndefined()
    expect(cleaned(undefined).schema).toBeUndefined()
    expect(cleaned({ additionalProperties: { type: 'string' } }).schema).toEqual({
      type: 'object',
      additionalProperties: { type: 'string' },
    })
  })

  it('keeps additionalProperties where the dialect has it', () => {
    const map = { type: 'object', additionalProperties: { type: 'integer', $comment: 'c' } }
    expect(property(map)).toEqual({ type: 'object', additionalProperties: { type: 'integer' } })
    expect(property(map, 'openapi')).toEqual({ type: 'object' })
  })

  it('makes exclusive bounds inclusive, of fractions in words', () => {
    expect(property({ type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 })).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 9,
    })
    expect(property({ type: 'number', exclusiveMinimum: 0, description: 'd' })).toEqual({
      type: 'number',
      description: 'd (exclusiveMinimum: 0)',
      minimum: 0,
    })
    expect(property({ type: 'integer', minimum: 5, exclusiveMinimum: true })).toEqual({
      type: 'integer',
      minimum: 6,
    })
  })

  it('tells constraints without a keyword in the description', () => {
    const schema = { type: 'string', minLength: 2, pattern: '^a', format: 'uri', default: 'ab' }
    expect(property(schema)).toEqual({
      type: 'string',
      description: '(format: uri; minLength: 2; pattern: ^a; default: ab)',
    })
    expect(property(schema, 'openapi')).toEqual({
      type: 'string',
      description: '(format: uri; default: ab)',
      minLength: 2,
      pattern: '^a',
    })
    expect(property({ type: 'string', format: 'date-time' }, 'openapi')).toEqual({
      type: 'string',
      format: 'date-time',
    })
    expect(property({ type: 'array', items: { type: 'string' }, uniqueItems: true })).toEqual({
      type: 'array',
      description: '(uniqueItems: true)',
      items: { type: 'string' },
    })
  })

  it('replaces references by what they stand for', () => {
    const root = {
      $defs: { Id: { type: 'string', title: 'Id' }, 'a/b': { $ref: '#/$defs/Id' } },
    }
    expect(property({ $ref: '#/$defs/a~1b', description: 'mine' }, 'json', root)).toEqual({
      type: 'string',
      title: 'Id',
      description: 'mine',
    })
    expect(property({ $ref: 'https://elsewhere/x' })).toEqual({ type: 'object' })
  })

  it.each(['json', 'openapi'] as const)('ends where a reference stands inside itself (%s)', (d) => {
    const node = {
      type: 'object',
      properties: { next: { $ref: '#/$defs/Node' }, v: { type: 'string' } },
    }
    const { schema, lost } = cleaned(
      { type: 'object', properties: { x: { $ref: '#/$defs/Node' } }, $defs: { Node: node } },
      d,
    )
    expect(schema).toMatchObject({
      properties: { x: { properties: { next: { type: 'object' }, v: { type: 'string' } } } },
    })
    expect(lost).toEqual(['$ref'])
    expect(cleaned({ type: 'object', properties: { x: { $ref: '#' } } }, d).lost).toEqual(['$ref'])
  })

  it('merges allOf, reads oneOf as anyOf', () => {
    const allOf = [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { type: 'number' } }, required: ['b'] },
    ]
    expect(property({ allOf })).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'number' } },
      required: ['a', 'b'],
    })
    expect(property({ oneOf: [{ type: 'string' }, { type: 'number' }] })).toEqual({
      anyOf: [{ type: 'string' }, { type: 'number' }],
    })
  })

  it('has nothing beside anyOf', () => {
    const anyOf = [{ type: 'string' }, { type: 'null' }, { type: 'integer' }]
    expect(property({ anyOf, description: 'd', default: null })).toEqual({
      anyOf: [
        { type: 'string', description: 'd' },
        { type: 'integer', description: 'd' },
        { type: 'null' },
      ],
    })
    expect(property({ anyOf }, 'openapi')).toEqual({
      anyOf: [
        { type: 'string', nullable: true },
        { type: 'integer', nullable: true },
      ],
    })
    expect(property({ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'openapi')).toEqual({
      type: 'string',
      nullable: true,
    })
    const { schema, lost } = cleaned({
      type: 'object',
      properties: { a: {}, b: {} },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    })
    expect(schema).toEqual({ type: 'object', properties: { a: {}, b: {} } })
    expect(lost).toEqual(['anyOf'])
  })

  it('at the root of a tool is one object, not a choice of several', () => {
    const anyOf = [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: 'string' } } },
    ]
    expect(cleaned({ anyOf })).toEqual({
      schema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
      lost: ['anyOf'],
    })
  })

  it('has no empty string in an enum where that refuses the request', () => {
    const kinds = { type: 'string', enum: ['', 'a', 'b'] }
    expect(property(kinds)).toEqual(kinds)
    expect(property(kinds, 'openapi')).toEqual({
      type: 'string',
      description: '(or an empty string)',
      enum: ['a', 'b'],
    })
    expect(property({ type: 'string', enum: [''] }, 'openapi')).toEqual({
      type: 'string',
      description: '(or an empty string)',
    })
  })

  it('leaves arrays of anything as they are where they are taken', () => {
    expect(property({ type: 'array' })).toEqual({ type: 'array' })
  })

  it('reads const as an enum, and tells values that an enum cannot hold', () => {
    expect(property({ const: 'a' })).toEqual({ type: 'string', enum: ['a'] })
    expect(property({ const: 3 })).toEqual({ type: 'integer', enum: [3] })
    expect(property({ type: 'integer', enum: [1, 2] }, 'openapi')).toEqual({
      type: 'integer',
      description: '(one of: 1, 2)',
    })
    expect(property({ const: true })).toEqual({ type: 'boolean', description: '(one of: true)' })
    expect(property({ type: ['string', 'null'], enum: ['a', null] }, 'openapi')).toEqual({
      type: 'string',
      nullable: true,
      enum: ['a'],
    })
  })

  it('splits lists of types where the dialect has none', () => {
    const both = { type: ['string', 'array', 'null'], items: { type: 'string' }, description: 'd' }
    expect(property(both)).toEqual({
      type: ['string', 'array', 'null'],
      description: 'd',
      items: { type: 'string' },
    })
    expect(property(both, 'openapi')).toEqual({
      anyOf: [
        { type: 'string', description: 'd', nullable: true },
        { type: 'array', description: 'd', items: { type: 'string' }, nullable: true },
      ],
    })
  })

  it('gives Vertex the types that it demands', () => {
    expect(property({}, 'openapi')).toMatchObject({ type: 'string' })
    expect(property(true, 'openapi')).toMatchObject({ type: 'string' })
    expect(property({ type: 'array' }, 'openapi')).toMatchObject({ items: { type: 'string' } })
    expect(property({ properties: { a: { type: 'string' } } }, 'openapi')).toMatchObject({
      type: 'object',
    })
    expect(property({ type: 'array', prefixItems: [{ type: 'string' }] }, 'openapi')).toEqual({
      type: 'array',
      items: { type: 'string' },
    })
  })

  it('names constraints that it gives up', () => {
    const { lost } = cleaned({
      properties: { a: { not: { type: 'null' } } },
      patternProperties: { '^x': {} },
      if: {},
    })
    expect(lost).toEqual(['if', 'patternProperties', 'not'])
  })

  it('is not endless however it refers to itself', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => {
        const next = { $ref: `#/$defs/d${String((i + 1) % 12)}` }
        return [`d${String(i)}`, { properties: { a: next, b: next } }]
      }),
    )
    const { schema } = cleaned({ properties: { x: { $ref: '#/$defs/d0' } }, $defs })
    expect(JSON.stringify(schema).length).toBeLessThan(200_000)
  })

  it.each(['json', 'openapi'] as const)('is no larger than it can be read (%s)', (variant) => {
    const names = Array.from({ length: 12 }, (_, at) => `p${String(at)}`)
    const defs = Array.from({ length: 8 }, (_, at): [string, object] => {
      const next = { $ref: `#/$defs/d${String(at + 1)}` }
      return [`d${String(at)}`, { properties: Object.fromEntries(names.map((n) => [n, next])) }]
    })
    const $defs: object = { ...Object.fromEntries(defs), d8: { type: 'string' } }
    const { schema, lost } = cleaned({ properties: { x: { $ref: '#/$defs/d0' } }, $defs }, variant)
    expect(JSON.stringify(schema).length).toBeLessThan(1_000_000)
    expect(lost).toContain('properties')
  })

  const ALLOWED = {
    json: /^(type|title|description|enum|items|prefixItems|(min|max)Items|minimum|maximum|anyOf|properties|additionalProperties|required|format)$/,
    openapi:
      /^(type|title|description|enum|items|(min|max)Items|minimum|maximum|(min|max)Length|pattern|anyOf|properties|required|format|nullable)$/,
  }

  function requireAllowed(schema: unknown, variant: SchemaVariant): void {
    if (typeof schema !== 'object' || schema === null) return
    for (const [keyword, value] of Object.entries(schema)) {
      expect(keyword).toMatch(ALLOWED[variant])
      const inner = keyword === 'properties' ? Object.values(value as object) : [value].flat()
      if (!['enum', 'required', 'type'].includes(keyword)) {
        for (const one of inner) requireAllowed(one, variant)
      }
    }
  }

  for (const [name, body] of clientRequests()) {
    it.each(['json', 'openapi'] as const)(`takes every tool of ${name} (%s)`, (variant) => {
      const { tools = [] } = JSON.parse(body) as { tools?: { input_schema?: object }[] }
      for (const tool of tools) {
        const { schema, lost } = cleaned(tool.input_schema, variant)
        requireAllowed(schema, variant)
        expect(lost).toEqual([])
      }
    })
  }
})

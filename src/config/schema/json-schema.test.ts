import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { configJsonSchema, jsonSchema } from './json-schema.ts'

describe('the JSON Schema of a valibot schema', () => {
  it('names the keys of objects, required ones apart, with their descriptions', () => {
    const schema = v.looseObject({
      name: v.pipe(v.string(), v.trim(), v.description('A name.')),
      tags: v.optional(v.array(v.string())),
    })
    expect(jsonSchema(schema)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', description: 'A name.' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['name'],
    })
  })

  it('describes what is written, not what it becomes', () => {
    const number = v.pipe(
      v.union([v.number(), v.string()]),
      v.transform(Number),
      v.integer(),
      v.minValue(1),
    )
    expect(jsonSchema(number)).toEqual({
      anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }],
    })
    const flag = v.pipe(
      v.union([v.boolean(), v.string()]),
      v.transform((written) => written === true),
      v.boolean(),
    )
    expect(jsonSchema(flag)).toEqual({ type: ['boolean', 'string'] })
  })

  it('lists the choices of a picklist', () => {
    const level = v.pipe(v.string(), v.toLowerCase(), v.picklist(['info', 'debug']))
    expect(jsonSchema(level)).toEqual({ enum: ['info', 'debug'] })
  })

  it('says nothing of what may be anything: of items, of values, of keys that may be left out', () => {
    expect(jsonSchema(v.array(v.unknown()))).toEqual({ type: 'array' })
    expect(jsonSchema(v.array(v.number()))).toEqual({ type: 'array', items: { type: 'number' } })
    expect(jsonSchema(v.record(v.string(), v.unknown()))).toEqual({ type: 'object' })
    expect(jsonSchema(v.record(v.string(), v.boolean()))).toEqual({
      type: 'object',
      additionalProperties: { type: 'boolean' },
    })
    const schema = jsonSchema(v.looseObject({ a: v.optional(v.string()), b: v.unknown() }))
    expect(schema).toEqual({ type: 'object', properties: { a: { type: 'string' }, b: {} } })
    expect(schema).not.toHaveProperty('required')
  })

  it('allows no other keys where the config allows none', () => {
    expect(jsonSchema(v.strictObject({ a: v.string() }))).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    })
  })

  it.each([
    [v.union([v.string(), v.boolean()]), { type: ['string', 'boolean'] }],
    [
      v.union([v.string(), v.array(v.string())]),
      { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    ],
    [v.union([v.picklist(['a']), v.number()]), { anyOf: [{ enum: ['a'] }, { type: 'number' }] }],
    [v.union([v.string(), v.unknown()]), { anyOf: [{ type: 'string' }, {}] }],
  ])('lists types where only these differ: %#', (schema, expected) => {
    expect(jsonSchema(schema)).toEqual(expected)
  })

  it.each([
    [v.pipe(v.number(), v.minValue(0)), { type: 'number', minimum: 0 }],
    [v.pipe(v.number(), v.maxValue(9)), { type: 'number', maximum: 9 }],
    [
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
      { type: 'integer', minimum: 1, maximum: 9 },
    ],
    [
      v.pipe(v.array(v.string()), v.minLength(2)),
      { type: 'array', items: { type: 'string' }, minItems: 2 },
    ],
    [v.pipe(v.string(), v.minLength(2)), { type: 'string' }],
    [v.pipe(v.string(), v.trim()), { type: 'string' }],
  ])('has the limits of numbers and lists: %#', (schema, expected) => {
    expect(jsonSchema(schema)).toEqual(expected)
  })

  it('keeps what was said when a later rule narrows it', () => {
    const lists = v.pipe(v.array(v.unknown()), v.description('Told.'), v.array(v.string()))
    const items = { type: 'array', items: { type: 'string' } }
    expect(jsonSchema(lists)).toEqual({ ...items, description: 'Told.' })
    const number = v.pipe(
      v.union([v.number(), v.string()]),
      v.description('Told.'),
      v.transform(Number),
      v.integer(),
    )
    expect(jsonSchema(number)).toEqual({
      description: 'Told.',
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    })
    const level = v.pipe(v.string(), v.description('Told.'), v.picklist(['info']))
    expect(jsonSchema(level)).toEqual({ description: 'Told.', enum: ['info'] })
    const many = v.pipe(
      v.union([v.string(), v.array(v.unknown())]),
      v.description('Told.'),
      v.transform((written) => [written].flat()),
      v.array(v.string()),
    )
    expect(jsonSchema(many)).toEqual({ description: 'Told.', anyOf: [{ type: 'string' }, items] })
  })

  it('does not speak of the type that a text is turned into', () => {
    expect(jsonSchema(v.pipe(v.string(), v.transform(Number), v.number()))).toEqual({
      type: 'string',
    })
    const choice = v.pipe(v.number(), v.transform(String), v.picklist(['1', '2']))
    expect(jsonSchema(choice)).toEqual({ type: 'number' })
  })

  it('allows anything where it knows nothing', () => {
    expect(jsonSchema(v.unknown())).toEqual({})
    expect(jsonSchema(v.date())).toEqual({})
  })
})

describe('the JSON Schema of the config', () => {
  it('completes providers, scenarios and settings', () => {
    expect(configJsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        PORT: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }] },
        LOG_LEVEL: { enum: expect.arrayContaining(['info', 'debug']) as string[] },
        Providers: { items: { properties: { name: {}, api_base_url: {}, models: {} } } },
        Router: { properties: { default: { type: 'string' } } },
      },
    })
  })
})

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

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusals } from '../../../test/support/moonshot-schema.ts'
import { allows } from '../../../test/support/json-schema.ts'
import { functionSchema, type SchemaReader } from './index.ts'

/** Schemas of all sorts: those that say what they mean, and those that say nothing sensible. */

const name = fc.constantFrom('a', 'b', 'größe', '__proto__', 'type', '$ref')
const scalar = fc.constantFrom<unknown>('a', 'bb', '', 0, 1, 2.5, -3, true, false, null)
const ref = fc.constantFrom('#/$defs/D', '#/$defs/E', '#/definitions/F', '#', '#/properties/a')
const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null')

const { sensible } = fc.letrec<{ sensible: object }>((tie) => {
  const inner = tie('sensible')
  const object = fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(name, inner, { maxKeys: 3 }),
      required: fc.uniqueArray(name, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), inner),
    },
    { requiredKeys: ['type'] },
  )
  const array = fc.record(
    { type: fc.constant('array'), items: inner, minItems: fc.nat(2), maxItems: fc.nat(3) },
    { requiredKeys: ['type'] },
  )
  const text = fc.record(
    { type: fc.constant('string'), minLength: fc.nat(2), enum: fc.array(scalar, { minLength: 1 }) },
    { requiredKeys: ['type'] },
  )
  const number = fc.record(
    { type: fc.constantFrom('number', 'integer'), minimum: fc.integer({ min: -2, max: 2 }) },
    { requiredKeys: ['type'] },
  )
  const leaf = fc.oneof(
    text,
    number,
    fc.constant({}),
    fc.record({ type: fc.uniqueArray(type, { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: scalar }),
    fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
  )
  const choice = fc.record(
    { anyOf: fc.array(inner, { minLength: 1, maxLength: 3 }), type },
    { requiredKeys: ['anyOf'] },
  )
  const all = fc.record({ allOf: fc.array(inner, { minLength: 1, maxLength: 2 }) })
  return {
    sensible: fc.oneof({ maxDepth: 3, depthSize: 'small' }, leaf, object, array, choice, all),
  }
})

const { wild } = fc.letrec<{ wild: unknown }>((tie) => {
  const inner = tie('wild')
  const keyword = fc.record(
    {
      type: fc.oneof(type, fc.array(type), fc.constantFrom<unknown>('any', 3, null)),
      properties: fc.oneof(fc.dictionary(name, inner, { maxKeys: 3 }), scalar),
      required: fc.oneof(fc.array(fc.oneof(name, scalar)), scalar),
      items: fc.oneof(inner, fc.array(inner, { maxLength: 2 })),
      prefixItems: fc.array(inner, { maxLength: 2 }),
      additionalProperties: inner,
      anyOf: fc.oneof(fc.array(inner, { maxLength: 3 }), scalar),
      oneOf: fc.array(inner, { maxLength: 2 }),
      allOf: fc.array(inner, { maxLength: 2 }),
      $ref: fc.oneof(ref, fc.constantFrom<unknown>('https://x', 3)),
      $defs: fc.dictionary(fc.constantFrom('D', 'x/y'), inner, { maxKeys: 2 }),
      enum: fc.oneof(fc.array(fc.oneof(scalar, fc.constant({ a: 1 }))), scalar),
      const: fc.oneof(scalar, fc.constant([1])),
      description: fc.oneof(fc.constantFrom('d', 'e'), scalar),
      default: scalar,
      nullable: fc.boolean(),
      pattern: fc.constantFrom('^a$', String.raw`\p{L}`, '('),
      minLength: fc.oneof(fc.nat(3), scalar),
      exclusiveMinimum: fc.oneof(fc.nat(3), fc.boolean()),
      if: inner,
      not: inner,
    },
    { requiredKeys: [] },
  )
  return {
    wild: fc.oneof(
      { maxDepth: 3, depthSize: 'xsmall' },
      fc.constantFrom<unknown>(true, false, {}, null, 'x'),
      keyword,
    ),
  }
})

const tool = fc
  .record({
    properties: fc.dictionary(name, wild, { maxKeys: 4 }),
    more: wild,
    defs: fc.record({ D: wild, E: wild }),
    F: wild,
  })
  .map(({ properties, more, defs, F }) => ({
    ...(typeof more === 'object' ? more : {}),
    type: 'object',
    properties,
    $defs: defs,
    definitions: { F },
  }))

const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value

function sent(schema: object, reader: SchemaReader) {
  const dropped = new Set<string>()
  return { schema: functionSchema(schema, reader, dropped), dropped }
}

const RUNS = { numRuns: 300 }

describe('any schema', () => {
  it('is in the subset of Moonshot once it was through, and stays as it is then', () => {
    fc.assert(
      fc.property(tool, (schema) => {
        const before = JSON.stringify(schema)
        const once = sent(schema, 'moonshot').schema
        expect(JSON.stringify(schema)).toBe(before)
        expect(refusals(once)).toEqual([])
        const twice = sent(once, 'moonshot')
        expect(twice.schema).toBe(once)
        expect([...twice.dropped]).toEqual([])
      }),
      RUNS,
    )
  })

  it.each(['openai', 'grammar'] as const)(
    'is put right once for %s, and never changed',
    (reader) => {
      fc.assert(
        fc.property(tool, (schema) => {
          const before = JSON.stringify(schema)
          const once = sent(schema, reader).schema
          expect(JSON.stringify(schema)).toBe(before)
          expect(sent(once, reader).schema).toBe(once)
        }),
        RUNS,
      )
    },
  )

  it.each(['moonshot', 'openai'] as const)(
    'allows for %s what it allowed, unless something of it is named as given up',
    (reader) => {
      fc.assert(
        fc.property(sensible, value, (schema, given) => {
          const tool = { type: 'object', properties: { x: schema } }
          const { schema: now, dropped } = sent(tool, reader)
          fc.pre(dropped.size === 0)
          expect(allows(now, { x: given })).toBe(allows(tool, { x: given }))
        }),
        { numRuns: 1500 },
      )
    },
  )
})

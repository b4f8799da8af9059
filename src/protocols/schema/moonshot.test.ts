import { describe, expect, it } from 'vitest'
import { clientRequests } from '../../../test/recorded/fixtures.ts'
import { functionSchema, schemaReader } from './index.ts'
import { refusals } from '../../../test/support/moonshot-schema.ts'

const ANY = ['string', 'number', 'boolean', 'object', 'array', 'null'].map((type) => ({ type }))

function sent(schema: object) {
  const dropped = new Set<string>()
  const whole = functionSchema(schema, 'moonshot', dropped)
  expect(refusals(whole)).toEqual([])
  expect(functionSchema(whole, 'moonshot', new Set())).toBe(whole)
  const lost = [...dropped].map((name) => name.replace('tools.input_schema.', ''))
  return { whole: whole as { properties: Record<string, unknown> }, lost }
}

/** One property of a tool, as it is sent, and what is lost of it. */
function property(schema: unknown, root: object = {}) {
  const { whole, lost } = sent({ type: 'object', properties: { x: schema }, ...root })
  return { x: whole.properties['x'], lost }
}

describe('who reads a schema', () => {
  it.each([
    'kimi-k3',
    'moonshotai/Kimi-K2-Instruct',
    'Pro/moonshotai/Kimi-K2.5',
    'accounts/fireworks/models/kimi-k2p5',
    'moonshot-v1-128k',
  ])('is Moonshot for %s wherever it is served', (model) => {
    expect(schemaReader(model, 'grammar')).toBe('moonshot')
  })

  it('is who the provider is for other models', () => {
    expect(schemaReader('gpt-5')).toBe('openai')
    expect(schemaReader('k3', 'moonshot')).toBe('moonshot')
  })
})

describe('a schema for Moonshot', () => {
  it('stays the same object where it is in the subset', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      description: 'd',
      properties: {
        a: { type: 'string', description: 'd', default: 'b', minLength: 1, format: 'uri' },
        b: { anyOf: [{ type: 'string' }, { type: 'null' }], title: 't' },
        c: { $ref: '#/$defs/Node' },
        d: { type: ['string', 'null'], enum: ['x', null] },
        e: { type: ['string', 'number'], description: 'either' },
        f: { type: 'array' },
        größe: { type: 'object', additionalProperties: { type: 'integer' } },
      },
      required: ['a'],
      additionalProperties: false,
      $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
    }
    expect(sent(schema)).toEqual({ whole: schema, lost: [] })
    expect(functionSchema(schema, 'moonshot', new Set())).toBe(schema)
  })

  it('names a type for what may be anything', () => {
    const description = 'what the script reads'
    expect(property({ description })).toEqual({ x: { description, anyOf: ANY }, lost: [] })
    expect(property(true).x).toEqual({ anyOf: ANY })
    expect(property({ anyOf: [{ type: 'string' }, { description: 'f' }] }).x).toEqual({
      anyOf: [{ type: 'string' }, { description: 'f', anyOf: ANY }],
    })
    expect(property({ type: 'array', items: {} }).x).toEqual({ type: 'array' })
    expect(property({ type: 'object', additionalProperties: {} }).x).toEqual({
      type: 'object',
      additionalProperties: true,
    })
  })

  it.each([
    [{ enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
    [{ const: 3 }, { type: 'integer', enum: [3] }],
    [{ const: null }, { type: 'null', enum: [null] }],
    [
      { type: 'string', const: 'a' },
      { type: 'string', enum: ['a'] },
    ],
    [
      { properties: { a: { type: 'string' } } },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
    [{ additionalProperties: false }, { type: 'object', additionalProperties: false }],
    [{ items: { type: 'string' } }, { type: 'array', items: { type: 'string' } }],
    [{ minLength: 2 }, { type: 'string', minLength: 2 }],
    [{ minimum: 2 }, { type: 'number', minimum: 2 }],
    [
      { enum: ['a', 1, null] },
      {
        anyOf: [
          { type: 'string', enum: ['a'] },
          { type: 'integer', enum: [1] },
          { type: 'null', enum: [null] },
        ],
      },
    ],
    [
      { type: 'string', enum: ['a', null] },
      { type: 'string', enum: ['a'] },
    ],
    [{ enum: [{ a: 1 }] }, { type: 'object', description: '(enum: [{"a":1}])' }],
  ])('reads a type from %j', (given, wanted) => {
    expect(property(given)).toEqual({ x: wanted, lost: [] })
  })

  it('has the constraints beside a choice in each of its branches', () => {
    expect(
      property({ type: 'string', description: 'd', anyOf: [{ enum: ['a'] }, { enum: ['b'] }] }),
    ).toEqual({
      x: {
        description: 'd',
        anyOf: [
          { enum: ['a'], type: 'string' },
          { enum: ['b'], type: 'string' },
        ],
      },
      lost: [],
    })
    expect(
      property({
        type: ['object', 'null'],
        properties: { a: { type: 'string' }, b: { type: 'string' } },
        required: ['a'],
        anyOf: [{ required: ['b'] }, { type: 'null' }, { type: 'integer' }],
      }).x,
    ).toMatchObject({
      anyOf: [
        {
          anyOf: [
            { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
            { type: 'null' },
          ],
        },
        { type: 'null' },
      ],
    })
  })

  it('has the stricter of two bounds, and what two sets of values share', () => {
    const bounds = { type: 'string', minLength: 5, maxLength: 9 }
    expect(
      property({ ...bounds, anyOf: [{ minLength: 1, maxLength: 20 }, { minLength: 7 }] }).x,
    ).toEqual({
      anyOf: [bounds, { ...bounds, minLength: 7 }],
    })
    expect(
      property({ enum: ['a', 'b'], allOf: [{ enum: ['b', 'c'] }, { type: 'string' }] }).x,
    ).toEqual({
      type: 'string',
      enum: ['b'],
    })
    const number = { type: 'number', allOf: [{ type: 'integer' }] }
    expect(property(number).x).toEqual({ type: 'integer' })
  })

  const Ref = { type: 'object', description: 'a reference', properties: { id: { type: 'string' } } }

  it('has nothing beside a reference', () => {
    const $defs = { Ref }
    expect(property({ $ref: '#/$defs/Ref', description: 'the asset' }, { $defs }).x).toEqual({
      ...Ref,
      description: 'the asset',
    })
    expect(property({ $ref: '#/$defs/Ref', type: 'object' }, { $defs }).x).toEqual(Ref)
    expect(property({ $ref: '#/$defs/Ref', required: ['id'] }, { $defs }).x).toEqual({
      ...Ref,
      required: ['id'],
    })
    expect(property({ allOf: [{ $ref: '#/$defs/Ref' }], description: 'd' }, { $defs }).x).toEqual({
      ...Ref,
      description: 'd',
    })
  })

  it('keeps a reference to a schema that refers to itself', () => {
    const $defs = {
      Node: {
        type: 'object',
        properties: { next: { $ref: '#/$defs/Node', description: 'the next one' } },
      },
    }
    const given = {
      type: 'object',
      properties: { x: { $ref: '#/$defs/Node', minProperties: 1 } },
      $defs,
    }
    const { whole, lost } = sent(given)
    expect(whole).toEqual({
      type: 'object',
      properties: { x: { anyOf: [{ $ref: '#/$defs/Node' }] } },
      $defs: {
        Node: {
          type: 'object',
          properties: { next: { description: 'the next one', anyOf: [{ $ref: '#/$defs/Node' }] } },
        },
      },
    })
    expect(lost).toEqual(['minProperties'])
  })

  it('has its references in $defs, wherever they pointed', () => {
    const { whole, lost } = sent({
      type: 'object',
      properties: {
        a: { $ref: '#/definitions/A' },
        b: { $ref: '#/properties/c' },
        c: {
          type: 'object',
          properties: { d: { $ref: '#/properties/c/definitions/A' } },
          definitions: { A: { type: 'integer' } },
        },
        e: { $ref: '#/definitions/x~1y' },
        f: { $ref: '#' },
        g: { $ref: 'https://example.com/schema.json', description: 'far' },
        h: { $ref: '#/$defs/gone' },
      },
      definitions: { A: { type: 'string' }, 'x/y': { enum: [1] }, unused: { type: 'null' } },
    })
    expect(whole).toMatchObject({
      properties: {
        a: { $ref: '#/$defs/A' },
        b: { $ref: '#/$defs/c' },
        c: { properties: { d: { $ref: '#/$defs/A_2' } } },
        e: { $ref: '#/$defs/x_1y' },
        f: { $ref: '#' },
        g: { description: 'far', anyOf: ANY },
        h: { anyOf: ANY },
      },
      $defs: {
        A: { type: 'string' },
        A_2: { type: 'integer' },
        x_1y: { type: 'integer', enum: [1] },
        c: { type: 'object' },
      },
    })
    expect(JSON.stringify(whole)).not.toMatch(/definitions|unused/)
    expect(lost).toEqual(['$ref'])
  })

  it('requires only what is among the properties', () => {
    const { whole } = sent({
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a', 'b'],
    })
    expect(whole).toMatchObject({ properties: { b: { anyOf: ANY } }, required: ['a', 'b'] })
    const closed = sent({
      type: 'object',
      properties: {},
      required: ['b'],
      additionalProperties: false,
    })
    expect(closed).toMatchObject({ whole: { required: [] }, lost: ['required'] })
    const typed = sent({
      type: 'object',
      properties: {},
      required: ['b'],
      additionalProperties: { type: 'integer' },
    })
    expect(typed.whole.properties['b']).toEqual({ type: 'integer' })
  })

  it('merges what several schemas say, and reads one of several as any of them', () => {
    const allOf = [
      { type: 'object', properties: { a: { type: 'string' }, b: { minimum: 1 } }, required: ['a'] },
      { properties: { b: { type: 'integer', maximum: 9 } } },
    ]
    expect(property({ allOf }).x).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'integer', minimum: 1, maximum: 9 } },
      required: ['a'],
    })
    expect(property({ oneOf: [{ type: 'string' }, { type: 'null' }] }).x).toEqual({
      anyOf: [{ type: 'string' }, { type: 'null' }],
    })
    const two = {
      anyOf: [{ minLength: 1 }, { maxLength: 3 }],
      oneOf: [{ pattern: '^a' }, { pattern: '^b' }],
      type: 'string',
    }
    expect(property(two).x).toEqual({
      anyOf: [
        { type: 'string', pattern: '^a', minLength: 1 },
        { type: 'string', pattern: '^a', maxLength: 3 },
        { type: 'string', pattern: '^b', minLength: 1 },
        { type: 'string', pattern: '^b', maxLength: 3 },
      ].map((branch) => expect.objectContaining(branch) as unknown),
    })
  })

  it.each([
    [{ additionalProperties: false }, ['additionalProperties']],
    [{ additionalProperties: { enum: ['a'] } }, ['additionalProperties']],
    [{ additionalProperties: true }, []],
    [{ additionalProperties: {} }, []],
    [{ additionalProperties: false, properties: { a: {}, b: {} } }, []],
    [{ additionalProperties: false, properties: { b: {} } }, ['additionalProperties']],
  ])('says where of two merged schemas one allows no property of the other: %j', (one, lost) => {
    const other = { type: 'object', properties: { a: { type: 'array', items: {} } } }
    for (const allOf of [
      [one, other],
      [other, one],
    ]) {
      const sent = property({ type: 'object', allOf })
      expect(sent.x).toMatchObject({ properties: { a: { type: 'array' } } })
      expect(sent.lost).toEqual(lost)
    }
  })

  it('has one schema for the items of a tuple', () => {
    const number = { type: 'number' }
    expect(
      property({ type: 'array', prefixItems: [number, number], minItems: 2, maxItems: 2 }),
    ).toEqual({
      x: { type: 'array', items: number, minItems: 2, maxItems: 2 },
      lost: [],
    })
    expect(
      property({ type: 'array', items: [number, { type: 'string' }], additionalItems: false }),
    ).toEqual({
      x: { type: 'array', items: { anyOf: [number, { type: 'string' }] }, maxItems: 2 },
      lost: ['prefixItems'],
    })
    expect(property({ type: 'array', prefixItems: [number] }).x).toEqual({ type: 'array' })
    expect(property({ type: 'array', items: false }).x).toEqual({ type: 'array', maxItems: 0 })
  })

  it('has no property that cannot be', () => {
    const { whole } = sent({
      type: 'object',
      properties: { a: false, b: true },
      required: ['a', 'b'],
    })
    expect(whole).toMatchObject({ properties: { b: { anyOf: ANY } }, required: ['b'] })
    expect(whole.properties).not.toHaveProperty('a')
  })

  it('is a choice where a list of types has constraints', () => {
    expect(
      property({ type: ['array', 'null'], items: { type: 'string' }, description: 'd' }).x,
    ).toEqual({
      description: 'd',
      anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }],
    })
    expect(property({ type: ['string'], minLength: 1 }).x).toEqual({ type: 'string', minLength: 1 })
  })

  it('ends where it is too deep, and says so', () => {
    let deep: object = { type: 'string' }
    for (let level = 0; level < 40; level += 1) deep = { type: 'object', properties: { p: deep } }
    const { x, lost } = property(deep)
    expect(JSON.stringify(x).match(/"p"/g)).toHaveLength(9)
    expect(lost).toEqual(['properties'])
  })

  it('is no larger than it can be read, however its parts refer to each other', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => {
        const next = { $ref: `#/$defs/d${String(i + 1)}`, description: 'd' }
        return [`d${String(i)}`, { type: 'object', properties: { a: next, b: next, c: next } }]
      }),
    )
    const { whole } = sent({
      type: 'object',
      properties: { x: { $ref: '#/$defs/d0' } },
      $defs: { ...$defs, d20: { type: 'string' } },
    })
    expect(JSON.stringify(whole).length).toBeLessThan(200_000)
  })

  for (const [name, body] of clientRequests()) {
    it(`takes every tool of ${name}, and loses nothing`, () => {
      const { tools = [] } = JSON.parse(body) as { tools?: { input_schema?: object }[] }
      for (const { input_schema: schema } of tools) {
        if (schema !== undefined) expect(sent(schema).lost).toEqual([])
      }
    })
  }
})

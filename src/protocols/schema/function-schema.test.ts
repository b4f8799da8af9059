import { describe, expect, it } from 'vitest'
import { clientRequests } from '../../../test/recorded/fixtures.ts'
import { functionSchema, schemaReader } from './index.ts'

function openai(schema: object | undefined) {
  const dropped = new Set<string>()
  return { schema: functionSchema(schema, 'openai', dropped), dropped: [...dropped] }
}

/** One property of a tool, as it is sent. */
function property(schema: unknown, reader: 'openai' | 'grammar' = 'openai'): unknown {
  const tool = { type: 'object', properties: { x: schema } }
  const sent = functionSchema(tool, reader, new Set()) as { properties: { x: unknown } }
  return sent.properties.x
}

describe("a tool's schema", () => {
  it('stays the same object where it is not refused', () => {
    const schema = { type: 'object', properties: { a: { anyOf: [{}, {}] } }, $schema: 'x' }
    expect(openai(schema).schema).toBe(schema)
    expect(openai(schema).dropped).toEqual([])
  })

  it('becomes an object with properties, without the words that are refused at the top', () => {
    expect(openai({ oneOf: [{}], $defs: { d: {} }, properties: { a: {} } })).toEqual({
      schema: { type: 'object', properties: { a: {} }, $defs: { d: {} } },
      dropped: ['tools.input_schema.oneOf'],
    })
    expect(openai(undefined).schema).toEqual({ type: 'object', properties: {} })
    expect(openai({ type: ['object', 'null'], properties: { a: {} } }).schema).toEqual({
      type: 'object',
      properties: { a: {} },
    })
  })

  it('has the properties of all branches of a choice at the top', () => {
    const file = { type: 'string', description: 'a name' }
    const { schema, dropped } = openai({
      type: 'object',
      description: 'one of these',
      anyOf: [
        { type: 'object', properties: { file, text: {} }, required: ['file', 'text'] },
        { type: 'object', properties: { file, url: { type: 'string' } }, required: ['file'] },
        { $ref: '#/$defs/Old' },
        { type: 'null' },
      ],
      $defs: { Old: { properties: { file: { type: 'integer' } }, required: ['file'] } },
    })
    expect(schema).toMatchObject({
      type: 'object',
      description: 'one of these',
      properties: {
        file: { anyOf: [file, { type: 'integer' }] },
        text: {},
        url: { type: 'string' },
      },
      required: ['file'],
    })
    expect(dropped).toEqual(['tools.input_schema.anyOf'])
  })

  it('holds all that several schemas at the top say, and what the top refers to', () => {
    const { schema, dropped } = openai({
      allOf: [
        { $ref: '#/definitions/Base' },
        { properties: { b: { type: 'string' } }, required: ['b'] },
      ],
      definitions: { Base: { type: 'object', properties: { a: {} }, required: ['a'] } },
    })
    expect(schema).toMatchObject({ properties: { a: {}, b: {} }, required: ['a', 'b'] })
    expect(dropped).toEqual([])
    const referring = openai({ $ref: '#/$defs/P', $defs: { P: { properties: { a: {} } } } })
    expect(referring.schema).toMatchObject({ type: 'object', properties: { a: {} } })
    expect(referring.schema).not.toHaveProperty('$ref')
  })

  it('that refers to itself at the top ends', () => {
    expect(openai({ $ref: '#' }).dropped).toEqual(['tools.input_schema.$ref'])
  })
})

describe('a schema for OpenAI', () => {
  it('has no empty string in an enum where Gemini reads it, and names that', () => {
    const kinds = { type: 'string', enum: ['', 'a'] }
    const tool = { type: 'object', properties: { kind: kinds, none: { enum: [''] } } }
    expect(functionSchema(tool, 'openai', new Set())).toBe(tool)
    const dropped = new Set<string>()
    expect(functionSchema(tool, schemaReader('google/gemini-x', 'grammar'), dropped)).toEqual({
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['a'] },
        none: { description: '(enum: [""])' },
      },
    })
    expect([...dropped]).toEqual(['tools.input_schema.enum'])
    expect(schemaReader('m', 'grammar')).toBe('grammar')
  })

  it('says what the items of every array are', () => {
    expect(property({ type: 'array' })).toEqual({ type: 'array', items: {} })
    expect(property({ type: ['array', 'null'] })).toEqual({ type: ['array', 'null'], items: {} })
    expect(property({ anyOf: [{ type: 'array' }, { type: 'null' }] })).toEqual({
      anyOf: [{ type: 'array', items: {} }, { type: 'null' }],
    })
    expect(property({ type: 'array', items: { type: 'array' } })).toEqual({
      type: 'array',
      items: { type: 'array', items: {} },
    })
    expect(property({ additionalProperties: { type: 'array' } })).toEqual({
      additionalProperties: { type: 'array', items: {} },
    })
  })

  it('has tuples in the form of 2020-12', () => {
    const pair = [{ type: 'number' }, { type: 'string' }]
    expect(property({ type: 'array', items: pair })).toEqual({
      type: 'array',
      prefixItems: pair,
      items: {},
    })
    expect(property({ type: 'array', items: pair, additionalItems: false })).toEqual({
      type: 'array',
      prefixItems: pair,
      items: false,
    })
    expect(property({ type: 'array', prefixItems: pair })).toHaveProperty('items', {})
  })

  it('has exclusive bounds as numbers', () => {
    expect(property({ type: 'number', minimum: 1, exclusiveMinimum: true })).toEqual({
      type: 'number',
      exclusiveMinimum: 1,
    })
    expect(property({ maximum: 1, exclusiveMaximum: false })).toEqual({ maximum: 1 })
  })

  it.each([
    [{ type: 'any' }, {}],
    [{ type: 'String' }, { type: 'string' }],
    [{ type: ['string', 'string'] }, { type: 'string' }],
    [{ type: [] }, {}],
    [{ type: 'string', required: true }, { type: 'string' }],
    [{ type: 'string', enum: [] }, { type: 'string' }],
    [{ type: 'string', description: null, title: 3 }, { type: 'string' }],
    [{ properties: { a: null, b: 'x' } }, { properties: { a: {}, b: {} } }],
    [{ anyOf: [] }, {}],
    [{ items: [] }, {}],
    [{ type: 'string', minLength: -1, maxLength: '3' }, { type: 'string' }],
    [null, {}],
  ])('has no keyword of a shape that is none: %j', (given, sent) => {
    if (given === null)
      expect(openai({ properties: { x: null } }).schema).toHaveProperty('properties.x', sent)
    else expect(property(given)).toEqual(sent)
  })

  it('names what it leaves out', () => {
    const { dropped } = openai({ type: 'object', properties: { a: { type: 'any', enum: [] } } })
    expect(dropped).toEqual(['tools.input_schema.type', 'tools.input_schema.enum'])
  })

  it.each([
    String.raw`^(?!__.*__$)[^\p{Cc}\p{Cf}"\\./[\]]{1,200}$`,
    '^(?!undefined$|null$)',
    '(?<=a)b',
    '(?<name>a)',
    String.raw`\u{1f600}`,
    '[]',
    '(',
  ])(
    'says a pattern in words that Python does not compile or newer models refuse: %s',
    (pattern) => {
      expect(property({ type: 'string', description: 'd', pattern })).toEqual({
        type: 'string',
        description: `d (pattern: ${pattern})`,
      })
    },
  )

  it.each(['^[a-z]+$', String.raw`^\d{3}-\w*\.$`, '(?:a|b)', String.raw`[\\/]\\p`])(
    'keeps a pattern that all can read: %s',
    (pattern) => {
      const schema = { type: 'string', pattern }
      expect(property(schema)).toBe(schema)
      expect(property(schema, 'grammar')).toEqual({
        type: 'string',
        description: `(pattern: ${pattern})`,
      })
    },
  )

  it('has properties of any name', () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"array"},"größe":{"type":"string"},"pattern":{"type":"string"},"items":{"type":"array","items":{}}}}',
    ) as object
    const sent = JSON.stringify(openai(schema).schema)
    expect(sent).toContain('"__proto__":{"type":"array","items":{}}')
    expect(sent).toContain('"größe"')
  })

  it('is not searched without end', () => {
    let deep: object = { type: 'array' }
    for (let level = 0; level < 5000; level += 1) deep = { type: 'array', items: deep }
    expect(() => property(deep)).not.toThrow()
  })

  for (const [name, body] of clientRequests()) {
    it(`is every one of ${name} as it stands`, () => {
      const { tools = [] } = JSON.parse(body) as { tools?: { input_schema?: object }[] }
      for (const { input_schema: schema } of tools) {
        if (schema !== undefined) expect(openai(schema)).toEqual({ schema, dropped: [] })
      }
    })
  }
})

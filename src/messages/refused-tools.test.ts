import { describe, expect, it } from 'vitest'
import { allFallbacks, firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'

const invalid = (message: string) => new GatewayError('invalid_request_error', message)

/** Objects in one another, so many levels of schemas in all. */
function nested(levels: number): Record<string, unknown> {
  const leaf: Record<string, unknown> = { type: 'string', description: 'deep' }
  return levels <= 1
    ? leaf
    : { type: 'object', properties: { a: nested(levels - 1) }, required: ['a'] }
}

const asks = (...schemas: readonly object[]) => ({
  model: 'x',
  messages: [{ role: 'user', content: 'hi' }],
  tools: schemas.map((input_schema, at) => ({ name: `t${String(at)}`, input_schema })),
})

const schemasAfter = (schema: object, message = DEEP) =>
  allFallbacks(asks(schema), invalid(message)).map(
    ({ request }) => request.tools?.[0]?.input_schema,
  )

const DEEP = "FunctionDeclaration 't0' in the request exceeds the maximum allowed nesting depth."

describe('schemas of tools that are too deep', () => {
  // In the words of Gemini, Moonshot, a relay and OpenAI; written by hand after bug reports.
  it.each([
    DEEP,
    'Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: schema depth exceeds maximum limit of 10',
    'JSON schema exceeds the maximum nesting depth of 10 levels',
    "Invalid schema for function 't0': 7 levels of nesting exceeds limit of 5.",
  ])('are cut in the second try, and are remembered: %s', (message) => {
    const request = asks(nested(7), nested(3))
    const second = firstFallback(request, invalid(message))
    const depth = 'tools.input_schema.depth_5'
    expect(second).toMatchObject({ without: depth, memory: depth })
    expect(second?.request.tools?.[1]).toBe(request.tools[1])
    const names = allFallbacks(request, invalid(message)).map(({ without }) => without)
    expect(names).toEqual(['tools.input_schema.depth_5', 'tools.input_schema.depth_3'])
  })

  it('keep what they had below the cut as words', () => {
    const object = (a: object) => ({ type: 'object', properties: { a }, required: ['a'] })
    const inner = { type: 'object', description: 'who', properties: { n: { type: 'string' } } }
    const list = { type: 'array', items: inner }
    const choice = { anyOf: [inner, { type: 'null' }] }
    expect(schemasAfter(object(object(inner)))).toEqual([
      object(
        object({
          type: 'object',
          description: 'who\nJSON schema: {"type":"object","properties":{"n":{"type":"string"}}}',
        }),
      ),
    ])
    expect(schemasAfter(object(object(list)))).toEqual([
      object(
        object({
          type: 'array',
          items: {},
          description: `JSON schema: ${JSON.stringify(list)}`,
        }),
      ),
    ])
    expect(schemasAfter(object(object(choice)))).toEqual([
      object(object({ description: `JSON schema: ${JSON.stringify(choice)}` })),
    ])
  })

  it('are cut wherever schemas stand in them', () => {
    const deep = nested(4)
    for (const schema of [
      { $defs: { d: deep } },
      { type: 'array', items: deep },
      { oneOf: [{ type: 'string' }, deep] },
      { type: 'object', additionalProperties: deep },
    ]) {
      const [cut] = schemasAfter(schema)
      expect(JSON.stringify(cut)).toContain('JSON schema: ')
      expect(JSON.stringify(cut)).not.toContain(
        '"properties":{"a":{"type":"object","properties":{"a":{"type":"object","p',
      )
    }
  })

  it.each<object>([
    { properties: { a: { properties: { b: { enum: [{ properties: { c: 1 } }], items: {} } } } } },
    { properties: { a: { properties: { b: { properties: {}, items: true, anyOf: [] } } } } },
    { properties: { a: { properties: { b: { additionalProperties: null, items: 'x' } } } } },
    { properties: [{ a: { b: { c: { d: 1 } } } }], anyOf: { a: { b: { c: { d: 1 } } } } },
    { default: { properties: { a: { properties: { b: { properties: { c: {} } } } } } } },
  ])('are left alone where they are not deep, however odd: %j', (schema) => {
    expect(schemasAfter(schema)).toEqual([])
  })

  it('leave tools without a schema, and requests without tools, alone', () => {
    const search = { name: 'web_search', type: 'web_search_20250305' }
    const request = { ...asks(nested(7)), tools: [search, ...asks(nested(7)).tools] }
    expect(firstFallback(request, invalid(DEEP))?.request.tools?.[0]).toBe(search)
    expect(firstFallback({ model: 'x', messages: [] }, invalid(DEEP))).toBeUndefined()
    expect(firstFallback({ ...request, tools: [search] }, invalid(DEEP))).toBeUndefined()
  })

  it('are cut where one of several names or branches is deep', () => {
    const flat = { type: 'string' }
    const [cut] = schemasAfter({ properties: { a: flat, b: nested(3) }, anyOf: [flat, nested(3)] })
    expect(cut).toMatchObject({ properties: { a: flat }, anyOf: [flat, { type: 'object' }] })
    expect(JSON.stringify(cut).match(/JSON schema: /g)).toHaveLength(2)
  })

  it('are told in words as far as anybody would read them', () => {
    const words = (length: number) => {
      const schema = { type: 'object', title: '', properties: { n: { type: 'string' } } }
      const title = 'x'.repeat(length - JSON.stringify(schema).length)
      const object = (a: object) => ({ type: 'object', properties: { a } })
      return JSON.stringify(schemasAfter(object(object({ ...schema, title }))))
    }
    expect(words(2_000)).toContain('JSON schema: ')
    expect(words(2_001)).not.toContain('description')
  })

  it('are not what other errors speak of', () => {
    expect(schemasAfter(nested(9), 'The recursion depth of the agent is too large')).toEqual([])
    expect(schemasAfter(nested(3))).toEqual([])
    const tries = allFallbacks(asks(nested(9)), new GatewayError('api_error', DEEP))
    expect(tries).toEqual([])
  })
})

describe('patterns in the schemas of tools', () => {
  const text = (fields: object = {}) => ({ type: 'string', ...fields })
  const schema = {
    type: 'object',
    properties: {
      // A property may have this name too.
      pattern: text({ description: 'what to find' }),
      id: text({ pattern: '\\S', description: 'an id' }),
      list: { type: 'array', items: text({ pattern: '^(?=x)' }) },
      either: { anyOf: [text({ pattern: 'a' }), { type: 'null' }] },
    },
    patternProperties: { '^x': text({ pattern: 'b' }) },
    required: ['pattern'],
  }
  const left = {
    type: 'object',
    properties: {
      pattern: text({ description: 'what to find' }),
      id: text({ description: 'an id\npattern: \\S' }),
      list: { type: 'array', items: text({ description: 'pattern: ^(?=x)' }) },
      either: { anyOf: [text({ description: 'pattern: a' }), { type: 'null' }] },
    },
    patternProperties: { '^x': text({ description: 'pattern: b' }) },
    required: ['pattern'],
  }

  // Written by hand after the reports that the rule names.
  it.each([
    "JSON schema conversion failed:\nPattern must start with '^' and end with '$'",
    'Failed to initialize samplers: failed to parse grammar',
    'parse: error parsing grammar: unknown escape at \\d',
    'Invalid JSON schema: regex lookaround is not supported. Found at $.properties.to.items.pattern.',
    "Invalid schema for function 'Artifact': '^(?!__.*__$)' is not a 'regex'.",
    "Invalid schema for function 'f': In context=('properties', 'id'), 'pattern' is not permitted.",
    'Invalid JSON payload received. Unknown name "pattern" at \'tools[0].function_declarations[0].parameters\': Cannot find field.',
    "RuntimeError: regex_converter.cc:73: Regex parsing error at position 2: Unclosed '['",
    'The provided JSON schema contains features not supported by xgrammar.',
    'tools.0.function.parameters: unsupported pattern',
    '[1210][Invalid API parameter, please check the documentation.]',
    'tools.12.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12',
  ])('are left out in the second try, and that is remembered: %s', (message) => {
    const [first] = allFallbacks(asks(schema, nested(2)), invalid(message))
    const without = 'tools.input_schema.pattern'
    expect(first).toMatchObject({ without, memory: without })
    expect(first?.request.tools?.map((tool) => tool.input_schema)).toEqual([left, nested(2)])
  })

  it('are left out where llama.cpp calls it an error of its own', () => {
    const error = new GatewayError('api_error', 'failed to parse grammar')
    expect(firstFallback(asks(schema), error)?.request.tools?.[0]?.input_schema).toEqual(left)
  })

  it('go without words where they are long', () => {
    const [rest] = schemasAfter(text({ pattern: 'x'.repeat(301) }), 'invalid regex')
    expect(rest).toEqual(text())
  })

  it.each([
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    "Invalid 'messages[1].tool_calls[0].id': expected pattern '^[a-zA-Z0-9]{9}$'",
    'messages: at least one message is required',
  ])('are not what other errors speak of: %s', (message) => {
    expect(schemasAfter(schema, message)).toEqual([])
  })

  it('are no reason to send a request again that has none', () => {
    const grep = { type: 'object', properties: { pattern: text() } }
    expect(schemasAfter(grep, 'invalid regex')).toEqual([])
    expect(schemasAfter({ pattern: 7, properties: [] }, 'invalid regex')).toEqual([])
  })
})

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

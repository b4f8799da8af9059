import { describe, expect, it } from 'vitest'
import { geminiBody as encoded, NEWER, OLDER } from '../../../test/support/gemini.ts'

const text = (text: string) => ({ type: 'text', text })

describe('a request for generateContent', () => {
  it('has its system prompt apart, without the billing header, and the model nowhere', () => {
    const system = [text('x-anthropic-billing-header: cc_version=1;'), text('A'), text('B')]
    const body = encoded({ system, max_tokens: 5 })
    expect(body).toMatchObject({
      systemInstruction: { parts: [{ text: 'A\n\nB' }] },
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      generationConfig: { maxOutputTokens: 5 },
      dropped: [],
    })
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
  })
})

describe('tools', () => {
  const tools = [
    { name: 'A', description: 'a', input_schema: { type: 'object', properties: { x: {} } } },
    { name: 'DeferredToolPlaceholder', input_schema: {}, defer_loading: true },
    { name: 'B', defer_loading: true },
  ]

  it('are function declarations; what is loaded is offered, the placeholder is not', () => {
    expect(encoded({ tools })['tools']).toEqual([
      {
        functionDeclarations: [
          {
            name: 'A',
            description: 'a',
            parametersJsonSchema: { type: 'object', properties: { x: {} } },
          },
          { name: 'B' },
        ],
      },
    ])
    expect(encoded({ tools }, OLDER, { jsonSchema: false })['tools']).toMatchObject([
      { functionDeclarations: [{ parameters: { properties: { x: { type: 'string' } } } }, {}] },
    ])
  })

  it.each([
    [{ type: 'auto' }, { mode: 'AUTO' }],
    [{ type: 'any' }, { mode: 'ANY' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [
      { type: 'tool', name: 'A' },
      { mode: 'ANY', allowedFunctionNames: ['A'] },
    ],
  ])('are chosen as %j says', (choice, config) => {
    expect(encoded({ tools, tool_choice: choice })['toolConfig']).toEqual({
      functionCallingConfig: config,
    })
  })

  it('cannot be held to one at a time', () => {
    const choice = { type: 'auto', disable_parallel_tool_use: true }
    expect(encoded({ tools, tool_choice: choice }).dropped).toEqual([
      'tool_choice.disable_parallel_tool_use',
    ])
  })

  it('are Google Search for a web search alone, which is dropped and named beside functions', () => {
    const search = {
      type: 'web_search_20250305',
      name: 'web_search',
      allowed_domains: ['x'],
      blocked_domains: [],
    }
    expect(encoded({ tools: [search], tool_choice: { type: 'auto' } })).toMatchObject({
      tools: [{ googleSearch: {} }],
      dropped: ['tools.web_search.allowed_domains'],
    })
    const beside = encoded({ tools: [...tools, search] })
    expect(beside.dropped).toEqual(['tools.web_search_20250305'])
    expect(JSON.stringify(beside['tools'])).not.toContain('googleSearch')
  })
})

describe('the generation config', () => {
  it('has the sampling fields and five stop sequences', () => {
    const stop_sequences = ['1', '2', '3', '4', '5', '6']
    const body = encoded({ temperature: 0, top_p: 0.5, top_k: 3, stop_sequences })
    expect(body.generationConfig).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 3,
      stopSequences: ['1', '2', '3', '4', '5'],
    })
    expect(body.dropped).toEqual([])
  })

  it.each([
    [OLDER, 128_000, {}, 65_536],
    ['gemini-2.0-flash', 128_000, {}, 8192],
    ['gemma-3-27b-it', 128_000, {}, 128_000],
    [OLDER, 128_000, { maxOutput: 100 }, 100],
    [OLDER, 64, {}, 64],
  ])('clamps the output of %s from %i, knowing %j, to %i', (model, max_tokens, can, limit) => {
    expect(encoded({ max_tokens }, model, { can }).generationConfig['maxOutputTokens']).toBe(limit)
  })

  it('leaves a model that always thinks room for it, where the client counts the answer alone', () => {
    const limit = (request: object, model: string) =>
      encoded({ max_tokens: 64, ...request }, model).generationConfig['maxOutputTokens']
    expect(limit({ thinking: { type: 'disabled' } }, NEWER)).toBeGreaterThan(2000)
    expect(limit({}, 'gemini-2.5-pro')).toBeGreaterThan(2000)
    expect(limit({ thinking: { type: 'adaptive' } }, NEWER)).toBe(64)
  })

  it.each([
    [NEWER, { type: 'adaptive' }, 'low', { includeThoughts: true, thinkingLevel: 'LOW' }],
    [NEWER, { type: 'adaptive' }, 'medium', { includeThoughts: true, thinkingLevel: 'HIGH' }],
    [
      'gemini-3.8-flash',
      { type: 'adaptive' },
      'medium',
      { includeThoughts: true, thinkingLevel: 'MEDIUM' },
    ],
    ['gemini-flash-latest', { type: 'disabled' }, 'high', { thinkingLevel: 'LOW' }],
    [NEWER, { type: 'adaptive' }, undefined, { includeThoughts: true }],
    [NEWER, undefined, undefined, undefined],
    [
      NEWER,
      { type: 'enabled', budget_tokens: 1000 },
      undefined,
      { includeThoughts: true, thinkingLevel: 'LOW' },
    ],
    [OLDER, { type: 'adaptive' }, 'low', { includeThoughts: true, thinkingBudget: 1024 }],
    [OLDER, { type: 'adaptive' }, 'max', { includeThoughts: true, thinkingBudget: 24_576 }],
    [OLDER, { type: 'adaptive' }, undefined, { includeThoughts: true, thinkingBudget: -1 }],
    [OLDER, { type: 'disabled' }, undefined, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', { type: 'disabled' }, undefined, { thinkingBudget: 128 }],
    [
      'gemini-2.5-flash-lite',
      { type: 'enabled', budget_tokens: 100 },
      undefined,
      { includeThoughts: true, thinkingBudget: 512 },
    ],
    [OLDER, undefined, undefined, undefined],
  ])('asks %s for thinking %j with effort %s by %j', (model, thinking, effort, config) => {
    const body = encoded({ thinking, ...(effort ? { output_config: { effort } } : {}) }, model)
    expect(body.generationConfig['thinkingConfig']).toEqual(config)
    expect(body.dropped).toEqual([])
  })

  it('names thinking that a model does not know', () => {
    const request = { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }
    const names = ['thinking', 'output_config.effort']
    expect(encoded(request, 'gemini-2.0-flash')).toMatchObject({ dropped: names })
    expect(encoded(request, OLDER, { can: { reasoning: false } }).dropped).toEqual(names)
  })

  it('asks for JSON by its schema, beside functions only since Gemini 3', () => {
    const schema = {
      type: 'object',
      properties: { t: { type: 'string' } },
      additionalProperties: false,
    }
    const output_config = { format: { type: 'json_schema', schema } }
    const tools = [{ name: 'A' }]
    expect(encoded({ output_config }).generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
    expect(encoded({ output_config }, OLDER, { jsonSchema: false }).generationConfig).toMatchObject(
      { responseSchema: { properties: { t: { type: 'string' } } } },
    )
    expect(encoded({ output_config, tools }).dropped).toEqual(['output_config.format'])
    expect(encoded({ output_config, tools }, NEWER).dropped).toEqual([])
  })

  it('names what it does not read', () => {
    expect(encoded({ metadata: {}, context_management: {} }).dropped).toEqual([
      'metadata',
      'context_management',
    ])
  })
})

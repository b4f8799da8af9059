import { describe, expect, it } from 'vitest'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Message, MessagesRequest } from '../../messages/request.ts'
import type { Capabilities } from '../protocol.ts'
import { encode } from './request.ts'

interface Body {
  readonly dropped: readonly string[]
  readonly [field: string]: unknown
}

function encoded(request: Partial<MessagesRequest>, can: Capabilities = {}, model = 'm'): Body {
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const { body, dropped } = encode(whole, { provider: 'p', model, can })
  return { ...(JSON.parse(JSON.stringify(body)) as Record<string, unknown>), dropped }
}

function input(messages: readonly Message[]) {
  return encoded({ messages })['input'] as Record<string, unknown>[]
}

const use = (id: string, args: unknown = {}) => ({ type: 'tool_use', id, name: 'T', input: args })
const result = (id: string, content: unknown = 'ok', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})
const file = (type: string, media: string, more: object = {}) => ({
  type,
  source: { type: 'base64', media_type: media, data: 'AAAA' },
  ...more,
})
const PNG = file('image', 'image/png')
const ERROR = { is_error: true }
const item = (role: string, text: string) => ({
  type: 'message',
  role,
  content: [{ type: 'input_text', text }],
})

describe('a request for Responses', () => {
  it('streams, stores nothing, and has the system prompt as instructions', () => {
    const system = [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=1;' },
      { type: 'text', text: 'A', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'B' },
    ]
    expect(encoded({ system, stream: false, max_tokens: 9000 })).toEqual({
      model: 'm',
      instructions: 'A\n\nB',
      input: [item('user', 'hi')],
      stream: true,
      store: false,
      max_output_tokens: 9000,
      include: ['reasoning.encrypted_content'],
      dropped: [],
    })
  })

  it('keeps system messages in mid-conversation, for the developer role', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: [{ type: 'text', text: 'cwd: /x' }] },
      { role: 'user', content: 'b' },
    ]
    expect(input(messages)).toEqual([
      item('user', 'a'),
      item('developer', 'cwd: /x'),
      item('user', 'b'),
    ])
  })

  it('pairs calls with their outputs whatever came between', () => {
    const messages = [
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'on it' }, use('a', { x: 1 }), use('b'), use('c')],
      },
      { role: 'user', content: [{ type: 'text', text: 'go on' }, result('b', 'no', ERROR)] },
      { role: 'system', content: 'note' },
      { role: 'user', content: [result('a', [{ type: 'text', text: 'yes' }]), result('gone')] },
    ]
    const call = (call_id: string, args = '{}') => ({
      type: 'function_call',
      call_id,
      name: 'T',
      arguments: args,
    })
    const output = (call_id: string, text: string) => ({
      type: 'function_call_output',
      call_id,
      output: text,
    })
    expect(input(messages)).toEqual([
      { type: 'message', role: 'assistant', content: 'on it' },
      call('a', '{"x":1}'),
      call('b'),
      call('c'),
      output('b', '[error] no'),
      output('a', 'yes'),
      output('c', '[no result: interrupted]'),
      item('user', 'go on'),
      item('developer', 'note'),
      item('user', '[result of an earlier tool call] ok'),
    ])
  })

  it('sends images and PDFs as parts, also inside results', () => {
    const pdf = file('document', 'application/pdf', { title: 'a.pdf' })
    const messages = [
      { role: 'user', content: [PNG, pdf, { type: 'text', text: 'see' }] },
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('a', [{ type: 'text', text: 'shot' }, PNG], ERROR)] },
    ]
    const image = {
      type: 'input_image',
      image_url: 'data:image/png;base64,AAAA',
      detail: 'auto',
    }
    const [user, , output] = input(messages)
    expect(user?.['content']).toEqual([
      image,
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
      { type: 'input_text', text: 'see' },
    ])
    expect(output?.['output']).toEqual([
      { type: 'input_text', text: '[error]' },
      { type: 'input_text', text: 'shot' },
      image,
    ])
  })

  it('tells the model what it cannot see, and names it', () => {
    const content = [file('document', 'application/msword'), PNG, { type: 'brand_new' }]
    const body = encoded({ messages: [{ role: 'user', content }] }, { images: false })
    expect(JSON.stringify(body['input'])).toContain('document left out')
    expect(JSON.stringify(body['input'])).not.toContain('AAAA')
    expect(body.dropped).toEqual(['user.document', 'user.image', 'user.brand_new'])
  })

  it('shortens ids that are too long, alike for call and output', () => {
    const id = 'x'.repeat(120)
    const [call, output] = input([
      { role: 'assistant', content: [use(id)] },
      { role: 'user', content: [result(id)] },
    ])
    expect(call?.['call_id']).toHaveLength(24)
    expect(output?.['call_id']).toBe(call?.['call_id'])
  })

  it('returns sealed reasoning to the model that made it, before what it led to, and to no other', () => {
    const thinking = (provider: string, model = 'm') => ({
      type: 'thinking',
      thinking: 'hm',
      signature: encodeSignature({ provider, model, payload: 'gAAA' }),
    })
    const ofProvider = input([{ role: 'assistant', content: [thinking('p'), use('a')] }])
    expect(ofProvider.map((item) => item['type'])).toEqual([
      'reasoning',
      'function_call',
      'function_call_output',
    ])
    expect(ofProvider[0]).toEqual({ type: 'reasoning', summary: [], encrypted_content: 'gAAA' })
    for (const content of [
      [thinking('q'), use('a')],
      [thinking('p', 'other'), use('a')],
      [{ type: 'thinking', thinking: 'hm', signature: 'claude' }, use('a')],
    ]) {
      const body = encoded({ messages: [{ role: 'assistant', content }] })
      expect(JSON.stringify(body['input'])).not.toContain('reasoning')
      expect(body.dropped).toEqual(['assistant.thinking'])
    }
    expect(input([{ role: 'assistant', content: [use('a'), thinking('p')] }])).toHaveLength(2)
  })

  it('offers flat functions that are not strict, with schemas that are not refused', () => {
    const tools = [
      { name: 'Bash', description: 'd', input_schema: { type: 'object', properties: { c: {} } } },
      { name: 'DeferredToolPlaceholder', defer_loading: true },
      { name: 'Any', defer_loading: true, input_schema: { anyOf: [{ required: ['a'] }] } },
      { name: 'code', type: 'code_execution_20250522' },
    ]
    const body = encoded({ tools })
    expect(body['tools']).toEqual([
      {
        type: 'function',
        name: 'Bash',
        description: 'd',
        parameters: { type: 'object', properties: { c: {} } },
        strict: false,
      },
      {
        type: 'function',
        name: 'Any',
        parameters: { type: 'object', properties: {} },
        strict: false,
      },
    ])
    expect(body.dropped).toEqual(['tools.code_execution_20250522', 'tools.input_schema.anyOf'])
  })

  it("turns the client's web search into the server's own, an empty domain list left out", () => {
    const search = { name: 'web_search', type: 'web_search_20250305', max_uses: 8 }
    const lists = { allowed_domains: ['a.org'], blocked_domains: [] }
    expect(encoded({ tools: [{ ...search, ...lists }] })).toMatchObject({
      tools: [{ type: 'web_search', filters: { allowed_domains: ['a.org'] } }],
      max_tool_calls: 8,
    })
    expect(encoded({ tools: [search] })['tools']).toEqual([{ type: 'web_search' }])
  })

  it.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'T' },
      { type: 'function', name: 'T' },
    ],
  ])('turns tool_choice %j into %j', (choice, expected) => {
    const body = encoded({
      tools: [{ name: 'T' }],
      tool_choice: { ...choice, disable_parallel_tool_use: true },
    })
    expect(body['tool_choice']).toEqual(expected)
    expect(body['parallel_tool_calls']).toBe(false)
  })

  it.each([
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'high'],
    [{ thinking: { type: 'enabled', budget_tokens: 5000 } }, 'medium'],
    [{ thinking: { type: 'disabled' } }, 'low'],
    [{ thinking: { type: 'adaptive' } }, undefined],
  ])('asks for reasoning by %j with effort %j', (fields, effort) => {
    const body = encoded(fields)
    expect(body['reasoning']).toEqual({ ...(effort ? { effort } : {}), summary: 'auto' })
    expect(body.dropped).toEqual([])
  })

  it('says nothing of reasoning to a model that does not think, and names it', () => {
    const fields = {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
      temperature: 0.5,
      max_tokens: 64,
    }
    for (const body of [encoded(fields, { reasoning: false }), encoded(fields, {}, 'gpt-4o')]) {
      expect(body).toMatchObject({ temperature: 0.5, max_output_tokens: 64 })
      expect(body).not.toHaveProperty('reasoning')
      expect(body).not.toHaveProperty('include')
      expect(body.dropped).toEqual(['thinking', 'output_config.effort'])
    }
  })

  it('leaves a thinking model room, within its limit, and spares it what it refuses', () => {
    const fields = { max_tokens: 64, temperature: 0.5, top_p: 1, stop_sequences: ['x'] }
    expect(encoded(fields)).toMatchObject({
      max_output_tokens: 4096,
      dropped: ['temperature', 'top_p'],
    })
    expect(encoded({ max_tokens: 128_000 }, { maxOutput: 32_000 })['max_output_tokens']).toBe(
      32_000,
    )
  })

  it('gives a model of which nothing is known, at a server that people run, what the client asks for', () => {
    const server = (model: string, fields: object) =>
      encode(
        { model: 'claude', messages: [], max_tokens: 64, ...fields },
        { provider: 'lmstudio', model },
        { midSystem: 'user', unknownThinks: false },
      ).body
    const sampling = { temperature: 0, top_p: 0.5 }
    expect(server('smollm2', sampling)).toMatchObject({ max_output_tokens: 64, ...sampling })
    expect(server('smollm2', { stop_sequences: ['x'] })).toMatchObject({ max_output_tokens: 4096 })
    for (const model of ['gpt-5.4', 'openai/o3', 'codex-mini']) {
      const body = server(model, sampling)
      expect(body).toMatchObject({ max_output_tokens: 4096 })
      expect(body).not.toHaveProperty('temperature')
    }
  })

  it('asks for a JSON schema, strictly only where the schema allows it', () => {
    const schema = (more: object) => ({
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { a: { type: 'string' } }, ...more },
        },
      },
    })
    const strict = encoded(schema({ required: ['a'], additionalProperties: false }))
    expect(strict['text']).toMatchObject({ format: { type: 'json_schema', strict: true } })
    expect(encoded(schema({}))['text']).toMatchObject({ format: { strict: false } })
  })

  it("has the client's conversation as its cache key", () => {
    const key = (user_id: unknown) => encoded({ metadata: { user_id } })['prompt_cache_key']
    expect(key('{"device_id":"d","session_id":"2e1ddc8e"}')).toBe('2e1ddc8e')
    expect(key('user_ab_account__session_2e1d-dc8e')).toBe('2e1d-dc8e')
    expect([key('null'), key('{'), key(5)]).toEqual([undefined, undefined, undefined])
  })
})

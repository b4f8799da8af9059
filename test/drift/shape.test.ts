import { describe, expect, it } from 'vitest'
import { kindOf, type RecordedRequest, shapeOf, toolShapes, withoutVersions } from './shape.ts'

const request = (body: unknown, headers: RecordedRequest['headers'] = {}): RecordedRequest => ({
  method: 'POST',
  path: '/v1/messages?beta=true',
  headers,
  body,
})

describe('the shape of a request', () => {
  it('has the names of headers, and values only of those that stay the same', () => {
    const headers = {
      'user-agent': 'claude-cli/2.1.332 (external, cli)',
      authorization: 'Bearer secret',
      'x-app': 'cli',
      'anthropic-beta': 'b-2026-01-01, a-2026-01-01',
    }
    expect(shapeOf([request({}, headers)])).toEqual({
      'beta a-2026-01-01': '',
      'beta b-2026-01-01': '',
      'body ': 'object',
      'header anthropic-beta': '',
      'header authorization': '',
      'header user-agent': 'claude-cli/VERSION (external, cli)',
      'header x-app': 'cli',
    })
  })

  it('has types by path, by role and by kind of block, and no text', () => {
    const body = {
      model: 'claude-x',
      system: [{ type: 'text', text: 'secret words' }],
      messages: [
        { role: 'user', content: 'secret words' },
        { role: 'user', content: [{ type: 'image', source: { type: 'base64', data: 'x' } }] },
        { role: 'assistant', content: [{ type: 'tool_use', input: { anything: 1 } }] },
      ],
      metadata: { user_id: '{"session_id":"1"}' },
      stop_sequences: [],
      thinking: null,
      rules: { '/home/someone': true },
    }
    const shape = shapeOf([request(body)])
    expect(shape).toEqual({
      'body messages[assistant].content[tool_use].input': 'object',
      'body messages[assistant].content[tool_use].type': 'string',
      'body messages[assistant].role': 'string',
      'body messages[user].content': 'string',
      'body messages[user].content[image].source.data': 'string',
      'body messages[user].content[image].source.type': 'string',
      'body messages[user].content[image].type': 'string',
      'body messages[user].role': 'string',
      'body metadata.user_id{json}.session_id': 'string',
      'body model': 'string claude-x',
      'body rules.*': 'boolean',
      'body stop_sequences': 'empty list',
      'body system[text].text': 'string',
      'body system[text].type': 'string',
      'body thinking': 'null',
    })
    expect(JSON.stringify(shape)).not.toContain('secret')
  })

  it('is the same in whatever order requests and fields come', () => {
    const one = request({ stream: true, max_tokens: 1 }, { a: '', b: '' })
    const other = request({ max_tokens: 2, temperature: 1 }, { b: '', c: '' })
    const shape = shapeOf([one, other])
    expect(JSON.stringify(shapeOf([other, one]))).toBe(JSON.stringify(shape))
    expect(shape['body max_tokens']).toBe('number 1 | number 2')
  })
})

it('tools are their fields, and the arguments with types and keywords', () => {
  const schema = {
    $schema: 'x',
    type: 'object',
    required: ['path'],
    properties: {
      path: { type: 'string', description: 'words', pattern: '^/' },
      list: { type: 'array', items: { anyOf: [{ type: 'string' }, { enum: [1] }] } },
    },
  }
  const tools = [
    { name: 'Read', description: 'words', input_schema: schema },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 8 },
  ]
  expect(toolShapes([request({ tools })])).toEqual({
    Read: {
      '.description': '',
      '.name': '',
      '/list': 'array',
      '/list[items]': '',
      '/list[items](anyOf)': ', enum | string',
      '/path!': 'string, pattern',
      arguments: 'object, $schema, required',
    },
    web_search_20250305: { '.max_uses': '', '.name': '', '.type': '' },
  })
  expect(shapeOf([request({ tools })])).toMatchObject({
    'tool Read': '',
    'tool web_search_20250305': '',
    'body tools': 'string',
  })
})

it('requests are distinguished by their call and what the client states', () => {
  const headers = { 'x-claude-code-request-class': 'subagent', 'x-claude-code-agent-type': 'Plan' }
  expect(kindOf(request({}, headers))).toBe('POST /v1/messages?beta=true subagent Plan')
  expect(kindOf(request({}, { 'x-claude-code-agent-id': '1' }))).toMatch(/ agent$/)
  expect(withoutVersions('a/1.2.3 v22.1.0-rc.1')).toBe('a/VERSION VERSION')
})

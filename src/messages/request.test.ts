import { describe, expect, it } from 'vitest'
import { knownBlock, parseRequest } from './request.ts'

const message = { role: 'user', content: 'hi' }
const parse = (request: unknown) => parseRequest(JSON.stringify(request))

describe('a request body', () => {
  it('keeps fields and blocks it does not know, and takes null for a field left out', () => {
    const request = { model: 'm', messages: [{ ...message, new: 1 }], newer: { a: [2] } }
    expect(parse({ ...request, system: null, tools: null, metadata: null })).toEqual(request)
  })

  it('takes null for a field left out of a tool', () => {
    const tool = { name: 't', input_schema: { type: 'object' } }
    const request = { model: 'm', messages: [message], tools: [tool] }
    const spelt = { ...tool, type: null, description: null, cache_control: null }
    expect(parse({ ...request, tools: [spelt] })).toEqual(request)
  })

  it.each([
    ['{"model":', 'not JSON'],
    ['[]', 'a JSON object'],
    ['{"messages":[]}', 'model'],
    ['{"model":"m"}', 'messages'],
    ['{"model":"m","messages":[]}', 'messages'],
    ['{"model":"m","messages":[1]}', 'messages.0'],
    ['{"model":"m","messages":[{"content":""}]}', 'messages.0.role'],
    ['{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}', 'messages.0.content'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"system":1}', 'system'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"tools":[{}]}', 'tools'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"stream":"true"}', 'stream'],
  ])('%s is refused, naming what is wrong', (body, named) => {
    expect(() => parseRequest(body)).toThrow(named)
    expect(() => parseRequest(body)).toThrow(expect.objectContaining({ status: 400 }) as Error)
  })

  it('that is not JSON is refused without quoting it', () => {
    expect(() => parseRequest('my secret prompt')).toThrow(/^The request body is not JSON/)
    try {
      parseRequest('my secret prompt')
    } catch (error) {
      expect((error as Error).message).not.toContain('secret')
    }
  })

  it('has blocks that are known by type and shape', () => {
    expect(knownBlock({ type: 'text', text: 'x' })).toBeDefined()
    expect(knownBlock({ type: 'text' })).toBeUndefined()
    expect(knownBlock({ type: 'image', source: { type: 'file', file_id: 'f' } })).toBeUndefined()
    expect(knownBlock({ type: 'tool_result', tool_use_id: 'a', content: null })).toBeDefined()
    expect(knownBlock({ type: 'constructor' })).toBeUndefined()
  })
})

it('refuses a body that is nested too deeply, with the limit', () => {
  const input = '['.repeat(100_000) + ']'.repeat(100_000)
  const body = `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"b","input":${input}}]}]}`
  expect(() => parseRequest(body)).toThrow('nested too deeply: at most 200 levels')
})

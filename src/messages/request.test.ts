import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseRequest } from './request.ts'

const message = { role: 'user', content: 'hi' }
const thrownBy = (act: () => void): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
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
    expect(parse({ ...request, tools: [tool, spelt] })).toEqual({ ...request, tools: [tool, tool] })
  })

  it.each([
    ['{"model":', 'not JSON'],
    ['[]', 'a JSON object'],
    ['null', 'a JSON object'],
    ['"m"', 'a JSON object'],
    ['{"messages":[]}', 'model'],
    ['{"model":"m"}', 'messages'],
    ['{"model":"m","messages":[]}', 'messages'],
    ['{"model":"","messages":[{"role":"user","content":""}]}', 'model: a non-empty string'],
    ['{"model":"m","messages":[1]}', 'messages.0: an object'],
    ['{"model":"m","messages":[null]}', 'messages.0: an object'],
    ['{"model":"m","messages":[{"role":"user","content":""},[]]}', 'messages.1: an object'],
    ['{"model":"m","messages":[{"role":"user"}]}', 'messages.0.content'],
    ['{"model":"m","messages":[{"content":""}]}', 'messages.0.role'],
    ['{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}', 'messages.0.content'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"system":1}', 'system'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"tools":[{}]}', 'tools'],
    ['{"model":"m","messages":[{"role":"user","content":""}],"stream":"true"}', 'stream'],
  ])('%s is refused, naming what is wrong', (body, named) => {
    expect(() => parseRequest(body)).toThrow(named)
    expect(() => parseRequest(body)).toThrow(expect.objectContaining({ status: 400 }) as Error)
  })

  it.each(['my secret prompt', '{"system":"my secret', '{"a":"my secret",}', '{"a": secret "x"}'])(
    'that is not JSON is refused without quoting it, in the answer as in the log: %s',
    (body) => {
      const error = thrownBy(() => parseRequest(body))
      expect(error).toMatchObject({
        kind: 'invalid_request_error',
        message: expect.stringMatching(/^The request body is not JSON \(\w.*\)\.$/) as string,
      })
      expect(inspect(error)).not.toContain('secret')
    },
  )

  it.each([
    [{ stream: true }],
    [{ stream: false }],
    [{ system: '' }],
    [{ system: [{ type: 'text', text: 'x' }] }],
    [{ tools: [] }],
    [{ tools: [{ name: 't' }, { name: 'web_search', type: 'web_search_20250305' }] }],
    [{ tools: [{ name: 't', type: 'custom', input_schema: {} }] }],
  ])('with %j is read as it is', (fields) => {
    const request = { model: 'm', messages: [message], ...fields }
    expect(parse(request)).toEqual(request)
  })

  it.each([
    [{ stream: 1 }, 'stream'],
    [{ system: [{ text: 'x' }] }, 'system'],
    [{ system: {} }, 'system'],
    [{ tools: {} }, 'tools'],
    [{ tools: [null] }, 'tools'],
    [{ tools: [{ name: 5 }] }, 'tools'],
    [{ tools: [{ name: 't' }, {}] }, 'tools'],
    [{ tools: [{ name: 't', type: 5 }] }, 'tools'],
    [{ tools: [{ name: 't', input_schema: 'x' }] }, 'tools'],
    [{ tools: [{ name: 't', input_schema: [] }] }, 'tools'],
    [{ tools: [{ name: 't', type: 5, input_schema: {} }] }, 'tools'],
  ])('with %j is refused, naming the field', (fields, named) => {
    const request = { model: 'm', messages: [message], ...fields }
    expect(() => parse(request)).toThrow(new RegExp(`^${named}: `))
  })
})

it('refuses a body that is nested too deeply, with the limit', () => {
  const input = '['.repeat(100_000) + ']'.repeat(100_000)
  const body = `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"b","input":${input}}]}]}`
  expect(() => parseRequest(body)).toThrow('nested too deeply: at most 200 levels')
})

import { expect, it } from 'vitest'
import { bareError } from './upstream-error-body.ts'

it.each([
  ['SiliconFlow', { code: 20015, message: 'no', data: null }],
  ['a gateway', { code: 500, msg: 'no' }],
  ['FastAPI', { detail: 'Not Found' }],
  ['Baidu', { error_code: 336003, error_msg: 'no' }],
  ['Venice', { error_type: 'x', error_message: 'no' }],
  ['vLLM', { object: 'error', message: 'no', code: 400 }],
  ['an error without words', { object: 'error', code: 400 }],
  ['one with empty words', { message: '' }],
  ['all is well at MiniMax, but not here', { base_resp: { status_code: 0 }, msg: 'no' }],
])('an error in place of an answer is found: %s', (_, body) => {
  expect(bareError(body)).toBe(body)
})

it('that of MiniMax is what stands in its field', () => {
  const base_resp = { status_code: 1004, status_msg: 'login fail' }
  expect(bareError({ id: 'x', choices: null, base_resp })).toBe(base_resp)
})

it.each([
  [{ object: 'chat.completion', choices: [] }],
  [{ base_resp: { status_code: 0, status_msg: 'success' }, choices: [] }],
  [{ base_resp: null }],
  [{ message: { role: 'assistant', content: 'a message of a model' } }],
  [{ detail: null, message: 5 }],
  [{}],
])('%j is none', (body) => {
  expect(bareError(body)).toBeUndefined()
})

/** Written by hand, in the shapes that servers have. */
import { expect, it } from 'vitest'
import { upstreamError } from './upstream-error.ts'
import { parseErrorBody } from './upstream-error-body.ts'

const EXTRA = {
  type: 'extra_forbidden',
  loc: ['body', 'messages', 2, 'assistant', 'reasoning_content'],
  msg: 'Extra inputs are not permitted',
  input: 'the words of the user: temperature is not supported',
  url: 'https://errors.example/extra_forbidden',
}
const BODY = 'body.messages.2.assistant.reasoning_content: Extra inputs are not permitted'

const TRACEBACK =
  'Traceback (most recent call last):\n  File "/home/me/proxy.py", line 41, in f\n    raise E\nValueError: no such tool\n'

it.each([
  [
    'LiteLLM',
    { error: { message: `2 validation errors for Event\n  Field required\n\n${TRACEBACK}` } },
    '2 validation errors for Event\n  Field required',
  ],
  [
    'LiteLLM, with nothing before its traceback',
    { error: { message: `litellm.APIConnectionError: ${TRACEBACK}` } },
    'litellm.APIConnectionError: ValueError: no such tool',
  ],
  ['a traceback alone', { error: TRACEBACK }, 'ValueError: no such tool'],
  ['FastAPI', { detail: [EXTRA] }, BODY],
  ['Mistral', { object: 'error', message: { detail: [EXTRA] }, code: null }, BODY],
  ['a gateway', { error: { message: JSON.stringify({ detail: [EXTRA] }) } }, BODY],
  [
    'several',
    { detail: [EXTRA, { loc: ['body'], msg: 'Field required' }] },
    `${BODY}; body: Field required`,
  ],
  [
    'zod',
    {
      error: {
        message: JSON.stringify([
          {
            code: 'unrecognized_keys',
            keys: ['seed'],
            path: [],
            message: "Unrecognized key: 'seed'",
          },
          { code: 'invalid_type', path: ['tools', 0, 'name'], message: 'Required' },
        ]),
      },
    },
    "Unrecognized key: 'seed'; tools.0.name: Required",
  ],
  ['a list', [EXTRA], BODY],
])('the issues of a validator are told without what they quote: %s', (_, body, message) => {
  expect(parseErrorBody(body).message).toBe(message)
  expect(upstreamError(body, { provider: 'p', status: 422 }).message).toBe(`p: ${message}`)
})

it.each([
  [{ detail: ['no', 'nothing'] }, '["no","nothing"]'],
  [{ detail: [] }, '[]'],
  [{ detail: [{ loc: ['body'], msg: 'no' }, 'x'] }, '[{"loc":["body"],"msg":"no"},"x"]'],
  [{ detail: [{ loc: ['body'], msg: 3 }] }, '[{"loc":["body"],"msg":3}]'],
  [[{ error: { message: 'no' } }], 'no'],
  [{ error: { message: '[DONE] is missing' } }, '[DONE] is missing'],
  [{ detail: [{ loc: 'body', msg: 'no' }] }, '[{"loc":"body","msg":"no"}]'],
])('what is no list of issues is told as before: %j', (body, message) => {
  expect(parseErrorBody(body).message).toBe(message)
})

it.each([
  [{ message: 'Unsupported parameter', param: 'seed' }, 'Unsupported parameter: seed'],
  [{ message: 'Unsupported parameter: seed', param: 'seed' }, 'Unsupported parameter: seed'],
  [{ message: "The model 'x' is not there", param: 'model' }, "The model 'x' is not there"],
  [{ message: 'no', param: '' }, 'no'],
  [{ message: 'no', param: null }, 'no'],
])('what a text does not say of its parameter is told: %j', (error, message) => {
  expect(parseErrorBody({ error }).message).toBe(message)
})

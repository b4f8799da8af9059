/** What is told in odd statuses and odd shapes; texts as providers write them, set down by hand. */
import { expect, it } from 'vitest'
import { bareError } from './upstream-error-body.ts'
import { upstreamError } from './upstream-error.ts'

const answering = (status: number, body: unknown) => upstreamError(body, { provider: 'p', status })

it.each([
  [{ error: { code: 'model_not_found', message: "The requested model 'x' does not exist." } }],
  [{ error: { code: 'model_not_supported', message: 'The requested model is not supported.' } }],
  [{ error: { code: 'unknown_model', message: 'Unknown model: x' } }], // GitHub Models
  [{ error: { code: '1211', message: 'Unknown Model, please check the model code.' } }], // z.ai
  [{ error: { type: 'invalid_model', message: "Invalid model 'x'. Permitted models are …" } }],
  [{ error: { message: "The requested model 'a/b' is not supported by any provider." } }],
  [{ error: 'model "x" not found' }],
])('%j with a 400 is a missing model', (body) => {
  expect(answering(400, body)).toMatchObject({ kind: 'not_found_error', status: 404 })
})

it.each([
  [400, { code: 'invalid-argument', error: 'Incorrect API key provided. You can obtain one.' }], // xAI
  [400, { error: { message: 'API key not valid. Please pass a valid API key.' } }],
  [403, { error: { message: 'Invalid API key' } }],
  [500, { error: { message: 'litellm.AuthenticationError: Incorrect API key provided: sk-…' } }],
  [403, { error: { code: 'invalid_api_key', message: 'no' } }],
])('status %i with %j is a wrong key', (status, body) => {
  expect(answering(status, body)).toMatchObject({
    kind: 'authentication_error',
    status: 401,
    shouldRetry: false,
  })
})

it.each([
  [403, { code: 30001, message: 'Sorry, your account balance is insufficient: 余额不足' }],
  [400, { error: { code: 'Arrearage', message: 'Access denied, please check your account.' } }],
  [403, { error: { code: 'AccountOverdueError', message: 'The request failed.' } }],
  [400, { error: { message: 'Your credit balance is too low to access the API.' } }],
])('status %i with %j is an account without money', (status, body) => {
  expect(answering(status, body)).toMatchObject({ kind: 'billing_error', status: 402 })
})

const DASHSCOPE =
  'You exceeded your current quota, please check your plan and billing details. For details, see: https://help.example/error-code#token-limit'

it.each([
  [{ code: 'insufficient_quota', type: 'insufficient_quota', message: DASHSCOPE }, undefined],
  [
    { code: 'insufficient_quota', message: 'Allocated quota exceeded, please increase it.' },
    undefined,
  ],
  [{ code: 'insufficient_quota', message: 'Free allocated quota exceeded.' }, false],
  [{ code: 'insufficient_quota', message: 'You exceeded your current quota.' }, false],
])('a 429 of %j is worth a retry: %s', (error, shouldRetry) => {
  expect(answering(429, { error })).toMatchObject({ kind: 'rate_limit_error', shouldRetry })
})

it.each([
  [{ error: { message: 'The total length of all messages is too long.', type: 'x', code: 400 } }],
  [{ error: { message: 'no', type: 'too_many_prompt_tokens', code: 400 } }],
  [{ error_type: 'context_length_exceeded', error_message: 'This is too much.' }],
])('%j is a prompt that is too long', (body) => {
  expect(answering(400, body)).toMatchObject({
    message: expect.stringMatching(/^prompt is too long/) as string,
    overflow: true,
  })
})

it('an error beside which its status stands has that status', () => {
  for (const body of [
    { error: { message: 'busy' }, status_code: 503 },
    { error: { message: 'busy', http_status: 503 } },
    { error: 'busy', statusCode: 503 },
    { error: { message: 'busy' }, code: '503' },
  ]) {
    expect(upstreamError(body, 'p')).toMatchObject({ kind: 'overloaded_error', status: 503 })
  }
  expect(bareError({ error_type: 'x', error_message: 'y' })).toBeDefined()
})

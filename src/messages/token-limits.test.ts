import { describe, expect, it } from 'vitest'
import { upstreamError } from './upstream-error.ts'
import { overflowIn } from './token-limits.ts'

/** Wordings as providers' documentation and their users' reports have them; numbers made up. */
const WORDINGS: readonly [provider: string, message: string, sent?: number, limit?: number][] = [
  ['Anthropic', 'prompt is too long: 213462 tokens > 200000 maximum', 213462, 200000],
  ['Bedrock', 'The model returned the following errors: Input is too long for requested model.'],
  [
    'Bedrock, Nova',
    'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  ],
  [
    'OpenAI',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,512 tokens. Please reduce the length of the messages.",
    130512,
    128000,
  ],
  ['OpenAI Responses', 'Your input exceeds the context window of this model. Please adjust it.'],
  [
    'OpenAI, GPT-5',
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300001 tokens.',
    300001,
    272000,
  ],
  [
    'Gemini',
    'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
    1196265,
    1048575,
  ],
  [
    'Vertex',
    'Unable to submit request because the input token count is 1100000 but model only supports up to 1048576. Reduce the input token count and try again.',
    1100000,
    1048576,
  ],
  [
    'xAI',
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    537812,
    131072,
  ],
  ['Groq', 'Please reduce the length of the messages or completion.'],
  [
    'Groq, free tier',
    'Request too large for model `llama-3.1-8b-instant` in organization `org_01hxk5` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 8214, please reduce your message size and try again.',
    8214,
    6000,
  ],
  [
    'Cerebras',
    'Please reduce the length of the messages or completion. Current length is 10432 while limit is 8192',
    10432,
    8192,
  ],
  [
    'OpenRouter',
    "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens (42832 of text input). Please reduce the length of either one.",
    42832,
    32768,
  ],
  [
    'llama.cpp',
    'request (4096 tokens) exceeds the available context size (2048 tokens), try increasing it',
    4096,
    2048,
  ],
  [
    'LM Studio',
    'The number of tokens to keep from the initial prompt is greater than the context length.',
  ],
  [
    'LM Studio, before',
    'Trying to keep the first 6269 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    6269,
    4096,
  ],
  ['GitHub Copilot', 'prompt token count of 130000 exceeds the limit of 128000', 130000, 128000],
  ['MiniMax', 'invalid params, context window exceeds limit (2013)'],
  [
    'Moonshot',
    'Invalid request: Your request exceeded model token limit: 262144 (requested: 300123)',
    300123,
    262144,
  ],
  ['z.ai', 'Prompt exceeds max length'],
  [
    'Mistral',
    'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    65673,
    32768,
  ],
  [
    'DashScope',
    '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
  ],
  [
    'Together, TGI',
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 0 `max_new_tokens`',
    9000,
    8193,
  ],
  [
    'Fireworks',
    'The prompt is too long: 140000, model maximum context length: 131071',
    140000,
    131071,
  ],
  [
    'SiliconFlow',
    'length of prompt_tokens (50000) must be less than max_seq_len (32768).',
    50000,
    32768,
  ],
  ['Volcengine', 'Total tokens of image and text exceed max message tokens.'],
  ['Volcengine, Doubao', 'Input length 130000 exceeds the maximum length 126976', 130000, 126976],
  ['Ollama', 'prompt too long; exceeded max context length by 12 tokens'],
  ['Ollama, embedded', 'the input length exceeds the context length'],
  [
    'vLLM',
    'The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller.',
    5000,
    4096,
  ],
  [
    'SGLang',
    "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    9000,
    8192,
  ],
  [
    'Cohere',
    'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 6000. Try using a shorter prompt.',
    6000,
    4081,
  ],
  ['llama-cpp-python', 'Requested tokens (2500) exceed context window of 2048', 2500, 2048],
  ['Baidu', 'the max input characters is 5120'],
  [
    'one that names its window and what else was wanted',
    "Requested token count exceeds the model's maximum context length of 8192 tokens. You wanted 5000 of them.",
  ],
  [
    'a server that counts the prompt and names no window',
    'prompt too long: 5000 tokens in the messages, 4096 allowed',
    5000,
    4096,
  ],
  [
    'OpenRouter, images alone',
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 9500 tokens (9000 of image input, 500 in the output).",
    9500,
    8192,
  ],
  [
    'a model with a date in its name',
    'claude-3-5-sonnet-20241022: prompt is too long: 213462 tokens > 200000 maximum',
    213462,
    200000,
  ],
]

describe('a prompt that does not fit', () => {
  it.each(WORDINGS)(
    'is told in the words that make the client compact: %s',
    (_who, message, ...n) => {
      const error = upstreamError({ error: { message } }, { provider: 'p', status: 400 })
      const [sent, limit] = n
      const known = { kind: 'invalid_request_error', status: 400, overflow: true, limit }
      expect(error).toMatchObject({ ...known, remainingTokens: undefined, shouldRetry: false })
      expect(error.message).toBe(
        sent === undefined
          ? `prompt is too long: ${message}`
          : `prompt is too long: ${String(sent)} tokens > ${String(limit)} maximum`,
      )
    },
  )

  it('is known by its code, whatever the text', () => {
    const error = { code: 'context_length_exceeded', message: 'no' }
    expect(upstreamError({ error }, 'p').message).toBe('prompt is too long: no')
  })

  it('is counted by the fields of llama.cpp', () => {
    const error = {
      code: 400,
      type: 'exceed_context_size_error',
      message: 'the request exceeds the available context size',
      n_prompt_tokens: 20480,
      n_ctx: 8192,
    }
    expect(upstreamError({ error }, 'p').message).toBe(
      'prompt is too long: 20480 tokens > 8192 maximum',
    )
  })

  it('is not found in what an error quotes far behind its beginning', () => {
    const quoting = (filler: string) =>
      `max_tokens: not a number. You sent: ${filler} prompt is too long`
    const inError = (message: string) =>
      upstreamError({ error: { message } }, { provider: 'p', status: 400 }).overflow
    expect(inError(quoting('x'))).toBe(true)
    expect(inError(quoting('x'.repeat(10_000)))).toBe(false)
    expect(overflowIn(quoting('x'), [], false)).toEqual({})
    expect(overflowIn(quoting('x'.repeat(10_000)), [], false)).toBeUndefined()
  })

  it.each([413, 429])('is that of a rate too, where no wait makes room for it: %i', (status) => {
    const message =
      'Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 40000. Visit our limits page.'
    expect(upstreamError({ error: { message } }, { provider: 'p', status })).toMatchObject({
      message: 'prompt is too long: 40000 tokens > 30000 maximum',
      overflow: true,
      limit: 30_000,
    })
  })

  it('is found in the error of the provider behind a gateway', () => {
    const raw = JSON.stringify({
      error: { message: 'prompt is too long: 213462 tokens > 200000 maximum' },
    })
    const error = { code: 400, message: 'Provider returned error', metadata: { raw } }
    expect(upstreamError({ error }, { provider: 'p', status: 400 }).message).toBe(
      'prompt is too long: 213462 tokens > 200000 maximum',
    )
  })

  it.each([
    [429, 'Too many tokens, please wait before trying again.'],
    [
      429,
      'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
    ],
    [400, 'max_tokens is too large: 99999. This model supports at most 16384 completion tokens.'],
    [400, 'The maximum tokens you requested exceeds the model limit of 32768'],
    [400, 'messages.3.content.1.image.source.base64: image exceeds the maximum of 5 MB'],
    [400, 'The number of tools exceeds the maximum of 128'],
  ])('is not what status %i with "%s" means', (status, message) => {
    const error = upstreamError({ error: { message } }, { provider: 'p', status })
    expect(error.overflow).toBe(false)
    expect(error.status).toBe(status)
  })
})

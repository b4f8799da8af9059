import { describe, expect, it } from 'vitest'
import { upstreamError } from './upstream-error.ts'
import { isUnderstood } from './token-limits.ts'

describe('a prompt that fits, beside which the wanted answer does not', () => {
  it.each([
    [
      'OpenAI, DeepSeek',
      "This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion).",
      131072 - 122942,
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 131072 tokens. However, you requested about 132463 tokens (1463 of text input, 200 of tool input, 131000 in the output).",
      131072 - 1463 - 200,
    ],
    [
      'vLLM',
      "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 20104 input tokens (32000 > 32768 - 20104).",
      32768 - 20104,
    ],
    [
      'vLLM since',
      "This model's maximum context length is 8192 tokens. However, you requested 5000 output tokens and your prompt contains at least 4193 input tokens, for a total of at least 9193 tokens.",
      8192 - 4193,
    ],
    [
      'SGLang',
      "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9000 tokens: 4000 tokens from the input messages and 5000 tokens for the completion.",
      8192 - 4000,
    ],
    [
      'Claude',
      'input length and `max_tokens` exceed context limit: 180000 + 64000 > 200000, decrease input length or `max_tokens` and try again',
      200000 - 180000,
    ],
    [
      'TGI',
      '`inputs` tokens + `max_new_tokens` must be <= 8192. Given: 4000 `inputs` tokens and 5000 `max_new_tokens`',
      8192 - 4000,
    ],
  ])('leaves room for a shorter one: %s', (_who, message, left) => {
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 400 })
    expect(error.overflow).toBe(true)
    expect(error.remainingTokens).toBeLessThan(left)
    expect(error.remainingTokens).toBeGreaterThan(left - 200)
  })

  it.each([
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 32500 input tokens (32000 > 32768 - 32500).",
      'prompt is too long: 64500 tokens > 32768 maximum',
    ],
    [
      'input length and `max_tokens` exceed context limit: 199500 + 64000 > 200000, decrease them',
      'prompt is too long: 263500 tokens > 200000 maximum',
    ],
  ])('is told with the sum of both where there is no room: %s', (message, expected) => {
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 400 })
    expect(error.remainingTokens).toBeUndefined()
    expect(error.message).toBe(expected)
  })

  it.each([
    [3000 + 64, 3000],
    [3000 + 63, undefined],
  ])('of which %i tokens are left has room for %s', (left, room) => {
    const message = `This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (${String(8192 - left)} in the messages, 1808 in the completion).`
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 400 })
    expect(error.remainingTokens).toBe(room)
  })

  it('leaves none where the prompt alone is nearly too long', () => {
    const message =
      "This model's maximum context length is 131072 tokens. However, you requested 139134 tokens (130942 in the messages, 8192 in the completion)."
    const error = upstreamError({ error: { message } }, { provider: 'p', status: 400 })
    expect(error.remainingTokens).toBeUndefined()
    expect(error.message).toBe('prompt is too long: 139134 tokens > 131072 maximum')
  })
})

describe("Anthropic's words for prompt and answer together", () => {
  const together = (prompt: number, window = 200_000) =>
    `input length and \`max_tokens\` exceed context limit: ${String(prompt)} + 32000 > ${String(window)}, decrease input length`

  it.each([
    [together(180_000), 400, true],
    [together(196_000), 400, true],
    [together(196_001), 400, false],
    [together(180_000), 413, false],
    ['prompt is too long: 213462 tokens > 200000 maximum', 413, true],
    ['max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens', 400, false],
  ])('"%s" with %i can be acted on by the client: %s', (message, status, is) => {
    expect(isUnderstood(message, status)).toBe(is)
  })
})

import { expect, it } from 'vitest'
import { upstreamError } from './upstream-error.ts'
import { outputLimitIn } from './token-limits.ts'

it.each([
  [
    'max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.',
    16_384,
  ],
  [
    "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 16384, but got 32000 instead.",
    16_384,
  ],
  [
    '`max_completion_tokens` must be less than or equal to `8192`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model',
    8192,
  ],
  ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 8192],
  ['<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]', 8192],
  [
    'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
    4096,
  ],
  [
    'Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 65537 (exclusive).',
    65_536,
  ],
  [
    'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-x',
    8192,
  ],
  [
    'The parameter `max_tokens` specified in the request are not valid: integer above maximum value, expected a value <= 12288, but got 32000 instead.',
    12_288,
  ],
  ['[{"loc":["body","max_tokens"],"msg":"Input should be less than or equal to 4096"}]', 4096],
  ['temperature must be less than or equal to 2', undefined],
  ['max_tokens must be a number', undefined],
  ['max_tokens must not exceed 256', 256],
  ['max_tokens must not exceed 255', undefined],
  ["max_tokens exceeds model's maximum output tokens (16384)", 16_384],
  ['max_tokens=9000 cannot be greater than max_model_len=max_total_tokens=8193', 4096],
  [`max_tokens: 5. The temperature ${'x'.repeat(200)} must not exceed 4096`, undefined],
  [`must not exceed 4096 ${'x'.repeat(80)} max_tokens`, undefined],
  ['the limit: must not exceed 4096, you have sent this as max_tokens: 8192', 4096],
  [`${'x'.repeat(8180)} max_tokens must not exceed 4096`, undefined],
])('"%s" names %s', (message, limit) => {
  expect(outputLimitIn(message)).toBe(limit)
  expect(
    upstreamError({ error: { message } }, { provider: 'p', status: 400 }).remainingTokens,
  ).toBe(limit)
})

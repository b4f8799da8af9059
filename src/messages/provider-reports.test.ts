/**
 * What providers were seen to answer when they refuse. Most rows have the words and the shape of a
 * public report (https://github.com/OWNER/NAME/issues/N, or the pull request of that number) or of the
 * recordings of https://github.com/maruel/genai (below providers/, "genai"); rows without a link have
 * words that tests and docs of others quote. Names and ids are made up.
 */
import { describe, expect, it } from 'vitest'
import { firstFallback } from '../../test/support/request-fallbacks.ts'
import { bareError } from './upstream-error-body.ts'
import { upstreamError } from './upstream-error.ts'

/** With 200 it stands in place of an answer. */
const answering = (status: number, body: unknown) => {
  if (status !== 200) return upstreamError(body, { provider: 'p', status })
  return upstreamError(bareError(body as object) ?? body, 'p')
}
const openai = (message: string, more: object = {}) => ({ error: { message, ...more } })
const anthropic = (type: string, message: string, more: object = {}) => ({
  type: 'error',
  error: { type, message, ...more },
})

type Row = readonly [who: string, status: number, body: unknown]
type Counted = [who: string, status: number, body: unknown, limit?: number]
type Timed = [who: string, status: number, body: unknown, seconds?: string]
type Meant = readonly [...Row, kind: string, expected: number]

it.each<Counted>([
  // cline/cline/issues/3120
  [
    'xAI',
    400,
    {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
    },
    131_072,
  ],
  // cline/cline/issues/5140, in the shape that genai recorded
  [
    'Cerebras',
    400,
    {
      message:
        'Please reduce the length of the messages or completion. Current length is 42328 while limit is 40000',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
    40_000,
  ],
  // rowboatlabs/rowboat/issues/514
  [
    'MiniMax',
    400,
    anthropic('bad_request_error', 'invalid params, context window exceeds limit (2013)', {
      http_code: '400',
    }),
  ],
  // Alishahryar1/free-claude-code/issues/391
  [
    'NVIDIA',
    400,
    openai(
      "This model's maximum context length is 196608 tokens. However, your messages resulted in 199906 tokens. Please reduce the length of the messages.",
      { type: 'Bad Request', code: 400 },
    ),
    196_608,
  ],
  // Alishahryar1/free-claude-code/issues/1198: what the window has left beside the prompt
  [
    'NVIDIA, vLLM',
    400,
    {
      message: 'max_tokens must be at least 1, got -853. (parameter=max_tokens, value=-853)',
      type: 'BadRequestError',
      param: 'max_tokens',
      code: 400,
    },
  ],
  // stanford-crfm/helm/pull/2079
  [
    'Together, once',
    422,
    openai(
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2019 `inputs` tokens and 30 `max_new_tokens`',
    ),
    2048,
  ],
  // google-gemini/gemini-cli/issues/6678
  [
    'Gemini',
    400,
    [
      openai(
        'The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).',
        {
          code: 400,
          errors: [{ message: 'The same again.', domain: 'global', reason: 'badRequest' }],
          status: 'INVALID_ARGUMENT',
        },
      ),
    ],
    1_048_576,
  ],
  // iBUHub/AIStudioToAPI/issues/268
  [
    "Google's AI Studio",
    400,
    openai(
      '[original: beyond::dependency::INVALID_ARGUMENT] Cannot truncate to 89998, required 355220: text:355351, control:9,  (inaccurate, last turn truncated by 141 in addition) (qos=CRITICAL_PLUS)',
      { code: 400, status: 'INVALID_ARGUMENT' },
    ),
    89_998,
  ],
  // lmstudio-ai/lmstudio-bug-tracker/issues/2339
  ['LM Studio', 400, { error: 'Context size has been exceeded' }],
  [
    'llama.cpp, in mid-answer',
    500,
    openai('Context size has been exceeded.', { code: 500, type: 'server_error' }),
  ],
  // Gitlawb/openclaude/issues/353
  [
    'LM Studio, before it begins',
    400,
    {
      error:
        'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.',
    },
    4096,
  ],
  // llmmllab/llmmllab-api/issues/69
  [
    'llama.cpp',
    400,
    openai(
      'request (25837 tokens) exceeds the available context size (25088 tokens), try increasing it',
      { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 25_837, n_ctx: 25_088 },
    ),
    25_088,
  ],
  // the code as its users handle it, the words from memory
  [
    'GitHub Models',
    413,
    openai('Request body too large for gpt-x model. Max size: 8000 tokens.', {
      code: 'tokens_limit_reached',
    }),
  ],
  // ai-christianson/RA.Aid/issues/41
  [
    'DeepInfra, by way of OpenRouter, as a bad gateway',
    502,
    openai(
      'ConnectionError: {"object": "error", "message": "This model\'s maximum context length is 16000 tokens. However, you requested 17165 tokens (13069 in the messages, 4096 in the completion).", "code": 400}',
      { code: 502, metadata: { provider_name: 'DeepInfra' } },
    ),
    16_000,
  ],
  // earendil-works/pi/issues/6262
  [
    'DS4',
    400,
    openai('Prompt has 256,468 tokens, but the configured context size is 256,000 tokens'),
    256_000,
  ],
  // ddalcu/mlx-serve/issues/66
  ['mlx-serve', 400, openai('Prompt exceeds maximum context length')],
  [
    'Claude, by way of a gateway',
    400,
    anthropic('invalid_request_error', 'Request size exceeds model context window'),
  ],
  ['new-api', 400, openai('上下文长度超出模型最大限制')],
  // orbi-build/orbi/issues/591 has this shape, for another code
  [
    "z.ai's Messages API",
    400,
    anthropic('invalid_request_error', '[1261][Prompt exceeds max length][20260909182305437424]', {
      code: '1261',
    }),
  ],
])('a prompt that does not fit: %s', (_who, status, body, limit) => {
  expect(answering(status, body)).toMatchObject({
    kind: 'invalid_request_error',
    status: 400,
    overflow: true,
    limit,
    shouldRetry: false,
    message: expect.stringMatching(/^prompt is too long/) as string,
  })
})

it.each<readonly [who: string, status: number, message: string, excess: number]>([
  // OpenHands/OpenHands/pull/9252
  [
    'SambaNova',
    400,
    'The maximum context length of DeepSeek-V3-0324 is 32768. However, answering your request will take 39732 tokens. Please reduce the length of the messages or the specified max_completion_tokens value.',
    39_732 - 32_768,
  ],
  [
    'Cloudflare',
    413,
    '5021: The estimated number of input and maximum output tokens (155740) exceeded this model context window limit (128000).',
    155_740 - 128_000,
  ],
])('prompt and answer that are too long together: %s', (_who, status, message, more) => {
  const error = answering(status, openai(message))
  const excess = more + 64
  expect(error).toMatchObject({ overflow: true, status: 400, excess })
  const wanted = { model: 'x', max_tokens: excess + 3_000, messages: [] }
  expect(firstFallback(wanted, error)?.request.max_tokens).toBe(3_000)
})

it.each<Counted>([
  // cline/cline/issues/8337
  [
    'Novita, by way of OpenRouter',
    400,
    openai('Provider returned error', {
      code: 400,
      metadata: {
        raw: '{"code":400, "reason":"INVALID_REQUEST_BODY", "message":"max_tokens (current value: 65536) must be between 0 and 32768 ", "metadata":{}}',
        provider_name: 'Novita',
      },
    }),
    32_768,
  ],
  // anomalyco/models.dev/issues/5824
  [
    'Cloudflare',
    400,
    openai(
      'AiError 400 max_completion_tokens is too large: 1298829. This model supports at most 1048576',
    ),
    1_048_576,
  ],
  // musistudio/claude-code-router/issues/1327: an event in the body of a 400
  [
    "DashScope's Messages API",
    400,
    'event:error\ndata:{"code":"InvalidParameter","message":"<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]","request_id":"fc65a002"}',
    8192,
  ],
])('an answer that is longer than the model gives: %s', (_who, status, body, most) => {
  const error = answering(status, body)
  expect(error).toMatchObject({ kind: 'invalid_request_error', remainingTokens: most })
  const wanted = { model: 'x', max_tokens: 2_000_000, messages: [] }
  expect(firstFallback(wanted, error)?.request.max_tokens).toBe(most)
})

/** newo-ether/Agora/issues/8, can1357/oh-my-pi/issues/9569 */
describe('an answer that is longer than the account has money for', () => {
  const afford = (tokens: number) =>
    answering(
      402,
      openai(
        `This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford ${String(tokens)}. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account`,
        { code: 402, metadata: { provider_name: null } },
      ),
    )
  const wanted = { model: 'x', max_tokens: 65_536, messages: [] }

  it('is wanted shorter once, and not remembered', () => {
    expect(afford(3_395)).toMatchObject({
      kind: 'billing_error',
      status: 402,
      remainingTokens: 3_395,
    })
    expect(firstFallback(wanted, afford(3_395))).toMatchObject({
      request: { max_tokens: 3_395 },
      memory: undefined,
    })
  })

  it('is not wanted where what is left is of no use', () => {
    expect(afford(2_999).remainingTokens).toBeUndefined()
    expect(firstFallback(wanted, afford(0))).toBeUndefined()
  })
})

it.each<Row>([
  // genai: providers/*/testdata/TestClient/errors/bad_model
  [
    'Cerebras',
    404,
    {
      message: 'Model x does not exist or you do not have access to it.',
      type: 'not_found_error',
      param: 'model',
      code: 'model_not_found',
    },
  ],
  [
    'Perplexity',
    400,
    openai(
      "Invalid model 'x'. Permitted models can be found in the documentation at https://docs.perplexity.ai/guides/model-cards.",
      { type: 'invalid_model', code: 400 },
    ),
  ],
  [
    'Cohere',
    404,
    {
      id: '8c8bbd95',
      message:
        "model 'x' not found, make sure the correct model ID was used and that you have access to the model.",
    },
  ],
  [
    'Hugging Face',
    400,
    openai("The requested model 'x' does not exist.", {
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_found',
    }),
  ],
  [
    'Together',
    404,
    openai(
      'Unable to access model x. Please visit https://api.together.ai/models to view the list of supported models.',
      { type: 'invalid_request_error', param: null, code: 'model_not_available' },
    ),
  ],
  [
    'Mistral',
    400,
    {
      object: 'error',
      message: 'Invalid model: x',
      type: 'invalid_model',
      param: null,
      code: '1500',
    },
  ],
  // yihong0618/bilingual_book_maker/issues/464
  [
    'xAI',
    404,
    {
      code: 'Some requested entity was not found',
      error:
        "The model x does not exist or your team y does not have access to it. Please ensure you're using the correct API key.",
    },
  ],
  // Alishahryar1/free-claude-code/issues/1021: a model that was taken off
  [
    'NVIDIA',
    404,
    {
      status: 404,
      title: 'Not Found',
      detail: "Function '23d4f03a-b8a6': Not found for account 'Qawmu2'",
    },
  ],
  // gethouston/houston/pull/1243: a 410 without a word; the other's words are from memory
  ['NVIDIA, of one whose time is over', 410, ''],
  [
    'NVIDIA, in words',
    410,
    { status: 410, title: 'Gone', detail: "The model 'x' has reached its end of life." },
  ],
  // https://console.groq.com/docs/errors
  [
    'Groq, of one that was taken off',
    400,
    openai('The model `x` has been decommissioned and is no longer supported.', {
      type: 'invalid_request_error',
      code: 'model_decommissioned',
    }),
  ],
])('a model that is not there: %s', (_who, status, body) => {
  expect(answering(status, body)).toMatchObject({ kind: 'not_found_error', status: 404 })
})

/** iniwap/AIWriteX/issues/26 */
it('a wrong path of xAI is no missing model', () => {
  const body = {
    code: 'Some requested entity was not found',
    error: 'No handler found on route. Please double check your URL.',
  }
  expect(answering(404, body).kind).toBe('invalid_request_error')
})

it.each<Row>([
  // genai: providers/*/testdata/TestClient/errors/bad_apiKey
  [
    'Cerebras',
    401,
    {
      message: 'Wrong API Key',
      type: 'invalid_request_error',
      param: 'api_key',
      code: 'wrong_api_key',
    },
  ],
  [
    'Cerebras, by way of a gateway',
    400,
    { message: 'Wrong API Key', type: 'invalid_request_error', code: 'wrong_api_key' },
  ],
  // HKUDS/OpenHarness/issues/233
  ['NVIDIA', 403, { status: 403, title: 'Forbidden', detail: 'Authorization failed' }],
  ['Mistral', 401, { detail: 'Unauthorized' }],
  ['Cohere', 401, { id: 'f845d485', message: 'invalid api token' }],
  ['Hugging Face', 401, { error: 'Invalid credentials in Authorization header' }],
  [
    'Perplexity',
    401,
    '<html>\n<head><title>401 Authorization Required</title></head>\n<body></body>\n</html>',
  ],
])('a wrong key: %s', (_who, status, body) => {
  expect(answering(status, body)).toMatchObject({
    kind: 'authentication_error',
    shouldRetry: false,
  })
})

it.each<Row>([
  // pollinations/pollinations/issues/12136
  [
    'Fireworks',
    412,
    openai(
      'Account acme is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. Please go to https://fireworks.ai/account/billing for more information.',
      { param: null, code: 'PRECONDITION_FAILED', type: 'error' },
    ),
  ],
  [
    'xAI',
    403,
    {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai/team/y.",
    },
  ],
  // anthropics/claude-code/issues/2127
  [
    'Claude',
    400,
    anthropic(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2025-07-01 at 00:00 UTC.',
    ),
  ],
  [
    'Claude, of a plan',
    400,
    anthropic(
      'invalid_request_error',
      "You're out of extra usage. Add more at claude.ai/settings/usage and keep going.",
    ),
  ],
  // expectedparrot/edsl/issues/2098
  [
    'Together',
    402,
    openai(
      'Credit limit exceeded. Please navigate to https://api.together.xyz/settings/billing to add credit or upgrade your plan.',
      { type: 'credit_limit', param: null, code: null },
    ),
  ],
  [
    'Perplexity',
    401,
    openai('You exceeded your current quota, please check your plan and billing details.', {
      type: 'insufficient_quota',
      code: 401,
    }),
  ],
  // huggingface/agents-course/issues/386
  [
    'Hugging Face',
    402,
    {
      error:
        'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits.',
    },
  ],
  // openakita/openakita/issues/514
  [
    'DeepSeek',
    402,
    openai('Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' }),
  ],
  // earendil-works/pi/issues/3643
  ['GitHub Copilot', 402, openai('You have no quota', { code: 'quota_exceeded' })],
  [
    'Volcengine',
    400,
    openai(
      'Your account does not have a valid CodingPlan subscription, or your subscription has expired.',
      { code: 'InvalidSubscription', type: 'Bad Request' },
    ),
  ],
  [
    'new-api',
    403,
    openai('用户额度不足, 剩余额度: ＄0.000000', {
      type: 'new_api_error',
      code: 'insufficient_user_quota',
    }),
  ],
])('an account without money: %s', (_who, status, body) => {
  expect(answering(status, body)).toMatchObject({ kind: 'billing_error', status: 402 })
})

it.each<Row>([
  // MiniMax-AI/MiniMax-M2.7/issues/36
  [
    'MiniMax, of the plan',
    429,
    anthropic(
      'rate_limit_error',
      'usage limit exceeded, 5-hour usage limit reached for Token Plan Starter (0/0 used), resets at 2026-05-15T15:00:00Z (2056)',
    ),
  ],
  [
    'MiniMax, in other words',
    429,
    anthropic('rate_limit_error', 'nothing is left of the plan (2056)'),
  ],
  // orbi-build/orbi/issues/591
  [
    "z.ai's Messages API",
    429,
    anthropic(
      'rate_limit_error',
      '[1308][Usage limit reached for 5 hour. Your limit will reset at 2026-09-09 19:32:12][2026090918230543374b24633a48b8]',
    ),
  ],
  [
    'z.ai, money',
    429,
    anthropic('rate_limit_error', '[1113][余额不足或无可用资源包,请充值。]', { code: '1113' }),
  ],
  // anomalyco/opencode/issues/44099
  [
    'Volcengine, of the plan',
    429,
    openai(
      'You have exceeded the monthly usage quota. It will reset at 2026-08-29 23:59:59 +0800 CST. We recommend upgrading your plan for more quota, or waiting for the reset.',
      { code: 'AccountQuotaExceeded' },
    ),
  ],
  // continuedev/continue/issues/9235
  [
    "Ollama's cloud",
    429,
    { error: "you've reached your hourly usage limit, please wait or upgrade to continue" },
  ],
  // continuedev/continue/issues/10373
  [
    'xAI',
    429,
    {
      code: 'Some resource has been exhausted',
      error:
        'Your team y has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.',
    },
  ],
  [
    'Cerebras, of a day',
    429,
    {
      message: 'Tokens per day limit exceeded - too many tokens processed.',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
  ],
  // SakanaAI/AI-Scientist/issues/115
  [
    'Claude, of a day',
    429,
    anthropic(
      'rate_limit_error',
      'Number of request tokens has exceeded your daily rate limit (https://docs.anthropic.com/en/api/rate-limits); see the response headers for current usage.',
    ),
  ],
  // anthropics/claude-code/issues/39948
  [
    'Claude, of a plan',
    429,
    anthropic('rate_limit_error', 'Extra usage is required for long context requests.'),
  ],
  // earendil-works/pi/issues/4172
  [
    "OpenAI's plans",
    429,
    openai('The usage limit has been reached', {
      type: 'usage_limit_reached',
      plan_type: 'plus',
      resets_in_seconds: 13_872,
    }),
  ],
  [
    'OpenAI, an account that is not paid for',
    429,
    openai('Your account is not active, please check your billing details on our website.', {
      type: 'billing_not_active',
    }),
  ],
  [
    'Cohere, of a month',
    429,
    {
      message:
        'You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade to a Production key.',
    },
  ],
  [
    'Moonshot, of a day',
    429,
    openai(
      'Your account x request reached organization TPD rate limit, current: 1506556, limit: 1500000',
      { type: 'rate_limit_reached_error' },
    ),
  ],
  [
    'Bedrock, of a day',
    429,
    { message: 'Too many tokens per day, please wait before trying again.' },
  ],
])('a limit that lasts is not worth a retry: %s', (_who, status, body) => {
  expect(answering(status, body)).toMatchObject({ kind: 'rate_limit_error', shouldRetry: false })
})

it.each<Timed>([
  // cline/cline/issues/9085
  [
    'Mistral',
    429,
    {
      object: 'error',
      message: 'Rate limit exceeded',
      type: 'rate_limited',
      param: null,
      code: '1300',
    },
  ],
  [
    'Mistral, in place of an answer',
    200,
    { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', code: '1300' },
  ],
  // continuedev/continue/issues/6185
  [
    'Mistral, of a tier',
    429,
    {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  ],
  // continuedev/continue/issues/9800
  [
    'Cerebras',
    429,
    {
      message: 'Tokens per minute limit exceeded - too many tokens processed.',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
  ],
  [
    'Cerebras, in place of an answer',
    200,
    {
      message: "We're experiencing high traffic right now! Please try again soon.",
      type: 'too_many_requests_error',
      param: 'queue',
      code: 'queue_exceeded',
    },
  ],
  [
    'Cohere',
    429,
    {
      message:
        'You are using a Trial key, which is limited to 10 API calls / minute. You can continue to use the Trial key for free.',
    },
  ],
  // GordeyZuev/LEAP/issues/6
  [
    'Fireworks',
    429,
    {
      error: 'Too Many Requests',
      message:
        'You have exceeded your usage limits. Please try again later or contact Fireworks to explore dedicated capacity.',
    },
  ],
  // BerriAI/litellm/pull/11455
  [
    'Fireworks, in a stream',
    200,
    openai('rate limit exceeded, please try again later', { type: 'invalid_request_error' }).error,
  ],
  [
    'LiteLLM, as a bad request',
    400,
    openai('litellm.RateLimitError: RateLimitError: GroqException - slow down', { code: '400' }),
  ],
  // togethercomputer/MoA/issues/27
  [
    'Together',
    429,
    openai(
      'You have been rate limited. Your rate limit is 60 queries per minute. Please navigate to https://api.together.xyz/settings/billing to upgrade to a paid plan.',
      { type: 'credit_limit', param: null, code: null },
    ),
  ],
  // the documentation of DeepInfra on its rate limits
  [
    'DeepInfra',
    429,
    openai('Model busy, retry later', { type: 'invalid_request_error', code: 'engine_overloaded' }),
  ],
  [
    'DeepInfra, in a stream',
    200,
    openai('Model busy, retry later', { type: 'invalid_request_error', code: 'engine_overloaded' })
      .error,
  ],
  // github/copilot-cli/issues/793
  [
    'GitHub Copilot',
    429,
    openai('Sorry, you have exceeded your Copilot token usage.', { code: 'rate_limited' }),
  ],
  // MiniMax-AI/MiniMax-01/issues/15
  [
    'MiniMax',
    200,
    {
      id: '03e1',
      choices: null,
      object: 'chat.completion',
      base_resp: { status_code: 1039, status_msg: 'token limit' },
    },
  ],
  // google-gemini/gemini-cli/issues/13004
  [
    'Gemini',
    429,
    [
      openai(
        'You have exhausted your capacity on this model. Your quota will reset after 8h44m7s.',
        {
          code: 429,
          errors: [{ message: 'The same again.' }],
          status: 'RESOURCE_EXHAUSTED',
        },
      ),
    ],
    '31447',
  ],
  [
    'Groq, of a day that is named',
    429,
    openai(
      'Rate limit reached for model `x` on tokens per day (TPD): Limit 200000, Used 199250. Please try again in 22m3s.',
      { type: 'tokens', code: 'rate_limit_exceeded' },
    ),
    '1323',
  ],
])('a limit that passes, or says when: %s', (_who, status, body, seconds) => {
  const error = answering(status, body)
  expect(error).toMatchObject({ kind: 'rate_limit_error', status: 429, retryAfter: seconds })
  expect(error.shouldRetry).toBeUndefined()
})

it.each<Meant>([
  // decolua/9router/issues/2527
  [
    'NVIDIA',
    400,
    {
      status: 400,
      title: 'Bad Request',
      detail: "Function id '87ea0ddc-cff1': DEGRADED function cannot be invoked",
    },
    'overloaded_error',
    503,
  ],
  [
    'NVIDIA, full',
    503,
    openai('ResourceExhausted: Worker local total request limit reached (16/16)', {
      type: 'Service Unavailable',
      code: 503,
    }),
    'overloaded_error',
    503,
  ],
  [
    'Moonshot, in place of an answer',
    200,
    openai('The engine is currently overloaded, please try again later', {
      type: 'engine_overloaded_error',
    }).error,
    'overloaded_error',
    529,
  ],
  // BerriAI/litellm/pull/9779
  [
    'Fireworks, in a stream',
    200,
    openai('server overloaded, please try again later', { type: 'invalid_request_error' }).error,
    'overloaded_error',
    529,
  ],
  // earendil-works/pi/issues/6061
  ['MiniMax', 500, anthropic('api_error', 'unknown error, 999 (1000)'), 'api_error', 500],
  [
    'Claude, of an account that was closed',
    400,
    anthropic('invalid_request_error', 'This organization has been disabled.'),
    'permission_error',
    403,
  ],
])('what others may serve: %s', (_who, status, body, kind, expected) => {
  expect(answering(status, body)).toMatchObject({ kind, status: expected })
})

it.each<Row>([
  // UKGovernmentBEIS/inspect_ai/pull/2267
  [
    'xAI',
    403,
    {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        'Content violates usage guidelines. Team: y, API key ID: z, Model: x, Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  ],
  [
    'OpenRouter',
    403,
    openai(
      'openai/x requires moderation on OpenRouter. Your input was flagged for "violence". No credits were charged.',
      {
        code: 403,
        metadata: { reasons: ['violence'], flagged_input: 'q', provider_name: 'OpenAI' },
      },
    ),
  ],
])('content that is not taken is no fault of the key: %s', (_who, status, body) => {
  expect(answering(status, body)).toMatchObject({ kind: 'invalid_request_error', status: 400 })
})

/** Alishahryar1/free-claude-code/issues/1307 */
it('what is wrong with the request is wrong elsewhere too: NVIDIA', () => {
  const body = {
    message: 'Validation: Function name at index 51 exceeds 96 character limit, got 102 characters',
    type: 'Bad Request',
    code: 400,
  }
  expect(answering(400, body)).toMatchObject({ kind: 'invalid_request_error', overflow: false })
})

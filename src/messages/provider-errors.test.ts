/**
 * What providers say when they refuse, one table for all that ccr has rows for. Numbers and names are
 * made up. Rows behind which an issue is named have its words (https://github.com/OWNER/NAME/issues/N).
 * The codes of z.ai, Zhipu, Baidu and MiniMax's first ones, DeepInfra, vLLM, and some of OpenAI and
 * NVIDIA are after documentation and reports; the other rows were written from memory, so a recorded
 * answer that differs is right. What was seen, body and all, stands in provider-reports.test.ts.
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
const minimax = (status_code: number, status_msg: string) => ({
  base_resp: { status_code, status_msg },
})
/** https://docs.z.ai/api-reference/api-code, https://docs.bigmodel.cn/cn/api/api-code */
const zai = (code: string, message: string) => ({ error: { code, message } })

type Row = readonly [who: string, status: number, body: unknown]

describe('a prompt that does not fit', () => {
  it.each<Row>([
    [
      'Azure',
      400,
      openai(
        "This model's maximum context length is 128000 tokens, however you requested 130000 tokens (126000 in your prompt; 4000 for the completion). Please reduce your prompt; or completion length.",
      ),
    ],
    ['z.ai', 400, zai('1261', 'Prompt exceeds max length')],
    ['Zhipu', 400, zai('1261', 'Prompt 超长')],
    ['Baidu', 400, openai('Prompt tokens too long', { code: 'tokens_too_long' })],
    [
      'Moonshot',
      400,
      openai('Invalid request: Your request exceeded model token limit: 262144', {
        type: 'invalid_request_error',
      }),
    ],
    // MoonshotAI/MoonshotAI-Cookbook/issues/18
    [
      'Moonshot, before',
      400,
      openai('model max length exceeded, max length:8192', { type: 'invalid_request_error' }),
    ],
    // QwenLM/qwen-code/issues/98
    [
      'DashScope',
      400,
      openai(
        '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 258048]',
        { code: 'invalid_parameter_error' },
      ),
    ],
    [
      'Volcengine',
      400,
      openai('Total tokens of image and text exceed max message tokens', {
        code: 'InvalidParameter',
      }),
    ],
    [
      'SambaNova',
      400,
      openai(
        'The maximum context length for this model is 16384 tokens, but the request has 20000 tokens.',
      ),
    ],
    [
      'TGI',
      422,
      {
        error: 'Input validation error: `inputs` must have less than 4096 tokens. Given: 5000',
        error_type: 'validation',
      },
    ],
    [
      'Cohere',
      400,
      {
        message:
          'too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 130000.',
      },
    ],
    [
      'LiteLLM',
      400,
      openai(
        'litellm.ContextWindowExceededError: litellm.BadRequestError: AnthropicException - prompt is too long: 210000 tokens > 200000 maximum',
      ),
    ],
    [
      'SiliconFlow',
      400,
      {
        code: 20015,
        message: 'length of prompt_tokens (50000) must be less than max_seq_len (32768).',
        data: null,
      },
    ],
    ['Ollama', 400, openai('the prompt is too long for the context window; exceeded by 12 tokens')],
    [
      'Mistral',
      400,
      {
        object: 'error',
        message:
          'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
        type: 'invalid_request_prompt_too_long',
        code: '3051',
      },
    ],
    [
      'Fireworks',
      400,
      openai('The prompt is too long: 140000, model maximum context length: 131071', {
        code: 'invalid_request_error',
      }),
    ],
    [
      'OpenRouter',
      400,
      openai(
        "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens (42832 of text input).",
      ),
    ],
    [
      'Vertex',
      400,
      openai(
        'The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).',
        { status: 'INVALID_ARGUMENT' },
      ),
    ],
    [
      'Bedrock',
      400,
      {
        message: 'The model returned the following errors: Input is too long for requested model.',
        __type: 'ValidationException',
      },
    ],
    [
      'SGLang',
      400,
      {
        object: 'error',
        message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        code: 400,
      },
    ],
    [
      'a server that only says 413',
      413,
      openai('Input length too long: maximum context length is 8192'),
    ],
  ])('%s', (_who, status, body) => {
    expect(answering(status, body)).toMatchObject({
      kind: 'invalid_request_error',
      status: 400,
      overflow: true,
      message: expect.stringMatching(/^prompt is too long/) as string,
    })
  })
})

describe('a limit for the answer that is too large', () => {
  it.each<readonly [who: string, body: unknown, remainingTokens: number]>([
    // deepseek-ai/DeepSeek-V3/issues/69
    [
      'DeepSeek',
      openai('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'),
      8192,
    ],
    // open-webui/open-webui/issues/10507
    [
      'DashScope',
      openai('<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]'),
      8192,
    ],
    // Kilo-Org/kilocode/issues/5871
    [
      'DashScope, by way of a gateway',
      openai(
        'Upstream error from Alibaba: <400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 32768]',
      ),
      32_768,
    ],
    // yiliqi78/TOKENICODE/issues/3, Gitlawb/openclaude/issues/331
    [
      'Volcengine',
      openai(
        'The parameter max_tokens specified in the request is not valid: integer above maximum value, expected a value <= 32768, but got 64000 instead. Request id: 0217724325966514087',
        { code: 'InvalidParameter', param: 'max_tokens', type: 'BadRequest' },
      ),
      32_768,
    ],
    // khoj-ai/khoj/issues/1236
    [
      'Groq',
      openai(
        '`max_completion_tokens` must be less than or equal to `8192`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model',
        { param: 'max_completion_tokens' },
      ),
      8192,
    ],
    // skapadia3214/groq-moa/issues/8
    ['Groq, before', openai('max_tokens for `llama-x` must be less than or equal to 8000'), 8000],
    // codelion/optillm/issues/4
    [
      'OpenAI',
      openai(
        'max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.',
        { param: 'max_tokens' },
      ),
      4096,
    ],
    // vercel/ai/issues/2772
    [
      'Bedrock',
      {
        message:
          'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
      },
      4096,
    ],
    // RooCodeInc/Roo-Code/issues/248
    [
      'Bedrock, of others',
      { message: 'The maximum tokens you requested exceed the model limit of 4096.' },
      4096,
    ],
    // aaif-goose/goose/issues/11364
    [
      'Vertex',
      openai(
        'Unable to submit request because it has a maxOutputTokens value of 65536 but the supported range is from 1 (inclusive) to 65536 (exclusive). Update the value and try again.',
        { status: 'INVALID_ARGUMENT' },
      ),
      65_535,
    ],
    // DaviRain-Su/hyper-grok-build/issues/44
    [
      "Ollama's cloud",
      openai(
        "max_tokens (384000) exceeds model's maximum output tokens (65536) for model deepseek-x",
      ),
      65_536,
    ],
    [
      'DeepInfra',
      openai(
        'max_tokens=131072 cannot be greater than max_model_len=max_total_tokens=28672. Please request fewer output tokens. (parameter=max_tokens, value=131072)',
      ),
      14_336,
    ],
    [
      'vLLM',
      openai(
        'max_tokens=99999 cannot be greater than max_model_len=8192. Please request fewer output tokens.',
      ),
      4096,
    ],
    // AQBot-Desktop/AQBot/issues/93
    [
      'Xiaomi, by way of a gateway',
      openai('Param Incorrect', {
        param:
          'max_tokens is too large: 1048576. This model supports at most 131072 completion tokens, whereas you provided 1048576.',
      }),
      131_072,
    ],
    ['SambaNova', openai('max_tokens cannot exceed 4096'), 4096],
    [
      'NVIDIA',
      {
        detail: [
          {
            loc: ['body', 'max_tokens'],
            msg: 'Input should be less than or equal to 4096',
            type: 'less_than_equal',
          },
        ],
      },
      4096,
    ],
    [
      'Cohere',
      { message: 'invalid request: max_tokens must be less than or equal to 4096.' },
      4096,
    ],
    ['Together', openai('max_tokens must be at most 8192'), 8192],
    ['Fireworks', openai('max_tokens is too large: got 32000, maximum is 16384'), 16_384],
    [
      'MiniMax',
      minimax(2013, 'invalid params, max_tokens must be less than or equal to 40960'),
      40_960,
    ],
    [
      'Moonshot',
      openai('Invalid request: max_tokens is too large, the maximum allowed value is 32768'),
      32_768,
    ],
    ['z.ai', zai('1210', 'max_tokens 参数非法：取值范围 [1, 98304]'), 98_304],
    [
      'SiliconFlow',
      {
        code: 20015,
        message: 'max_tokens (64000) exceeds the limit 16384 of this model',
        data: null,
      },
      16_384,
    ],
    ['Perplexity', openai('max_tokens must be in the range [1, 128000]'), 128_000],
    [
      'Mistral',
      openai('Value error, max_tokens: Input should be less than or equal to 32768'),
      32_768,
    ],
    [
      'xAI',
      {
        code: 'Client specified an invalid argument',
        error: 'max_completion_tokens must be no greater than 131072',
      },
      131_072,
    ],
    [
      'Cerebras',
      openai('max_completion_tokens: ensure this value is less than or equal to 40000'),
      40_000,
    ],
    [
      'Bedrock, Nova',
      {
        message:
          'Malformed input request: #/inferenceConfig/maxTokens: 64000 is not less or equal to 10000, please reformat your input and try again.',
      },
      10_000,
    ],
    ['Scaleway', openai('max_completion_tokens is limited to 16384 for this model'), 16_384],
  ])('%s', (_who, body, room) => {
    expect(answering(400, body)).toMatchObject({
      kind: 'invalid_request_error',
      remainingTokens: room,
    })
  })

  /** scaleway/docs-content/pull/4858 */
  it('Scaleway says so with a 416', () => {
    const error = answering(416, openai('max_completion_tokens is limited to 16384 for this model'))
    expect(error).toMatchObject({ kind: 'invalid_request_error', remainingTokens: 16_384 })
  })

  it.each([
    // nextlevelbuilder/goclaw/pull/660
    ['Fireworks', 'Requests with max_tokens > 4096 must have stream=true'],
    // huggingface/transformers/issues/28523
    ['TGI, too few to be of use', 'Input validation error: `max_new_tokens` must be <= 192'],
    // lobehub/lobehub/issues/1398
    ['Zhipu', 'max_tokens参数非法。请检查文档。'],
    ['the limit of another field', 'top_logprobs must be less than or equal to 2000'],
    [
      'the limit of another field, far from a quoted one',
      `name must be no more than 1024 characters long. ${'x'.repeat(100)} {"max_tokens": 9}`,
    ],
  ])('%s names none', (_who, message) => {
    expect(answering(400, openai(message)).remainingTokens).toBeUndefined()
  })
})

describe('prompt and answer that are too long together', () => {
  it.each<readonly [who: string, body: unknown, excess: number, sent: string]>([
    // continuedev/continue/issues/10993
    [
      'SiliconFlow',
      {
        code: 20015,
        message: 'max_total_tokens (33802) must be less than or equal to max_seq_len (32768)',
      },
      33_802 - 32_768 + 64,
      '33802 tokens > 32768 maximum',
    ],
    // MoonshotAI/kimi-cli/issues/2011
    [
      'Moonshot',
      openai(
        'Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)',
        { type: 'invalid_request_error' },
      ),
      269_030 - 262_144 + 64,
      '269030 tokens > 262144 maximum',
    ],
  ])('%s', (_who, body, excess, sent) => {
    const error = answering(400, body)
    expect(error).toMatchObject({ overflow: true, remainingTokens: undefined, excess })
    expect(error.message).toBe(`prompt is too long: ${sent}`)
    const attempt = { model: 'x', max_tokens: excess + 3_000, messages: [] }
    expect(firstFallback(attempt, error)?.request.max_tokens).toBe(3_000)
    expect(firstFallback({ ...attempt, max_tokens: excess + 2_999 }, error)).toBeUndefined()
  })
})

describe('a model that is not there', () => {
  it.each<Row>([
    [
      'Azure',
      404,
      openai('The API deployment for this resource does not exist.', {
        code: 'DeploymentNotFound',
      }),
    ],
    [
      'Groq',
      404,
      openai('The model `x` does not exist or you do not have access to it.', {
        code: 'model_not_found',
      }),
    ],
    [
      'Fireworks',
      404,
      openai('Model not found, inaccessible, and/or not deployed', { code: 'NOT_FOUND' }),
    ],
    ['DeepInfra', 404, openai('The model `x` does not exist')],
    ['z.ai', 400, zai('1211', 'Unknown Model, please check the model code.')],
    ['Zhipu', 400, zai('1211', '模型不存在，请检查模型代码')],
    ['MiniMax', 200, minimax(2013, "invalid params, unknown model 'x'")],
    [
      'Moonshot',
      404,
      openai('Not found the model x or Permission denied', { type: 'resource_not_found_error' }),
    ],
    ['DashScope', 400, openai('Model not exist.', { code: 'InvalidParameter' })],
    ['DashScope, access', 403, openai('Model access denied.', { code: 'Model.AccessDenied' })],
    [
      'SiliconFlow',
      400,
      { code: 20012, message: 'Model does not exist. Please check it carefully.', data: null },
    ],
    [
      'Volcengine',
      404,
      openai('The model or endpoint x does not exist or you do not have access to it.', {
        code: 'InvalidEndpointOrModel.NotFound',
      }),
    ],
    ['OpenRouter', 400, openai('x is not a valid model ID', { code: 400 })],
    ['OpenRouter, none left', 404, openai('No endpoints found for x.', { code: 404 })],
    [
      'LiteLLM',
      400,
      openai(
        '/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view available models for your key.',
      ),
    ],
    ['Ollama', 404, openai("model 'x' not found", { type: 'api_error' })],
    [
      'LM Studio',
      404,
      openai(
        'No models loaded. Please load a model in the developer page or use the `lms load` command.',
      ),
    ],
    [
      'vLLM',
      404,
      {
        object: 'error',
        message: 'The model `x` does not exist.',
        type: 'NotFoundError',
        code: 404,
      },
    ],
    ['Bedrock', 400, { message: 'The provided model identifier is invalid.' }],
    [
      'Gemini',
      404,
      openai(
        'models/x is not found for API version v1beta, or is not supported for generateContent.',
        { status: 'NOT_FOUND' },
      ),
    ],
  ])('%s', (_who, status, body) => {
    const kind = _who === 'DashScope, access' ? 'permission_error' : 'not_found_error'
    expect(answering(status, body).kind).toBe(kind)
  })
})

describe('a wrong key', () => {
  it.each<Row>([
    ['z.ai', 401, zai('1002', 'Authentication Token is illegal')],
    ['z.ai, in a 200', 200, zai('1000', 'Authentication Failed')],
    [
      'MiniMax',
      200,
      minimax(1004, 'login fail: Please carry the API secret key in the Authorization field'),
    ],
    ['MiniMax, key', 200, minimax(2049, 'invalid api key')],
    [
      'Azure',
      401,
      openai('Access denied due to invalid subscription key or wrong API endpoint.', {
        code: '401',
      }),
    ],
    [
      'Gemini',
      400,
      openai('API key not valid. Please pass a valid API key.', {
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      }),
    ],
    [
      'xAI',
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***' },
    ],
    ['DashScope', 401, openai('Incorrect API key provided.', { code: 'invalid_api_key' })],
    ['SiliconFlow', 401, 'Invalid token'],
  ])('%s', (_who, status, body) => {
    expect(answering(status, body)).toMatchObject({
      kind: 'authentication_error',
      shouldRetry: false,
    })
  })
})

describe('a limit', () => {
  it.each<Row>([
    ['z.ai', 429, zai('1302', 'Rate limit reached for requests')],
    [
      'z.ai, busy',
      429,
      zai('1305', 'The service may be temporarily overloaded, please try again later'),
    ],
    ['MiniMax', 200, minimax(1002, 'rate limit')],
    ['MiniMax, RPM', 200, minimax(1002, 'rate limit exceeded(RPM)')],
    ['MiniMax, TPM', 200, minimax(1039, 'rate limit exceeded(TPM)')],
    ['MiniMax, growth', 200, minimax(2045, 'rate growth limit')],
    [
      'DashScope',
      429,
      openai('Requests rate limit exceeded, please try again later.', { code: 'limit_requests' }),
    ],
    [
      'Volcengine',
      429,
      openai('The Account (2100) RPM limit for this model has been exceeded.', {
        code: 'AccountRateLimitExceeded',
      }),
    ],
    ['Bedrock', 429, { message: 'Too many tokens, please wait before trying again.' }],
    ['OpenRouter', 429, openai('Rate limit exceeded: free-models-per-min.', { code: 429 })],
    [
      'SiliconFlow',
      429,
      { code: 50603, message: 'Request was rejected due to rate limiting. TPM limit reached.' },
    ],
    [
      'Gemini',
      429,
      openai('Resource has been exhausted (e.g. check quota).', { status: 'RESOURCE_EXHAUSTED' }),
    ],
  ])('that passes: %s', (_who, status, body) => {
    const error = answering(status, body)
    expect(['rate_limit_error', 'overloaded_error']).toContain(error.kind)
    expect(error.shouldRetry).toBeUndefined()
  })

  it.each<Row>([
    [
      'z.ai, money',
      429,
      zai('1113', 'Insufficient balance or no resource package. Please recharge.'),
    ],
    ['Zhipu, money', 429, zai('1113', '您的账户已欠费,请充值后重试')],
    ['z.ai, of a day', 429, zai('1304', 'The daily call limit of this API has been reached')],
    [
      'z.ai, of the plan',
      429,
      zai('1308', 'Usage limit reached for 5 hour. Your limit will reset at 2026-01-01 12:00:00'),
    ],
    ['z.ai, the plan is over', 429, zai('1309', 'Your GLM Coding Plan package has expired')],
    ['MiniMax, money', 200, minimax(1008, 'insufficient balance')],
    ['MiniMax, of the plan', 200, minimax(2056, 'usage limit exceeded')],
    [
      'OpenAI',
      429,
      openai('You exceeded your current quota, please check your plan and billing details.', {
        code: 'insufficient_quota',
      }),
    ],
    [
      'Moonshot',
      429,
      openai('Your account is suspended, please check your plan and billing details', {
        type: 'exceeded_current_quota_error',
      }),
    ],
    [
      'OpenRouter, of a day',
      429,
      openai(
        'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
        { code: 429 },
      ),
    ],
    [
      'OpenRouter, money',
      402,
      openai('Insufficient credits. Add more using the settings.', { code: 402 }),
    ],
    [
      'Groq, of a day',
      429,
      openai(
        'Rate limit reached for model `x` on tokens per day (TPD): Limit 100000, Used 99999, Requested 2000. Please try again in 22m3s.',
      ),
    ],
    [
      'Volcengine',
      429,
      openai('Your account has reached the set inference limit for the model.', {
        code: 'SetLimitExceeded',
      }),
    ],
  ])('that does not: %s', (_who, status, body) => {
    const error = answering(status, body)
    const isOver = error.kind === 'billing_error' || error.shouldRetry === false
    expect([isOver || error.retryAfter !== undefined, error.kind]).toEqual([
      true,
      expect.stringMatching(/^(billing|rate_limit)_error$/),
    ])
  })
})

describe('what is refused whoever asks', () => {
  it.each<Row>([
    [
      'OpenAI, region',
      403,
      openai('Country, region, or territory not supported', {
        code: 'unsupported_country_region_territory',
      }),
    ],
    [
      'Gemini, region',
      400,
      openai('User location is not supported for the API use.', { status: 'FAILED_PRECONDITION' }),
    ],
    ['z.ai, plan', 403, zai('1311', 'Your plan does not include this model')],
    [
      'Volcengine',
      403,
      openai('The request failed because you do not have access to the requested resource.', {
        code: 'AccessDenied',
      }),
    ],
    [
      'Bedrock',
      403,
      { message: "You don't have access to the model with the specified model ID." },
    ],
  ])('permission: %s', (_who, status, body) => {
    expect(answering(status, body)).toMatchObject({ kind: 'permission_error', status: 403 })
  })

  it.each<Row>([
    [
      'Azure',
      400,
      openai(
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        { code: 'content_filter', status: 400 },
      ),
    ],
    [
      'z.ai',
      400,
      zai(
        '1301',
        'System detected potentially unsafe or sensitive content in input or generation.',
      ),
    ],
    ['MiniMax', 200, minimax(1026, 'input new_sensitive')],
    ['MiniMax, answer', 200, minimax(1027, 'output new_sensitive')],
    [
      'DashScope',
      400,
      openai('Input data may contain inappropriate content.', { code: 'data_inspection_failed' }),
    ],
    [
      'Volcengine',
      400,
      openai('The request failed because the input text may contain sensitive information.', {
        code: 'InputTextSensitiveContentDetected',
      }),
    ],
    [
      'Moonshot',
      400,
      openai('The request was rejected because it was considered high risk', {
        type: 'content_filter',
      }),
    ],
  ])('content: %s', (_who, status, body) => {
    expect(answering(status, body)).toMatchObject({ kind: 'invalid_request_error', status: 400 })
  })
})

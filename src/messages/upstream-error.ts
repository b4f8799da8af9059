/**
 * Turns an upstream's failure into a GatewayError. Providers agree on HTTP statuses more than on
 * bodies, so the status leads and the words refine it.
 */

import { type ErrorKind, GatewayError } from './error.ts'
import { affordableIn, outputLimitIn, type Overflow, overflowIn } from './token-limits.ts'
import { type ErrorBody, parseErrorBody } from './upstream-error-body.ts'

/** What the transport knows about the failure. */
interface UpstreamErrorContext {
  /** The provider's name, for the message. */
  readonly provider: string
  /** HTTP status; absent for an error inside a stream. */
  readonly status?: number
  readonly retryAfter?: string | undefined
}

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  410: 'not_found_error', // NVIDIA: a model that was taken off
  413: 'request_too_large',
  422: 'invalid_request_error',
  424: 'api_error',
  429: 'rate_limit_error',
  498: 'overloaded_error', // Groq: flex tier
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Statuses by `error.type` and `error.code`, for errors with a missing or vague status. */
const STATUS_OF_WORD: Statuses = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  deploymentnotfound: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  rate_limit_reached_error: 429, // Moonshot
  rate_limited: 429, // Mistral, GitHub Copilot
  service_tier_capacity_exceeded: 429, // Mistral
  engine_max_pending_tokens: 429,
  too_many_requests_error: 429, // Cerebras
  too_many_tokens_error: 429,
  usage_limit_reached: 429, // OpenAI, of a plan
  insufficient_quota: 429,
  exceeded_current_quota_error: 429, // Moonshot
  overloaded_error: 529,
  overloaded: 529,
  engine_overloaded: 429, // DeepInfra
  engine_overloaded_error: 529, // Moonshot
  server_overloaded: 529,
  service_unavailable: 503,
  timeout_error: 504,
  timeout: 504,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
  // Exceptions of AWS: API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
  validationexception: 400,
  accessdeniedexception: 403,
  resourcenotfoundexception: 404,
  modeltimeoutexception: 408,
  modelerrorexception: 424,
  modelstreamerrorexception: 424,
  throttlingexception: 429,
  modelnotreadyexception: 429,
  servicequotaexceededexception: 429,
  internalserverexception: 500,
  serviceunavailableexception: 503,
  // Google's: https://cloud.google.com/apis/design/errors#handling_errors
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  resource_exhausted: 429,
  internal: 500,
  unavailable: 503,
  deadline_exceeded: 504,
  // MiniMax: https://platform.minimax.io/docs/api-reference/errorcode
  status_code_1001: 504,
  status_code_1002: 429,
  status_code_1004: 401,
  status_code_1008: 402,
  status_code_1026: 400, // the question may not be asked
  status_code_1027: 400, // the answer may not be given
  status_code_1039: 429,
  status_code_1041: 429,
  status_code_2013: 400,
  status_code_2045: 429,
  status_code_2049: 401,
  status_code_2056: 429,
  // z.ai: https://docs.z.ai/api-reference/api-code
  code_1000: 401,
  code_1001: 401,
  code_1002: 401,
  code_1003: 401,
  code_1004: 401,
  code_1113: 402,
  code_1210: 400,
  code_1211: 404,
  code_1261: 400,
  code_1301: 400,
  code_1302: 429,
  code_1303: 429,
  code_1304: 429,
  code_1305: 429,
  code_1308: 429,
  code_1309: 429,
  code_1310: 429,
  code_1311: 403,
  code_1312: 429,
  code_1313: 429,
}

/** Reasons that are more precise than the status: Google answers 400 to a wrong key. */
const STATUS_BY_REASON: Statuses = {
  api_key_invalid: 401,
  api_key_expired: 401,
  invalid_api_key: 401,
  wrong_api_key: 401, // Cerebras
  incorrect_api_key: 401,
}

/** Vague statuses, which are also used for errors of a model, a key or an account. */
const VAGUE: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 412, 422, 500])

/**
 * The error for an upstream's error body or error chunk, of whatever shape: see `parseErrorBody`.
 */
export function upstreamError(body: unknown, context: UpstreamErrorContext | string): GatewayError {
  const { provider, status, ...transport }: UpstreamErrorContext =
    typeof context === 'string' ? { provider: context } : context
  const details = parseErrorBody(body)
  const effective = statusOf(details, status)
  const overflow = overflowIn(details.message, details.words, effective === 429)
  if (overflow !== undefined) return tooLong(details, overflow)
  const retryAfter = transport.retryAfter ?? details.retryAfter
  const kind = kindOf(effective, details)
  return new GatewayError(kind, `${provider}: ${details.message || `HTTP ${String(effective)}`}`, {
    remainingTokens: roomIn(details.message, kind),
    retryAfter,
    shouldRetry: effective === 429 && isLastingLimit(details, retryAfter) ? false : undefined,
    status: kind === 'api_error' || effective >= 500 ? serverStatus(effective) : undefined,
  })
}

/** The longest answer that is not refused, if the error is about that. */
function roomIn(message: string, kind: ErrorKind): number | undefined {
  if (kind === 'billing_error') return affordableIn(message)
  return kind === 'invalid_request_error' ? outputLimitIn(message) : undefined
}

/** Whether a text begins like a server's message, not like JSON or markup that broke off. */
export function isMessageText(text: string): boolean {
  return /^(?!(null|true|false|\d+)$)[\p{L}\d]/u.test(text)
}

/** The error for a frame that should be JSON and is not: a server's message is kept, scraps are not. */
export function notJsonError(data: string, provider: string, cause: unknown): GatewayError {
  const text = data.trim()
  if (!isMessageText(text)) {
    const message = `${provider} sent a chunk that is not JSON.`
    return new GatewayError('api_error', message, { status: 502, cause })
  }
  const fault = upstreamError(text, provider)
  return fault.with(fault.kind === 'api_error' ? { status: 502, cause } : { cause })
}

function statusOf(details: ErrorBody, status: number | undefined): number {
  return (
    statusIn(STATUS_BY_REASON, details.words) ??
    statusByText(details, status ?? details.status) ??
    status ??
    details.status ??
    statusIn(STATUS_OF_WORD, details.words) ??
    500
  )
}

/** The status that the text suggests, if the given one is vague. */
function statusByText(details: ErrorBody, status: number | undefined): number | undefined {
  if (status === 401) return isUnpaid(details, status) ? 402 : undefined
  if (!VAGUE.has(status)) return undefined
  const { message, words } = details
  const meant = MEANT.find(([texts]) => texts.test(message))?.[1]
  if (meant !== undefined) return meant
  if (isUnpaid(details, status)) return 402
  if (status !== undefined && status !== 400 && status !== 422) return undefined
  return words.some((word) => NO_MODEL_WORDS.has(word)) || NO_MODEL.test(message) ? 404 : undefined
}

/** xAI answers 400, NVIDIA 403, gateways answer 403 and 500 to a wrong key. */
const WRONG_KEY =
  /(incorrect|invalid|wrong|bad|expired|missing|no) api[ _-]?key|api[ _-]?key (is |was |has )?(incorrect|invalid|not valid|not found|expired|missing|required)|^authorization failed$/i

/** Google: "User location is not supported for the API use." Anthropic: "This organization has been disabled." */
const FORBIDDEN =
  /\b(country|region|territory|location)\b[^.]{0,40} not supported|\b(organization|account) has been (disabled|deactivated)/i

/** NVIDIA, of a model that is down: "Function id '…': DEGRADED function cannot be invoked" */
const OUT_OF_ORDER = /DEGRADED function cannot be invoked/

/** xAI: "Content violates usage guidelines", OpenRouter: "Your input was flagged"; both in a 403. */
const FILTERED = /content violates usage guidelines|your input was flagged/i

/** Fireworks calls them an `invalid_request_error`, LiteLLM's 400 and 500 name its exception. */
const TOO_MANY = /\brate limit (exceeded|reached)|too many requests|\bRateLimitError\b/i
const BUSY = /\b(server|model|engine) (is |is currently )?overloaded/i

const MEANT: readonly (readonly [texts: RegExp, status: number])[] = [
  [FILTERED, 400],
  [WRONG_KEY, 401],
  [FORBIDDEN, 403],
  [OUT_OF_ORDER, 503],
  [TOO_MANY, 429],
  [BUSY, 529],
]

/** Words for a missing model in a 400, or without a status. */
const NO_MODEL_WORDS: ReadonlySet<string> = new Set([
  'model_not_found', // OpenAI, DashScope, Hugging Face
  'model_not_supported', // GitHub Copilot, Hugging Face
  'unknown_model', // GitHub Models
  'invalid_model', // Mistral, Perplexity
  'model_not_available', // Together
  'model_decommissioned', // Groq
  'code_1211', // z.ai
])
const NO_MODEL =
  /model (does )?not exist|not a valid model|invalid model( id| name| identifier|:| ['"`])|model identifier is invalid|unknown model\b|requested model is not (supported|available)|model not found|model ['"`][^'"`]{1,200}['"`] (does not exist|is not (supported|available|found)|not found)/i

/** The wording that makes the client compact its conversation and continue. */
function tooLong(details: ErrorBody, found: Overflow): GatewayError {
  const { tokens = found.tokens, message } = details
  const text = tokens ? `${String(tokens[0])} tokens > ${String(tokens[1])} maximum` : message
  return new GatewayError('invalid_request_error', `prompt is too long: ${text}`, {
    shouldRetry: false,
    overflow: true,
    limit: tokens?.[1],
    remainingTokens: found.remainingTokens,
    excess: found.excess,
  })
}

/** The status of an upstream's failure; one that is not a server error becomes 502. */
function serverStatus(status: number): number {
  return status >= 500 && status < 600 ? status : 502
}

/**
 * The client hides the message of a 404 ("there's an issue with the selected model"), so only a
 * missing model may be one; a wrong URL is a plain bad request.
 */
function kindOf(status: number, details: ErrorBody): ErrorKind {
  if (
    status === 404 &&
    ![details.message, ...details.words].some((text) => OF_A_MODEL.test(text))
  ) {
    return 'invalid_request_error'
  }
  const ofClient = Math.floor(status / 100) === 4
  return KIND_OF_STATUS[status] ?? (ofClient ? 'invalid_request_error' : 'api_error')
}

/** NVIDIA: "Function '…': Not found for account '…'" */
const OF_A_MODEL = /model|deployment|no endpoints found for|code_1211|not found for account/i

type Statuses = Readonly<Record<string, number>>

/** The status of the first word that has one. */
function statusIn(statuses: Statuses, words: readonly string[]): number | undefined {
  const found = words.map((word) => (Object.hasOwn(statuses, word) ? statuses[word] : undefined))
  return found.find(Boolean)
}

// --- Accounts without money, and limits that last ---

/** Retrying does not help when the account is empty, although the status is 429. */
const EMPTY: ReadonlySet<string> = new Set([
  'insufficient_quota', // OpenAI, Perplexity
  'credit_balance_exhausted', // OpenAI
  'billing_not_active',
  'billing_hard_limit_reached',
  'exceeded_current_quota_error', // Moonshot
  'insufficient_balance',
  'setlimitexceeded', // Volcengine: the user's own limit
  'status_code_1008', // MiniMax
  'status_code_2056', // MiniMax: the plan's hours
  'code_1113', // z.ai
  'code_1304', // z.ai: of the day, of the plan, and a plan that is over
  'code_1308',
  'code_1309',
  'code_1310',
])

/** Anthropic's come as an `invalid_request_error`: https://github.com/anthropics/claude-code/issues/2127 */
const EMPTY_TEXT: readonly RegExp[] = [
  /insufficient (account )?(balance|funds|credits?)|not enough (balance|credits?)/i,
  /credit balance is too low|no credits remaining|(doesn['’]t|does not) have any credits/i, // Anthropic, OpenAI, xAI
  /(out of|used all( of)?( its| your)?( available)?) credits|used up your (points|credits)/i, // xAI, Poe
  /monthly (spending limit|included credits)|billing hard limit|your billing details on our website/i, // Fireworks, Hugging Face, OpenAI
  /specified (workspace )?API usage limits|out of extra usage|extra usage is required|from your extra usage/i, // Anthropic
  /余额不足|额度不足|欠费/,
]

/** Accounts that owe money, or have none: DashScope, Volcengine, DeepSeek, new-api. */
const OVERDUE: ReadonlySet<string> = new Set([
  'arrearage',
  'accountoverdueerror',
  'invalidsubscription',
  'insufficient_balance',
  'insufficient_user_quota',
  'pre_consume_token_quota_failed',
])

/** Whether an error with a vague status is about an account without money. */
function isUnpaid({ message, words }: ErrorBody, status: number | undefined): boolean {
  // Perplexity answers 401 to keys that are fine.
  if (status === 401) return words.includes('insufficient_quota')
  return words.some((word) => OVERDUE.has(word)) || EMPTY_TEXT.some((text) => text.test(message))
}

/** Google's quotas that reset only at the end of the day. */
const PER_DAY = /perday/

/** Limits of an hour, a day, a month, a plan. */
const LASTING: readonly RegExp[] = [
  /\bper-day\b/i, // "free-models-per-day" (OpenRouter)
  /\b(hourly|daily|weekly|monthly|\d{1,3}-hour)\b[^.]{0,30}\b(limit|quota)/i, // Ollama, Anthropic, MiniMax, z.ai, Volcengine
  /\b(tokens|requests|calls) ?(per|\/) ?(hour|day|week|month)\b/i, // Cerebras, Bedrock, Cohere
  /\bTPD\b|\busage limit (has been )?(reached|exceeded)/i, // Moonshot; OpenAI's and MiniMax's plans
]

/**
 * Short limits that look like an empty account: DashScope's tokens per minute are
 * `insufficient_quota` (https://help.aliyun.com/zh/model-studio/error-code).
 */
const PASSING = /error-code#(token|rate)-limit|allocated quota exceeded|per[ -]minute|\b[rt]pm\b/i
const FREE_QUOTA = /free allocated quota/i

/**
 * Whether the limit of a 429 lasts longer than some minutes.
 * @param retryAfter if given, the limit ends then, whatever its period.
 */
function isLastingLimit({ words, message }: ErrorBody, retryAfter: string | undefined): boolean {
  if (words.some((word) => PER_DAY.test(word))) return true
  if (EMPTY_TEXT.some((text) => text.test(message))) return true
  if (PASSING.test(message)) return FREE_QUOTA.test(message)
  if (words.some((word) => EMPTY.has(word))) return true
  return retryAfter === undefined && LASTING.some((text) => text.test(message))
}

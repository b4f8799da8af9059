import { isLastingLimit, isUnpaid } from './account-errors.ts'
import { type ErrorKind, GatewayError } from './error.ts'
import { affordableIn, outputLimitIn } from './output-limit.ts'
import { type Overflow, overflowIn } from './overflow.ts'
import { type ErrorBody, parseErrorBody } from './upstream-error-body.ts'

/**
 * What an upstream says when it fails, as a GatewayError. Providers agree on HTTP statuses more
 * than on bodies, so the status leads and the words refine it.
 */

/** What the transport knows about the failure. */
export interface UpstreamErrorContext {
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

/** Words of `error.type` and `error.code` that say more than a missing or vague status. */
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

/** Words that know better than the status: Google answers 400 to a wrong key. */
const STATUS_BY_REASON: Statuses = {
  api_key_invalid: 401,
  api_key_expired: 401,
  invalid_api_key: 401,
  wrong_api_key: 401, // Cerebras
  incorrect_api_key: 401,
}

/** Statuses that say little: what is wrong with a model, a key or an account comes in them too. */
const VAGUE: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 412, 422, 500])

/**
 * The error for an upstream's error body or error chunk, of whatever shape: see `saidIn`.
 */
export function upstreamError(body: unknown, context: UpstreamErrorContext | string): GatewayError {
  const { provider, status, ...transport }: UpstreamErrorContext =
    typeof context === 'string' ? { provider: context } : context
  const said = parseErrorBody(body)
  const effective = statusOf(said, status)
  const overflow = overflowIn(said.message, said.words, effective === 429)
  if (overflow !== undefined) return tooLong(said, overflow)
  const retryAfter = transport.retryAfter ?? said.retryAfter
  const kind = kindOf(effective, said)
  return new GatewayError(kind, `${provider}: ${said.message || `HTTP ${String(effective)}`}`, {
    remainingTokens: roomIn(said.message, kind),
    retryAfter,
    shouldRetry: effective === 429 && isLastingLimit(said, retryAfter) ? false : undefined,
    status: kind === 'api_error' || effective >= 500 ? serverStatus(effective) : undefined,
  })
}

/** The longest answer that is not refused, where that is what an error is about. */
function roomIn(message: string, kind: ErrorKind): number | undefined {
  if (kind === 'billing_error') return affordableIn(message)
  return kind === 'invalid_request_error' ? outputLimitIn(message) : undefined
}

/** What begins like words of a server, rather than like JSON or markup that broke off. */
const WORDS = /^(?!(null|true|false|\d+)$)[\p{L}\d]/u

/** The error for a frame that should be JSON and is not: words of a server are kept, scraps are not. */
export function notJsonError(data: string, provider: string, cause: unknown): GatewayError {
  const text = data.trim()
  if (!WORDS.test(text)) {
    const message = `${provider} sent a chunk that is not JSON.`
    return new GatewayError('api_error', message, { status: 502, cause })
  }
  const fault = upstreamError(text, provider)
  return fault.with(fault.kind === 'api_error' ? { status: 502, cause } : { cause })
}

function statusOf(said: ErrorBody, status: number | undefined): number {
  return (
    statusIn(STATUS_BY_REASON, said.words) ??
    statusByText(said, status ?? said.status) ??
    status ??
    said.status ??
    statusIn(STATUS_OF_WORD, said.words) ??
    500
  )
}

/** What a text says, where the status says little. */
function statusByText(said: ErrorBody, status: number | undefined): number | undefined {
  if (status === 401) return isUnpaid(said, status) ? 402 : undefined
  if (!VAGUE.has(status)) return undefined
  const { message, words } = said
  const meant = MEANT.find(([texts]) => texts.test(message))?.[1]
  if (meant !== undefined) return meant
  if (isUnpaid(said, status)) return 402
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

/** A missing model that is told by a 400, or by no status at all. */
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

/** The wording that makes the client compact its conversation and go on. */
function tooLong(said: ErrorBody, found: Overflow): GatewayError {
  const { tokens = found.tokens, message } = said
  const text = tokens ? `${String(tokens[0])} tokens > ${String(tokens[1])} maximum` : message
  return new GatewayError('invalid_request_error', `prompt is too long: ${text}`, {
    shouldRetry: false,
    overflow: true,
    limit: tokens?.[1],
    remainingTokens: found.room,
    excess: found.excess,
  })
}

/** A status of the upstream's own failure; what is no error status at all means a bad gateway. */
function serverStatus(status: number): number {
  return status >= 500 && status < 600 ? status : 502
}

/**
 * The client hides the message of a 404 ("there's an issue with the selected model"), so only a
 * missing model may be one; a wrong URL is a plain bad request.
 */
function kindOf(status: number, said: ErrorBody): ErrorKind {
  if (status === 404 && ![said.message, ...said.words].some((text) => OF_A_MODEL.test(text))) {
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

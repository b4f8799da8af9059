import { GatewayError } from './error.ts'
import type { ErrorKind } from './error.ts'
import { outputLimitIn } from './output-limit.ts'
import { overflowIn } from './overflow.ts'
import type { Overflow } from './overflow.ts'
import { saidIn } from './said.ts'
import type { Said } from './said.ts'

/**
 * What an upstream says when it fails, as a GatewayError. Providers agree on HTTP statuses more
 * than on bodies, so the status leads and the words refine it.
 */

/** What the transport knows about the failure. */
export interface FaultContext {
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
  insufficient_quota: 429,
  overloaded_error: 529,
  overloaded: 529,
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
  incorrect_api_key: 401,
}

/** Statuses that say little: what is wrong with a model, a key or an account comes in them too. */
const VAGUE: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 422, 500])

/** Retrying does not help when the account is empty, although the status is 429. */
const EMPTY: ReadonlySet<string> = new Set([
  'insufficient_quota', // OpenAI
  'exceeded_current_quota_error', // Moonshot
  'billing_hard_limit_reached',
  'insufficient_balance',
  'setlimitexceeded', // Volcengine: the user's own limit
  'status_code_2056', // MiniMax: the plan's hours
  'code_1304', // z.ai: of the day, of the plan, and a plan that is over
  'code_1308',
  'code_1309',
  'code_1310',
])
const EMPTY_TEXT =
  /insufficient (account )?(balance|funds|credits?)|credit balance is too low|(out of|used all( of)?( its| your)?( available)?) credits|monthly spending limit|billing hard limit|余额不足|欠费/i

/** Quotas of Google's that are not given back before the day is over. */
const PER_DAY = /perday/
/** "free-models-per-day" (OpenRouter). */
const PER_DAY_TEXT = /\bper-day\b/i

/**
 * The error for an upstream's error body or error chunk, of whatever shape: see `saidIn`.
 */
export function upstreamFault(body: unknown, context: FaultContext | string): GatewayError {
  const { provider, status, ...transport }: FaultContext =
    typeof context === 'string' ? { provider: context } : context
  const said = saidIn(body)
  const effective = statusOf(said, status)
  const overflow = overflowIn(said.message, said.words, effective === 429)
  if (overflow !== undefined) return tooLong(said, overflow)
  const retryAfter = transport.retryAfter ?? said.retryAfter
  const kind = kindOf(effective, said)
  const room = kind === 'invalid_request_error' ? outputLimitIn(said.message) : undefined
  return new GatewayError(kind, `${provider}: ${said.message || `HTTP ${String(effective)}`}`, {
    room,
    retryAfter,
    shouldRetry: isHopeless(effective, said) ? false : undefined,
    status: kind === 'api_error' || effective >= 500 ? serverStatus(effective) : undefined,
  })
}

/** What begins like words of a server, rather than like JSON or markup that broke off. */
const WORDS = /^(?!(null|true|false|\d+)$)[\p{L}\d]/u

/** The error for a frame that should be JSON and is not: words of a server are kept, scraps are not. */
export function noJsonFault(data: string, provider: string, cause: unknown): GatewayError {
  const text = data.trim()
  if (!WORDS.test(text)) {
    const message = `${provider} sent a chunk that is not JSON.`
    return new GatewayError('api_error', message, { status: 502, cause })
  }
  const fault = upstreamFault(text, provider)
  return fault.with(fault.kind === 'api_error' ? { status: 502, cause } : { cause })
}

function statusOf(said: Said, status: number | undefined): number {
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
function statusByText({ message, words }: Said, status: number | undefined): number | undefined {
  if (!VAGUE.has(status)) return undefined
  if (WRONG_KEY.test(message)) return 401
  if (words.some((word) => OVERDUE.has(word)) || EMPTY_TEXT.test(message)) return 402
  if (REGION.test(message)) return 403
  if (status !== undefined && status !== 400 && status !== 422) return undefined
  return words.some((word) => NO_MODEL_WORDS.has(word)) || NO_MODEL.test(message) ? 404 : undefined
}

/** xAI answers 400, gateways answer 403 and 500 to a wrong key. */
const WRONG_KEY =
  /(incorrect|invalid|wrong|bad|expired|missing|no) api[ _-]?key|api[ _-]?key (is |was |has )?(incorrect|invalid|not valid|not found|expired|missing|required)/i

/** Google: "User location is not supported for the API use." */
const REGION = /\b(country|region|territory|location)\b[^.]{0,40} not supported/i

/** Accounts that owe money: DashScope, Volcengine, DeepSeek. */
const OVERDUE: ReadonlySet<string> = new Set([
  'arrearage',
  'accountoverdueerror',
  'insufficient_balance',
])

/** A missing model that is told by a 400, or by no status at all. */
const NO_MODEL_WORDS: ReadonlySet<string> = new Set([
  'model_not_found', // OpenAI, DashScope, Hugging Face
  'model_not_supported', // GitHub Copilot, Hugging Face
  'unknown_model', // GitHub Models
  'invalid_model', // Mistral, Perplexity
  'model_not_available', // Together
  'code_1211', // z.ai
])
const NO_MODEL =
  /model (does )?not exist|not a valid model|invalid model( id| name| identifier|:| ['"`])|model identifier is invalid|unknown model\b|requested model is not (supported|available)|model not found|model ['"`][^'"`]{1,200}['"`] (does not exist|is not (supported|available|found)|not found)/i

/** The wording that makes the client compact its conversation and go on. */
function tooLong(said: Said, found: Overflow): GatewayError {
  const { tokens = found.tokens, message } = said
  const text = tokens ? `${String(tokens[0])} tokens > ${String(tokens[1])} maximum` : message
  return new GatewayError('invalid_request_error', `prompt is too long: ${text}`, {
    shouldRetry: false,
    overflow: true,
    limit: tokens?.[1],
    room: found.room,
    excess: found.excess,
  })
}

/**
 * Limits that pass, in the words of an empty account: DashScope's tokens per minute are
 * `insufficient_quota` (https://help.aliyun.com/zh/model-studio/error-code).
 */
const PASSING = /error-code#(token|rate)-limit|allocated quota exceeded|per[ -]minute|\b[rt]pm\b/i
const FREE_QUOTA = /free allocated quota/i

/** Whether the same request cannot succeed within minutes. */
function isHopeless(status: number, { words, message }: Said): boolean {
  if (status !== 429) return false
  if (words.some((word) => PER_DAY.test(word)) || PER_DAY_TEXT.test(message)) return true
  if (EMPTY_TEXT.test(message)) return true
  if (PASSING.test(message)) return FREE_QUOTA.test(message)
  return words.some((word) => EMPTY.has(word))
}

/** A status of the upstream's own failure; what is no error status at all means a bad gateway. */
function serverStatus(status: number): number {
  return status >= 500 && status < 600 ? status : 502
}

/**
 * The client hides the message of a 404 ("there's an issue with the selected model"), so only a
 * missing model may be one; a wrong URL is a plain bad request.
 */
function kindOf(status: number, said: Said): ErrorKind {
  if (status === 404 && ![said.message, ...said.words].some((text) => OF_A_MODEL.test(text))) {
    return 'invalid_request_error'
  }
  const ofClient = Math.floor(status / 100) === 4
  return KIND_OF_STATUS[status] ?? (ofClient ? 'invalid_request_error' : 'api_error')
}

const OF_A_MODEL = /model|deployment|no endpoints found for|code_1211/i

type Statuses = Readonly<Record<string, number>>

/** The status of the first word that has one. */
function statusIn(statuses: Statuses, words: readonly string[]): number | undefined {
  const found = words.map((word) => (Object.hasOwn(statuses, word) ? statuses[word] : undefined))
  return found.find(Boolean)
}

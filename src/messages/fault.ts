import { durationMs } from './duration.ts'
import { GatewayError } from './error.ts'
import type { ErrorFacts, ErrorKind } from './error.ts'

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
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Words of `error.type` and `error.code` that say more than a missing or vague status. */
const STATUS_OF_WORD: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
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
}

/** Words that know better than the status: Google answers 400 to a wrong key. */
const STATUS_BY_REASON: Readonly<Record<string, number>> = {
  api_key_invalid: 401,
  api_key_expired: 401,
}

/** Retrying does not help when the account is empty, although the status is 429. */
const HOPELESS_WORDS: ReadonlySet<string> = new Set(['insufficient_quota'])

/** Longest upstream text that goes on to the client, in UTF-16 units. */
const MESSAGE_LIMIT = 2000

interface Said {
  readonly message: string
  /** `type`, `code` and reasons, lower case. */
  readonly words: readonly string[]
  readonly status: number | undefined
  /** Seconds to wait, from the body. */
  readonly retryAfter?: string
}

/**
 * The error for an upstream's error body or error chunk, of whatever shape: `{error: {message,
 * type, code}}`, `{error: "text"}`, `{message}`, `{detail}`, a list of these, or plain text.
 */
export function upstreamFault(body: unknown, context: FaultContext | string): GatewayError {
  const { provider, status, ...transport }: FaultContext =
    typeof context === 'string' ? { provider: context } : context
  const said = read(body)
  const retryAfter = transport.retryAfter ?? said.retryAfter
  const overflow = contextOverflow(said)
  if (overflow !== undefined) return overflow
  const effective = statusByReason(said) ?? status ?? said.status ?? 500
  const kind = kindOf(effective, said)
  const facts: ErrorFacts = {
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(said.words.some((word) => HOPELESS_WORDS.has(word)) ? { shouldRetry: false } : {}),
    ...(kind === 'api_error' || effective >= 500 ? { status: serverStatus(effective) } : {}),
  }
  return new GatewayError(
    kind,
    `${provider}: ${said.message || `HTTP ${String(effective)}`}`,
    facts,
  )
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
  if (status === 404 && !/model/i.test(`${said.message} ${said.words.join(' ')}`)) {
    return 'invalid_request_error'
  }
  const kind = KIND_OF_STATUS[status]
  if (kind !== undefined) return kind
  return status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error'
}

function read(body: unknown): Said {
  if (typeof body === 'string') return { message: clip(body), words: [], status: undefined }
  if (Array.isArray(body)) return read(body[0])
  if (typeof body !== 'object' || body === null)
    return { message: '', words: [], status: undefined }
  const object = body as Record<string, unknown>
  if (object['error']) return read(object['error'])
  return readError(object)
}

function readError(object: Readonly<Record<string, unknown>>): Said {
  const { reasons, ...delay } = readDetails(object['details'])
  const words = [object['code'], object['type'], object['status'], ...reasons]
    .filter((word) => typeof word === 'string')
    .map((word) => word.toLowerCase())
  const text =
    object['message'] ?? object['Message'] ?? object['detail'] ?? object['error_description']
  const message = typeof text === 'string' ? text : JSON.stringify(text ?? object)
  return {
    message: clip(message),
    words,
    status: statusOf(object['code'], object['status']) ?? words.map(statusOfWord).find(Boolean),
    ...spokenDelay(message),
    ...delay,
  }
}

/** "Please try again in 1m12.5s" (OpenAI, Groq), "Please retry after 20 seconds" (Azure). */
const SPOKEN = /(?:try again|retry)(?: again)? (?:in|after) ((?:\d+(?:\.\d+)? ?[a-z]+ ?)+)/i

function spokenDelay(message: string): { retryAfter?: string } {
  const [, said = ''] = SPOKEN.exec(message) ?? []
  const ms = durationMs(said)
  return ms ? { retryAfter: String(Math.ceil(ms / 1000)) } : {}
}

interface Detail {
  readonly reason?: unknown
  readonly retryDelay?: unknown
}

/**
 * Google's `details`: ErrorInfo with a reason, RetryInfo with a delay such as `34.4s` (fixture
 * google-429-retry-info). https://cloud.google.com/apis/design/errors#error_payloads
 */
function readDetails(details: unknown): { reasons: readonly unknown[]; retryAfter?: string } {
  if (!Array.isArray(details)) return { reasons: [] }
  const all = details.filter((detail): detail is Detail => typeof detail === 'object' && !!detail)
  const delays = all.map(({ retryDelay }) => /^([\d.]+)s$/.exec(String(retryDelay))?.[1])
  const seconds = Math.ceil(Number(delays.find(Boolean)))
  return {
    reasons: all.map(({ reason }) => reason),
    ...(Number.isFinite(seconds) ? { retryAfter: String(seconds) } : {}),
  }
}

function statusByReason({ words }: Said): number | undefined {
  const word = words.find((known) => Object.hasOwn(STATUS_BY_REASON, known))
  return word === undefined ? undefined : STATUS_BY_REASON[word]
}

/** OpenRouter and Gemini put an HTTP status into `code`. */
function statusOf(...values: readonly unknown[]): number | undefined {
  return values.map(Number).find((n) => Number.isInteger(n) && n >= 400 && n < 600)
}

function statusOfWord(word: string): number | undefined {
  return Object.hasOwn(STATUS_OF_WORD, word) ? STATUS_OF_WORD[word] : undefined
}

function clip(text: string): string {
  return text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT)}…` : text
}

/** How providers say that the prompt does not fit. */
const OVERFLOW =
  /prompt is too long|input is too long|maximum context length|context[_ ]length[_ ]exceeded|exceeds? (the|this model's) (context|maximum)|exceeds the (available )?context (size|window|length)|maximum number of tokens allowed|reduce the length of the messages|longer than the (maximum )?model|exceeded model token limit|input token (length|count) (is )?too long|input token count .*exceeds|maximum (context limit|prompt length)|prompt exceeds max length|range of input length should be|context window exceeds limit|too many tokens in prompt/i

/**
 * The wording that makes the client compact its conversation and go on; undefined for any other
 * fault. Of the numbers in the provider's text the largest is what was sent, the next the limit.
 */
function contextOverflow(said: Said): GatewayError | undefined {
  const isOverflow = said.words.includes('context_length_exceeded') || OVERFLOW.test(said.message)
  if (!isOverflow) return undefined
  const numbers = (said.message.match(/\d[\d,]{2,}/g) ?? [])
    .map((text) => Number(text.replaceAll(',', '')))
    .sort((a, b) => b - a)
  const [sent, limit] = numbers
  const facts: ErrorFacts = { shouldRetry: false, overflow: true }
  if (sent === undefined || limit === undefined) {
    return new GatewayError('invalid_request_error', `prompt is too long: ${said.message}`, facts)
  }
  const text = `prompt is too long: ${String(sent)} tokens > ${String(limit)} maximum`
  return new GatewayError('invalid_request_error', text, { ...facts, limit })
}

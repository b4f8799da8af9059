import { isTextTooDeep } from '../lib/depth.ts'
import { limitedText } from '../lib/limited-text.ts'
import { withoutSecrets } from '../lib/masking.ts'
import {
  type ErrorEnvelope,
  type ErrorFacts,
  type ErrorKind,
  GatewayError,
} from '../messages/error.ts'
import { upstreamError } from '../messages/upstream-error.ts'
import { outputLimitIn } from '../messages/output-limit.ts'
import { isUnderstood, overflowIn } from '../messages/overflow.ts'
import type { Call } from '../providers/configured/call.ts'
import { credentialsOf } from '../providers/configured/secrets.ts'
import type { Answer, Timeouts } from './answer.ts'
import { ProxyRefusal } from './proxy-handshake.ts'
import { redirectTarget } from './redirect.ts'
import { retryAfterOf } from './retry-after.ts'

/** Most of an error body that is read, in bytes, and how long that may take, in ms. */
const BODY = { length: 64 * 1024, ms: 5_000 }

/** A call that failed. */
export interface Failed {
  readonly call: Call
  readonly timeouts: Timeouts
  /** The provider may have read all of it. */
  readonly unanswered: boolean
}

/** What went wrong before or while bytes came, as an error that names the provider and the address. */
export function networkError(cause: unknown, failed: Failed): GatewayError {
  const { call } = failed
  if (cause instanceof GatewayError) return cause
  if (cause instanceof ProxyRefusal) {
    const text = `${call.provider} cannot be reached: ${cause.message}`
    return new GatewayError('api_error', text, { status: 502, cause, unreachable: true })
  }
  const code = codeOf(cause)
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return timeoutError('connect', failed, cause).with({ unreachable: true })
    case 'UND_ERR_HEADERS_TIMEOUT':
      return timeoutError('firstByte', failed, cause)
    default: {
      const text = `${whereOf(call)} ${NETWORK[code] ?? `failed (${code || unnamed(cause)})`}`
      const facts = { status: 502, cause, ...adviceOf(code), ...billing(failed) }
      return new GatewayError('api_error', text, facts)
    }
  }
}

function billing({ call, unanswered }: Failed): ErrorFacts {
  return unanswered && call.idempotent !== true ? { unanswered } : {}
}

/** Nothing was sent, and the next seconds may help at most: a server that is starting, a network that is coming back. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
])

/** A certificate or a scheme that is wrong is so until somebody changes it. */
const MISCONFIGURED = /CERT|^UNABLE_TO_|^ERR_SSL_WRONG_VERSION_NUMBER$/

function adviceOf(code: string): ErrorFacts {
  if (UNREACHABLE.has(code)) return { unreachable: true }
  return MISCONFIGURED.test(code) ? { shouldRetry: false } : {}
}

const UNTRUSTED =
  'has a certificate of an authority that is not known here: name its file in the config, as CA_FILE or as ca_file of the provider'

const NETWORK: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'refused the connection: is it running, and is api_base_url right?',
  ENOTFOUND: 'has an unknown host name: is api_base_url right, and is there a network?',
  EAI_AGAIN: 'could not be looked up: is there a network?',
  EAI_FAIL: 'could not be looked up: is there a network?',
  EHOSTUNREACH: 'has no route to it: is api_base_url right, and is there a network?',
  EHOSTDOWN: 'is down: is api_base_url right, and is there a network?',
  ENETUNREACH: 'is in a network that cannot be reached: is there a network?',
  ENETDOWN: 'cannot be reached: there is no network',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_HEADERS_OVERFLOW: 'answered with more headers than ccr reads (64 KB)',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: is it http:// rather than https://?',
}

/** undici's parser names some of its errors and not others. */
function unnamed(cause: unknown): string {
  const { name } = (cause ?? {}) as { name?: unknown }
  return name === 'HTTPParserError' ? 'its answer is no HTTP' : 'unknown network error'
}

/** A limit of `timeouts` of a provider. */
export type Limit = 'connect' | 'firstByte' | 'idle'

const LIMITS: Readonly<Record<Limit, { readonly what: string; readonly ms: keyof Timeouts }>> = {
  connect: { what: 'did not accept a connection', ms: 'connectMs' },
  firstByte: { what: 'did not begin to answer', ms: 'firstByteMs' },
  idle: { what: 'fell silent in the middle of its answer', ms: 'idleMs' },
}

/** A provider took longer than a limit allows; names the limit, so that it can be changed. */
export function timeoutError(limit: Limit, failed: Failed, cause?: unknown): GatewayError {
  const { what, ms } = LIMITS[limit]
  const seconds = String(failed.timeouts[ms] / 1000)
  const text = `${whereOf(failed.call)} ${what} within ${seconds} s (its limit timeouts.${limit})`
  return new GatewayError('timeout_error', text, { cause, ...billing(failed) })
}

function whereOf({ provider, url }: Call): string {
  return `${provider} (${new URL(url).origin})`
}

/** The system's or undici's error code, also of an AggregateError (one per address tried). */
function codeOf(cause: unknown): string {
  const {
    code,
    cause: inner,
    errors,
  } = cause as {
    code?: unknown
    cause?: unknown
    errors?: unknown[]
  }
  if (typeof code === 'string') return code
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0])
  return typeof inner === 'object' && inner !== null ? codeOf(inner) : ''
}

/** Reads an answer whose status says failure, within bounds, and gives the error it stands for. */
export async function answerError(
  answer: Answer,
  call: Call,
  secrets: readonly string[],
): Promise<GatewayError> {
  const known = [...secrets, ...credentialsOf(call.headers)]
  return (await faultIn(answer, call, known)).without(known)
}

async function faultIn(
  answer: Answer,
  call: Call,
  secrets: readonly string[],
): Promise<GatewayError> {
  if (answer.status >= 300 && answer.status < 400) return redirectFault(answer, call)
  // Before it is cut; whole, so that JSON stays JSON.
  const text = withoutSecrets(await limitedText(answer.body, BODY), secrets, '***')
  const body = parsed(text)
  const { status } = answer
  const retryAfter = retryAfterOf(answer.headers, status, Date.now())
  const own = ownEnvelope(body)
  const known = upstreamError(body ?? plain(text), {
    provider: call.provider,
    status,
    retryAfter,
  })
  if (own === undefined) return known
  const { type, message } = own.error
  const overflow = overflowIn(message, [], status === 429)
  if (overflow !== undefined && !isUnderstood(message, status)) return known
  const asked = headerOf(answer, 'x-should-retry')
  const shouldRetry = asked === undefined ? known.shouldRetry : asked === 'true'
  return new GatewayError(kindOf(type, known, overflow !== undefined), message, {
    status,
    envelope: own,
    overflow: overflow !== undefined,
    remainingTokens: overflow === undefined ? known.remainingTokens : outputLimitIn(message),
    retryAfter: known.retryAfter,
    ...(overflow === undefined ? { shouldRetry } : {}),
  })
}

/**
 * What an error is, beneath the type that the client is told: Anthropic calls an account without
 * money an invalid request, and others a model that they do not have, though others may serve it.
 */
function kindOf(type: ErrorKind, known: GatewayError, isOverflow: boolean): ErrorKind {
  const isMore = type === 'invalid_request_error' && !isOverflow && OF_TARGET.has(known.kind)
  return isMore ? known.kind : type
}

/** What is wrong with an account, a key or a model rather than with the request. */
const OF_TARGET: ReadonlySet<ErrorKind> = new Set([
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'rate_limit_error',
  'overloaded_error',
])

function redirectFault(answer: Answer, call: Call): GatewayError {
  const to = redirectTarget(call, headerOf(answer, 'location'))
  const where = to === undefined ? '' : ` to ${to}`
  const text = `${whereOf(call)} redirects${where} (HTTP ${String(answer.status)}): set api_base_url to where it answers`
  return new GatewayError('api_error', text, { status: 502, shouldRetry: false })
}

/** A 200 that is a web page: a login form or a wrong path. */
export function htmlError(call: Call): GatewayError {
  return new GatewayError(
    'api_error',
    `${call.provider} answered with a web page instead of an API answer: is api_base_url (${new URL(call.url).origin}${new URL(call.url).pathname}) right?`,
    { status: 502 },
  )
}

export function headerOf(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/**
 * What stands before the data of a server-sent event, as which DashScope answers with a 400, too:
 * https://github.com/musistudio/claude-code-router/issues/1327
 */
const EVENT = /^\s{0,8}(?:event:[^\n]{0,64}\n\s{0,8})?data:/

/** Undefined for text that is no JSON, or nested too deeply to be an error of any API. */
function parsed(text: string): unknown {
  if (isTextTooDeep(text)) return undefined
  const event = EVENT.exec(text)?.[0].length ?? 0
  try {
    return JSON.parse(text.slice(event)) as unknown
  } catch {
    return undefined
  }
}

/** Text that is not JSON; of a web page only its title. */
function plain(text: string): string {
  if (!/^\s*</.test(text)) return text.trim()
  const title = /<title[^<>]{0,256}>([^<]*)/i.exec(text)?.[1]?.trim()
  return title ? `a web page: ${title}` : 'a web page'
}

/** An error that is in the Anthropic shape already, and of a type of theirs, known or to come. */
function ownEnvelope(body: unknown): ErrorEnvelope | undefined {
  const { type, error } = (body ?? {}) as Partial<ErrorEnvelope>
  if (type !== 'error' || typeof error?.message !== 'string') return undefined
  return /_error$|^request_too_large$/.test(error.type) ? (body as ErrorEnvelope) : undefined
}

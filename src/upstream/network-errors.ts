/** Failures of the network as errors that name the provider and the address. */
import { type ErrorFacts, GatewayError } from '../messages/error.ts'
import type { Call } from '../providers/configured/call.ts'
import { ProxyRefusal } from './proxy-handshake.ts'
import type { Timeouts } from './timeouts.ts'

/** A call that failed, with what its error must name. */
export interface FailedCall {
  readonly call: Call
  readonly timeouts: Timeouts
  /** The provider may have read all of it. */
  readonly unanswered: boolean
}

/** The error for a failure before or during the transfer; names the provider and the address. */
export function networkError(cause: unknown, failed: FailedCall): GatewayError {
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
      const text = `${whereOf(call)} ${NETWORK[code] ?? `failed (${code || describeUncoded(cause)})`}`
      const facts = { status: 502, cause, ...adviceOf(code), ...billing(failed) }
      return new GatewayError('api_error', text, facts)
    }
  }
}

function billing({ call, unanswered }: FailedCall): ErrorFacts {
  return unanswered && call.idempotent !== true ? { unanswered } : {}
}

/** Nothing was sent. Another try may help within seconds, if a server is starting or a network is coming back. */
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

/** A wrong certificate or scheme stays wrong until it is changed: another try is pointless. */
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

/** The description of an error without a code; undici's parser gives some of its errors none. */
function describeUncoded(cause: unknown): string {
  const { name } = (cause ?? {}) as { name?: unknown }
  return name === 'HTTPParserError' ? 'its answer is no HTTP' : 'unknown network error'
}

/** A key of `timeouts` in a provider's config. */
export type Limit = 'connect' | 'firstByte' | 'idle'

const LIMITS: Readonly<Record<Limit, { readonly what: string; readonly ms: keyof Timeouts }>> = {
  connect: { what: 'did not accept a connection', ms: 'connectMs' },
  firstByte: { what: 'did not begin to answer', ms: 'firstByteMs' },
  idle: { what: 'fell silent in the middle of its answer', ms: 'idleMs' },
}

/** The error for a provider that exceeds a limit; names the limit, so that the user can change it. */
export function timeoutError(limit: Limit, failed: FailedCall, cause?: unknown): GatewayError {
  const { what, ms } = LIMITS[limit]
  const seconds = String(failed.timeouts[ms] / 1000)
  const text = `${whereOf(failed.call)} ${what} within ${seconds} s (its limit timeouts.${limit})`
  return new GatewayError('timeout_error', text, { cause, ...billing(failed) })
}

/** The provider and the address of its server, for messages. */
export function whereOf({ provider, url }: Call): string {
  return `${provider} (${new URL(url).origin})`
}

/** The error code of the system or of undici, also from inside an AggregateError (one error per address). */
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

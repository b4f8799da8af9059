/**
 * The one error that crosses layers. Facts go in (kind, what the upstream said); consequences
 * (HTTP status, advice to retry) come out of tables.
 */

import { MOST_LEVELS } from '../lib/depth.ts'
import { withoutPieces } from '../lib/masking.ts'

/** The error types of the Anthropic Messages API: https://docs.anthropic.com/en/api/errors */
export type ErrorKind =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'overloaded_error'
  | 'api_error'

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
  api_error: 500,
}

/** Kinds that the client would retry for minutes although no retry can help. */
const HOPELESS: ReadonlySet<ErrorKind> = new Set(['authentication_error'])

export interface ErrorFacts {
  /** HTTP status for the client; the kind's default if absent. */
  readonly status?: number | undefined
  /** `retry-after` as the upstream sent it (seconds or an HTTP date). */
  readonly retryAfter?: string | undefined
  /** Overrides the kind's advice on retries (`x-should-retry`). */
  readonly shouldRetry?: boolean | undefined
  /** The prompt does not fit the model's window. */
  readonly overflow?: boolean
  /** Of an overflow: how many tokens fit, as the upstream says. */
  readonly limit?: number | undefined
  /** Part of the answer arrived, and will be billed, before it broke off. */
  readonly partial?: boolean
  /** The request went out whole and no answer came: it may have been read, and be billed. */
  readonly unanswered?: boolean
  /** No connection could be made: nothing listens there, or the host is unknown. */
  readonly unreachable?: boolean
  /** ccr itself refuses the request, so that the error says nothing about the target. */
  readonly origin?: 'gateway' | undefined
  /** The longest answer, in tokens, that the model or its window allows, where more was asked for. */
  readonly remainingTokens?: number | undefined
  /** Tokens by which prompt and wanted answer together are too long, where the room is not known. */
  readonly excess?: number | undefined
  /** An envelope that goes out whole: an Anthropic upstream's, or one with details. */
  readonly envelope?: ErrorEnvelope | undefined
  readonly cause?: unknown
}

/** The body of every error that leaves the gateway. */
export interface ErrorEnvelope {
  readonly type: 'error'
  readonly error: {
    readonly type: ErrorKind
    readonly message: string
    /** What clients go by: `error_code` of Anthropic's message threads. */
    readonly details?: unknown
  }
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly kind: ErrorKind
  readonly status: number
  readonly retryAfter: string | undefined
  readonly shouldRetry: boolean | undefined
  readonly overflow: boolean
  readonly limit: number | undefined
  readonly partial: boolean
  readonly unanswered: boolean
  readonly unreachable: boolean
  readonly origin: 'gateway' | undefined
  readonly remainingTokens: number | undefined
  readonly excess: number | undefined
  readonly #facts: ErrorFacts

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.kind = kind
    this.status = facts.status ?? STATUS[kind]
    this.retryAfter = facts.retryAfter
    this.shouldRetry = facts.shouldRetry ?? (HOPELESS.has(kind) ? false : undefined)
    this.overflow = facts.overflow ?? false
    this.limit = facts.limit
    this.partial = facts.partial ?? false
    this.unanswered = facts.unanswered ?? false
    this.unreachable = facts.unreachable ?? false
    this.origin = facts.origin
    this.remainingTokens = facts.remainingTokens
    this.excess = facts.excess
    this.#facts = facts
  }

  /** The same error with other facts. */
  with(facts: ErrorFacts): GatewayError {
    return new GatewayError(this.kind, this.message, { ...this.#facts, ...facts })
  }

  /** The same error with a sentence added. */
  adding(text: string): GatewayError {
    const message = `${this.message} ${text}`
    const { envelope } = this.#facts
    if (envelope === undefined) return new GatewayError(this.kind, message, this.#facts)
    const error = { ...envelope.error, message: `${envelope.error.message} ${text}` }
    return new GatewayError(this.kind, message, {
      ...this.#facts,
      envelope: { ...envelope, error },
    })
  }

  /** The same error with this `retry-after`, in ms; 0 for none. */
  retryAfterMs(ms: number): GatewayError {
    return this.with({ retryAfter: ms > 0 ? String(Math.ceil(ms / 1000)) : undefined })
  }

  /** The Anthropic error envelope: the kind and the message, never a stack or a cause. */
  envelope(): ErrorEnvelope {
    return (
      this.#facts.envelope ?? { type: 'error', error: { type: this.kind, message: this.message } }
    )
  }

  /** The same error with `***` for these texts, wherever it mentions them. */
  without(secrets: readonly string[]): GatewayError {
    const { envelope } = this.#facts
    const message = starred(this.message, secrets)
    const masked = envelope && allStarred(envelope, secrets)
    if (message === this.message && masked === envelope) return this
    return new GatewayError(this.kind, message, { ...this.#facts, envelope: masked })
  }

  /** The response headers that go with the envelope. */
  headers(): Record<string, string> {
    return {
      ...(this.retryAfter === undefined ? {} : { 'retry-after': this.retryAfter }),
      ...(this.shouldRetry === undefined ? {} : { 'x-should-retry': String(this.shouldRetry) }),
    }
  }
}

/** The text with `***` for these secrets, in whatever form, and for what quotes them in part. */
export function starred(text: string, secrets: readonly string[]): string {
  return withoutPieces(text, secrets, '***')
}

/** The value with `***` in all its texts; the very same value if there is nothing to mask. */
export function allStarred<T>(value: T, secrets: readonly string[]): T {
  let found = false as boolean
  const masked = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'string') return inner
    const text = starred(inner, secrets)
    found ||= text !== inner
    return text
  })
  return found ? (JSON.parse(masked) as T) : value
}

/** The error for an answer whose JSON is nested more deeply than ccr reads. */
export function tooDeep(cause?: unknown): GatewayError {
  const text = `The answer holds JSON that is nested too deeply: at most ${MOST_LEVELS} levels are read.`
  return new GatewayError('api_error', text, { status: 502, cause })
}

/** Any thrown value as a GatewayError; an unexpected one becomes an `api_error`. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  // The engine's message for a recursion through JSON that is nested without end.
  if (thrown instanceof RangeError && thrown.message.includes('call stack')) {
    return tooDeep(thrown)
  }
  return new GatewayError('api_error', 'ccr met an unexpected error; its log has the cause.', {
    cause: thrown,
  })
}

/** Tries the candidates of a request until one answers. */
import { setTimeout as after } from 'node:timers/promises'
import { asGatewayError, type ErrorKind, GatewayError } from '../../messages/error.ts'
import type { CircuitBreaker, BreakerKey } from './circuit-breaker.ts'

/** One way to get an answer: a target with a key. */
export interface Candidate extends BreakerKey {
  /** `provider,model`, whichever key. */
  readonly model: string
  /** Tokens that fit, where it is known. */
  readonly window: number | undefined
}

/** A candidate that failed before it gave anything. */
export interface Hop {
  /** The candidate's name; `/control/routes` and the log call it so. */
  readonly lane: string
  readonly kind: string
  readonly status: number
}

/** How much is tried before a request is given up. */
export interface RetryLimits {
  /** Retries of candidates that failed already, once no other is left. */
  readonly repeats: number
  /** No retry begins later than this after the request came, ms. */
  readonly repeatWithinMs: number
  /** No further candidate is tried later than this after the request came, ms. */
  readonly moveOnWithinMs: number
  /** Whether a request that a provider may have read, and bill, is sent again all the same. */
  readonly afterSend: boolean
}

interface Trial<C extends Candidate, T> {
  /** In order of preference; at least one. */
  readonly candidates: readonly [C, ...C[]]
  /** Begins an attempt. */
  readonly open: (candidate: C) => AsyncGenerator<T>
  readonly breaker: CircuitBreaker
  readonly limits: RetryLimits
  /** Called for each candidate that failed, once another try follows or when several have failed. */
  readonly onHop: (hop: Hop) => void
  /** The error that the client gets for a candidate's failure; the failure itself when absent. */
  readonly describe?: (error: GatewayError, candidate: C) => GatewayError
  /** Called when all have failed, with the candidate whose error the client gets. */
  readonly onGivenUp: (candidate: C) => void
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
  readonly time: Time
}

export interface Time {
  /** ms, from any fixed moment. */
  readonly now: () => number
  /** Resolves after so many ms, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export const SYSTEM_TIME: Time = { now: () => performance.now(), pause }

/** Most tries of one request. */
const MOST_TRIES = 8
/** The first pause before a retry; each further one is twice as long, ms. */
const FIRST_PAUSE_MS = 300
/** A server that cannot be reached may be starting: how long it is waited for, ms after the request came. */
const START_WAIT_MS = 5_000

/**
 * The answer of the first candidate that gives any. A candidate may fail only before its first chunk;
 * afterwards its failure is the answer's. When all fail, the first one's error is thrown: it is
 * about the model that the request names.
 */
export async function* failover<C extends Candidate, T>(trial: Trial<C, T>): AsyncGenerator<T> {
  const { breaker, signal } = trial
  const failures: Failure<C>[] = []
  for await (const candidate of tries(trial, failures)) {
    const chunks = trial.open(candidate)
    const start = await begin(chunks)
    if ('error' in start) {
      const wasCoolingDown = breaker.cooldownMs(candidate) > 0
      if (!signal.aborted) breaker.failed(candidate, start.error)
      failures.push({ candidate, error: start.error, wasCoolingDown })
      continue
    }
    try {
      for (let { step } = start; step.done !== true; step = await chunks.next()) yield step.value
      breaker.succeeded(candidate)
    } catch (thrown) {
      if (!signal.aborted) breaker.failed(candidate, asGatewayError(thrown))
      throw thrown
    } finally {
      await chunks.return(undefined)
    }
    return
  }
  throw verdict(
    trial,
    failures.map((failure) => described(trial, failure)),
  )
}

function described<C extends Candidate, T>(
  { describe }: Trial<C, T>,
  failure: Failure<C>,
): Failure<C> {
  return describe ? { ...failure, error: describe(failure.error, failure.candidate) } : failure
}

interface Failure<C extends Candidate> {
  readonly candidate: C
  readonly error: GatewayError
  /** The candidate was in a cooldown before it was tried. */
  readonly wasCoolingDown: boolean
}

/** The candidates to try, one after the other, while `failures` grows with those that failed. */
async function* tries<C extends Candidate, T>(
  trial: Trial<C, T>,
  failures: readonly Failure<C>[],
): AsyncGenerator<C> {
  const { time, limits, signal } = trial
  const startedAt = time.now()
  const isOver = (withinMs: number): boolean =>
    signal.aborted || failures.length >= MOST_TRIES || time.now() - startedAt > withinMs
  for (const candidate of inOrder(trial)) {
    if (isOver(limits.moveOnWithinMs) || isBilled(failures.at(-1)?.error, limits)) return
    if (!failures.every((failure) => mayHelp(failure, candidate))) continue
    reportHop(trial, failures)
    yield candidate
  }
  yield* retries(trial, failures, isOver)
}

/** Candidates that failed already, after a pause each, while a retry may help. */
async function* retries<C extends Candidate, T>(
  trial: Trial<C, T>,
  failures: readonly Failure<C>[],
  isOver: (withinMs: number) => boolean,
): AsyncGenerator<C> {
  const { time, limits, signal } = trial
  for (let pauseMs = FIRST_PAUSE_MS, n = 0; limits.repeats > 0; n += 1, pauseMs *= 2) {
    const passing = n < limits.repeats ? retryable(trial, failures) : undefined
    const candidate = passing ?? maybeStarting(failures)
    const withinMs = passing ? Number.POSITIVE_INFINITY : START_WAIT_MS
    const limitMs = Math.min(limits.repeatWithinMs, withinMs)
    if (candidate === undefined || isOver(limitMs - pauseMs)) return
    await time.pause(pauseMs, signal)
    if (signal.aborted) return
    reportHop(trial, failures)
    yield candidate
  }
}

/** Candidates without a cooldown first; those in a cooldown are tried when nothing else is left. */
function* inOrder<C extends Candidate, T>({ candidates, breaker }: Trial<C, T>): Generator<C> {
  const coolingDown: C[] = []
  for (const candidate of candidates) {
    if (breaker.admits(candidate)) yield candidate
    else coolingDown.push(candidate)
  }
  yield* coolingDown
}

function reportHop<C extends Candidate, T>(
  { onHop }: Pick<Trial<C, T>, 'onHop'>,
  failures: readonly Failure<C>[],
): void {
  const last = failures.at(-1)
  if (last === undefined) return
  onHop({ lane: last.candidate.name, kind: last.error.kind, status: last.error.status })
}

/**
 * Whether the request will be billed, or may be: part of an answer arrived, or the provider may have
 * read the request. No other candidate is tried then.
 */
function isBilled(error: GatewayError | undefined, { afterSend }: RetryLimits): boolean {
  return error !== undefined && (error.partial || (error.unanswered && !afterSend))
}

/** Errors that another key of the same model may not meet. */
const KEY_SPECIFIC: ReadonlySet<ErrorKind> = new Set([
  'authentication_error',
  'billing_error',
  'permission_error',
  'rate_limit_error',
  'overloaded_error',
])

/**
 * Whether another candidate may do better. What is wrong with the request itself is wrong everywhere; a
 * prompt that is too long fits only a larger window; and a server that is down is so for all keys.
 */
function mayHelp({ candidate, error }: Failure<Candidate>, other: Candidate): boolean {
  if (error.overflow) {
    const limit = error.limit ?? candidate.window ?? Number.POSITIVE_INFINITY
    return (other.window ?? 0) > limit
  }
  if (error.kind === 'invalid_request_error' || error.kind === 'request_too_large') return false
  if (error.kind === 'authentication_error' && other.key === candidate.key) return false
  return other.model !== candidate.model || KEY_SPECIFIC.has(error.kind)
}

/**
 * The first candidate whose failure may be over in a moment: a broken connection, an overloaded
 * server. One in a cooldown, or that named a wait, is left alone; the client gets the wait.
 */
function retryable<C extends Candidate, T>(
  { breaker, limits }: Trial<C, T>,
  failures: readonly Failure<C>[],
): C | undefined {
  if (failures.some(({ error }) => isBilled(error, limits) || isLasting(error))) return undefined
  return failures.find(
    ({ candidate, error }) => isPassing(error) && breaker.cooldownMs(candidate) === 0,
  )?.candidate
}

/**
 * The first candidate, where none could be reached and it was in no cooldown before: a local server
 * may be starting, or a network coming back. The breaker, which trips meanwhile, does not end that
 * wait.
 */
function maybeStarting<C extends Candidate>(failures: readonly Failure<C>[]): C | undefined {
  const [first] = failures
  if (first === undefined || first.wasCoolingDown) return undefined
  return failures.every(({ error }) => error.unreachable) && isPassing(first.error)
    ? first.candidate
    : undefined
}

/** No other try can help, with this candidate or another one. */
function isLasting({ overflow, kind }: GatewayError): boolean {
  return overflow || kind === 'invalid_request_error' || kind === 'request_too_large'
}

/** No other try within minutes can help, as far as is known. */
function isVain(error: GatewayError): boolean {
  return error.unreachable || error.shouldRetry === false || isLasting(error)
}

function isPassing({ kind, retryAfter, shouldRetry }: GatewayError): boolean {
  if (retryAfter !== undefined || shouldRetry === false) return false
  return kind === 'api_error' || kind === 'overloaded_error'
}

/**
 * The first candidate's error, with the wait after which the soonest candidate is worth another try;
 * the last one's where its request may be billed.
 */
function verdict<C extends Candidate, T>(
  trial: Trial<C, T>,
  failures: readonly Failure<C>[],
): GatewayError {
  const [first, last] = [failures[0], failures.at(-1)]
  if (first === undefined || last === undefined) return asGatewayError(new Error('no candidates'))
  if (isBilled(last.error, trial.limits))
    return last.error.partial ? last.error : sentOnce(last.error)
  trial.onGivenUp(first.candidate)
  if (failures.length > 1) reportHop(trial, failures)
  // The client would retry for three minutes in vain.
  if (failures.every(({ error }) => isVain(error))) return first.error.with({ shouldRetry: false })
  if (failures.length === 1) return first.error
  if (first.error.shouldRetry === false) return first.error
  return first.error.retryAfterMs(
    Math.min(...failures.map(({ candidate }) => trial.breaker.cooldownMs(candidate))),
  )
}

/** The client retries a 5xx up to ten times, and each may be billed: the error advises against it. */
function sentOnce(error: GatewayError): GatewayError {
  const text = `${error.message}. The provider may have read the request, and bill it, so ccr does not send it again (Retry.afterSend in the config would)`
  const { status } = error
  return new GatewayError(error.kind, text, { status, shouldRetry: false, cause: error })
}

type Start<T> = { readonly step: IteratorResult<T> } | { readonly error: GatewayError }

async function begin<T>(chunks: AsyncGenerator<T>): Promise<Start<T>> {
  try {
    return { step: await chunks.next() }
  } catch (thrown) {
    return { error: asGatewayError(thrown) }
  }
}

/** Resolves after so many ms, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined)
}

import { asGatewayError, type ErrorKind, GatewayError } from '../../messages/error.ts'
import type { CircuitBreaker, BreakerKey } from './circuit-breaker.ts'
import { setTimeout as after } from 'node:timers/promises'

/** One way to get an answer: a target and a key. */
export interface Candidate extends BreakerKey {
  /** `provider,model`, whichever key. */
  readonly model: string
  /** Tokens that fit, where it is known. */
  readonly window: number | undefined
}

/** A lane that was tried and failed before it gave anything. */
export interface Hop {
  readonly lane: string
  readonly kind: string
  readonly status: number
}

/** How much is tried before a request is given up. */
export interface RetryLimits {
  /** Repetitions of lanes that were tried already, once no other is left. */
  readonly repeats: number
  /** No repetition begins later than this after the request came, ms. */
  readonly repeatWithinMs: number
  /** No further lane is tried later than this after the request came, ms. */
  readonly moveOnWithinMs: number
  /** Whether a request that a provider may have read, and bill, is sent again all the same. */
  readonly afterSend: boolean
}

interface Trial<L extends Candidate, T> {
  /** In order of preference; at least one. */
  readonly lanes: readonly [L, ...L[]]
  /** Begins to ask a lane. */
  readonly open: (lane: L) => AsyncGenerator<T>
  readonly health: CircuitBreaker
  readonly budget: RetryLimits
  /** Hears of each lane that failed, once another try follows or when several have failed. */
  readonly onHop: (hop: Hop) => void
  /** What the client is told of a lane's failure; the failure itself when absent. */
  readonly worded?: (error: GatewayError, lane: L) => GatewayError
  /** All is over: this lane's error is the one that is told. */
  readonly onGivenUp: (lane: L) => void
  /** Aborts once nobody waits for the answer any more. */
  readonly signal: AbortSignal
  readonly time: Time
}

export interface Time {
  /** ms, from any fixed moment. */
  readonly now: () => number
  /** Resolves after so many ms, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Most tries of one request. */
const MOST_TRIES = 8
/** The first pause before a repetition; each further one is twice as long, ms. */
const FIRST_PAUSE_MS = 300
/** How long a server that cannot be reached is waited for, which may be starting, ms after the request came. */
const START_WAIT_MS = 5_000

/**
 * The answer of the first lane that gives any. A lane may fail only before its first chunk;
 * afterwards its failure is the answer's. When all fail, the first one's error is thrown: it is
 * about the model that was asked for.
 */
export async function* failover<L extends Candidate, T>(trial: Trial<L, T>): AsyncGenerator<T> {
  const { health, signal } = trial
  const failures: Failure<L>[] = []
  for await (const lane of tries(trial, failures)) {
    const chunks = trial.open(lane)
    const start = await begin(chunks)
    if (!('error' in start)) {
      yield* rest(start.step, chunks, (error) => {
        if (error === undefined) health.succeeded(lane)
        else if (!signal.aborted) health.failed(lane, error)
      })
      return
    }
    const rested = health.cooldownMs(lane) > 0
    if (!signal.aborted) health.failed(lane, start.error)
    failures.push({ lane, error: start.error, rested })
  }
  throw verdict(
    trial,
    failures.map((failure) => wordedBy(trial, failure)),
  )
}

function wordedBy<L extends Candidate, T>(
  { worded }: Trial<L, T>,
  failure: Failure<L>,
): Failure<L> {
  return worded ? { ...failure, error: worded(failure.error, failure.lane) } : failure
}

interface Failure<L extends Candidate> {
  readonly lane: L
  readonly error: GatewayError
  /** The lane was known to be in trouble before it was tried. */
  readonly rested: boolean
}

/** The lanes to try, one after the other, while `failures` grows with those that failed. */
async function* tries<L extends Candidate, T>(
  trial: Trial<L, T>,
  failures: readonly Failure<L>[],
): AsyncGenerator<L> {
  const { time, budget, signal } = trial
  const startedAt = time.now()
  const isOver = (withinMs: number): boolean =>
    signal.aborted || failures.length >= MOST_TRIES || time.now() - startedAt > withinMs
  for (const lane of inOrder(trial)) {
    if (isOver(budget.moveOnWithinMs) || isBilled(failures.at(-1)?.error, budget)) return
    if (!failures.every((failure) => mayHelp(failure, lane))) continue
    tellHop(trial, failures)
    yield lane
  }
  yield* repetitions(trial, failures, isOver)
}

/** Lanes that were tried already, after a pause each, while that may help. */
async function* repetitions<L extends Candidate, T>(
  trial: Trial<L, T>,
  failures: readonly Failure<L>[],
  isOver: (withinMs: number) => boolean,
): AsyncGenerator<L> {
  const { time, budget, signal } = trial
  for (let pauseMs = FIRST_PAUSE_MS, n = 0; budget.repeats > 0; n += 1, pauseMs *= 2) {
    const passing = n < budget.repeats ? repeatable(trial, failures) : undefined
    const lane = passing ?? maybeStarting(failures)
    const withinMs = passing ? Number.POSITIVE_INFINITY : START_WAIT_MS
    if (lane === undefined || isOver(Math.min(budget.repeatWithinMs, withinMs) - pauseMs)) return
    await time.pause(pauseMs, signal)
    if (signal.aborted) return
    tellHop(trial, failures)
    yield lane
  }
}

/** Lanes that are well before those that rest; with nothing else, a resting one is still tried. */
function* inOrder<L extends Candidate, T>({ lanes, health }: Trial<L, T>): Generator<L> {
  const resting: L[] = []
  for (const lane of lanes) {
    if (health.admits(lane)) yield lane
    else resting.push(lane)
  }
  yield* resting
}

function tellHop<L extends Candidate, T>(
  { onHop }: Pick<Trial<L, T>, 'onHop'>,
  failures: readonly Failure<L>[],
): void {
  const last = failures.at(-1)
  if (last) onHop({ lane: last.lane.name, kind: last.error.kind, status: last.error.status })
}

/**
 * Whether the request will be billed, or may be: part of an answer was had, or the request was read
 * for all that is known. Nobody else is asked then.
 */
function isBilled(error: GatewayError | undefined, { afterSend }: RetryLimits): boolean {
  return error !== undefined && (error.partial || (error.unanswered && !afterSend))
}

/** What another key of the same model may be better at. */
const OF_KEY: ReadonlySet<ErrorKind> = new Set([
  'authentication_error',
  'billing_error',
  'permission_error',
  'rate_limit_error',
  'overloaded_error',
])

/**
 * Whether another lane may do better. What is wrong with the request itself is wrong everywhere; a
 * prompt that is too long fits only a larger window; and a server that is down is so for all keys.
 */
function mayHelp({ lane, error }: Failure<Candidate>, other: Candidate): boolean {
  if (error.overflow) {
    const limit = error.limit ?? lane.window ?? Number.POSITIVE_INFINITY
    return (other.window ?? 0) > limit
  }
  if (error.kind === 'invalid_request_error' || error.kind === 'request_too_large') return false
  if (error.kind === 'authentication_error' && other.key === lane.key) return false
  return other.model !== lane.model || OF_KEY.has(error.kind)
}

/**
 * The first lane whose failure may be over in a moment: a broken connection, an overloaded server.
 * One that rests, or that named a time, is left alone; the client hears the time.
 */
function repeatable<L extends Candidate, T>(
  { health, budget }: Trial<L, T>,
  failures: readonly Failure<L>[],
): L | undefined {
  if (failures.some(({ error }) => isBilled(error, budget) || isLasting(error))) return undefined
  return failures.find(({ lane, error }) => isPassing(error) && health.cooldownMs(lane) === 0)?.lane
}

/**
 * The first lane, where none could be reached and it was not known to be down: a local server may be
 * starting, or a network coming back. The breaker, which trips meanwhile, does not end that wait.
 */
function maybeStarting<L extends Candidate>(failures: readonly Failure<L>[]): L | undefined {
  const [first] = failures
  if (first === undefined || first.rested) return undefined
  return failures.every(({ error }) => error.unreachable) && isPassing(first.error)
    ? first.lane
    : undefined
}

/** Asking again, here or elsewhere, cannot help. */
function isLasting({ overflow, kind }: GatewayError): boolean {
  return overflow || kind === 'invalid_request_error' || kind === 'request_too_large'
}

/** Asking again within minutes cannot help, as far as anybody knows. */
function isVain(error: GatewayError): boolean {
  return error.unreachable || error.shouldRetry === false || isLasting(error)
}

function isPassing({ kind, retryAfter, shouldRetry }: GatewayError): boolean {
  if (retryAfter !== undefined || shouldRetry === false) return false
  return kind === 'api_error' || kind === 'overloaded_error'
}

/**
 * The first lane's error, with the time at which the soonest lane is worth asking again; the last
 * one's where its request may be billed.
 */
function verdict<L extends Candidate, T>(
  trial: Trial<L, T>,
  failures: readonly Failure<L>[],
): GatewayError {
  const [first, last] = [failures[0], failures.at(-1)]
  if (first === undefined || last === undefined) return asGatewayError(new Error('no lanes'))
  if (isBilled(last.error, trial.budget))
    return last.error.partial ? last.error : sentOnce(last.error)
  trial.onGivenUp(first.lane)
  if (failures.length > 1) tellHop(trial, failures)
  // The client would ask for three minutes what nobody hears.
  if (failures.every(({ error }) => isVain(error))) return first.error.with({ shouldRetry: false })
  if (failures.length === 1) return first.error
  if (first.error.shouldRetry === false) return first.error
  return first.error.retryAfterMs(
    Math.min(...failures.map(({ lane }) => trial.health.cooldownMs(lane))),
  )
}

/** The client repeats a 5xx up to ten times by itself, and each may be billed: it is told not to. */
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

async function* rest<T>(
  begun: IteratorResult<T>,
  chunks: AsyncGenerator<T>,
  ended: (error: GatewayError | undefined) => void,
): AsyncGenerator<T> {
  try {
    if (begun.done !== true) yield begun.value
    yield* chunks
    ended(undefined)
  } catch (thrown) {
    ended(asGatewayError(thrown))
    throw thrown
  } finally {
    await chunks.return(undefined)
  }
}

/** Resolves after so many ms, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined)
}

/** Keeps candidates that fail out of the way for a while: a circuit breaker for each. */
import { retryAfterMs } from '../../lib/retry-after.ts'
import type { ErrorKind, GatewayError } from '../../messages/error.ts'

/** What a breaker is kept for: a target with one of its provider's keys. */
export interface BreakerKey {
  /** `provider,model`, with the number of the key where there are several. */
  readonly name: string
  /** The provider and the number of its key: what a refused key harms. */
  readonly key: string
}

/**
 * Which candidates had better be left alone for a while. This is advice only: a request whose every
 * candidate is in a cooldown still tries them. All methods are synchronous, so that an implementation
 * may also keep its state elsewhere.
 */
export interface CircuitBreaker {
  /**
   * Whether a candidate may be tried now. After a cooldown the first caller gets `true`: its request
   * is the probe.
   */
  admits(candidate: BreakerKey): boolean
  /** The candidate answered to the end. */
  succeeded(candidate: BreakerKey): void
  failed(candidate: BreakerKey, error: GatewayError): void
  /** What is left of a candidate's cooldown, ms; 0 when it has none. */
  cooldownMs(candidate: BreakerKey): number
}

/** What a failure says about the candidate, rather than about the request. */
type Fault = 'none' | 'transient' | 'hard'

const FAULT: Readonly<Record<ErrorKind, Fault>> = {
  // The request itself is at fault, the candidate is fine.
  invalid_request_error: 'none',
  request_too_large: 'none',
  not_found_error: 'none',
  // A fault of the key or the account: nothing changes soon.
  authentication_error: 'hard',
  billing_error: 'hard',
  permission_error: 'hard',
  rate_limit_error: 'transient',
  timeout_error: 'transient',
  overloaded_error: 'transient',
  api_error: 'transient',
}

/** Whether an error is a fault of the key, whatever model it is used for. */
export function isKeyFault(kind: ErrorKind): boolean {
  return kind === 'authentication_error' || kind === 'billing_error'
}

/** Transient failures in a row that trip the breaker. A failure that names a wait trips it at once. */
const MOST_FAILURES = 3
/** So does a failure rate of one half over at least this many requests within this time, ms. */
const LEAST_TO_JUDGE = 5
const JUDGED_MS = 30_000

const FIRST_COOLDOWN_MS = 15_000
const LONGEST_COOLDOWN_MS = 120_000
const HARD_COOLDOWN_MS = 30 * 60_000
/** Cooldowns vary by this share, so that candidates that failed together do not come back together. */
const JITTER = 0.1
/** A probe without an outcome after this time is taken for lost, and another one may go. */
const PROBE_MS = 30_000
/** The longest `retry-after` of an upstream that is obeyed. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000

interface State {
  /** In a row. */
  failures: number
  /** How often the breaker tripped in a row. */
  trips: number
  /** When the last cooldown, or the wait for its probe, began, ms since 1970. */
  cooldownFrom: number
  /** ms since 1970; 0: no cooldown. */
  cooldownUntil: number
  isProbed: boolean
  /** Since the first failure. */
  recent: readonly { readonly at: number; readonly failed: boolean }[]
}

/**
 * @param now ms since 1970; it may be set back. A monotonic clock would stand still while the
 * machine is suspended.
 * @param random from 0 to 1.
 */
export function createCircuitBreaker(
  now: () => number,
  random: () => number = Math.random,
): CircuitBreaker {
  /** By a candidate's `name`, or by its `key` for faults of the key. */
  const states = new Map<string, State>()

  const leftOf = (id: string): number => {
    const { cooldownFrom, cooldownUntil } = states.get(id) ?? NO_COOLDOWN
    return cooldownLeft(cooldownFrom, cooldownUntil, now())
  }

  /** Makes the caller the probe where a cooldown has just ended. */
  const allowProbe = (id: string): void => {
    const state = states.get(id)
    if (state === undefined || state.cooldownUntil === 0) return
    // Others wait for the outcome of this probe, or until its time is up.
    state.cooldownFrom = now()
    state.cooldownUntil = state.cooldownFrom + PROBE_MS
    state.isProbed = true
  }

  const recordFailure = (id: string, fault: Fault, waitMs: number | undefined): void => {
    const state = states.get(id) ?? closedState()
    states.set(id, state)
    state.failures += 1
    record(state, true, now())
    const isTripped = state.failures >= MOST_FAILURES || state.isProbed || mostlyFails(state)
    if (fault === 'transient' && waitMs === undefined && !isTripped) return
    const usualMs =
      fault === 'hard'
        ? HARD_COOLDOWN_MS
        : Math.min(FIRST_COOLDOWN_MS * 2 ** state.trips, LONGEST_COOLDOWN_MS)
    state.trips += 1
    state.isProbed = false
    state.cooldownFrom = now()
    state.cooldownUntil =
      state.cooldownFrom + (waitMs ?? usualMs * (1 + JITTER * (2 * random() - 1)))
  }

  const recordSuccess = (id: string): void => {
    const state = states.get(id)
    if (state === undefined) return
    record(state, false, now())
    if (state.cooldownUntil !== 0 || !state.recent.some(({ failed }) => failed)) states.delete(id)
    else Object.assign(state, { failures: 0, trips: 0 } satisfies Partial<State>)
  }

  return {
    admits({ name, key }) {
      if (leftOf(name) > 0 || leftOf(key) > 0) return false
      allowProbe(name)
      allowProbe(key)
      return true
    },
    succeeded({ name, key }) {
      recordSuccess(name)
      recordSuccess(key)
    },
    failed({ name, key }, error) {
      if (error.origin === 'gateway') return
      const fault = FAULT[error.kind]
      if (fault !== 'none') {
        recordFailure(isKeyFault(error.kind) ? key : name, fault, waitIn(error, now()))
        return
      }
      // The candidate answered, if only to say what is wrong with the request.
      for (const id of [name, key]) if (states.get(id)?.isProbed) states.delete(id)
    },
    cooldownMs: ({ name, key }) => Math.max(leftOf(name), leftOf(key)),
  }
}

/** The wait that an error names, ms. */
function waitIn({ retryAfter }: GatewayError, now: number): number | undefined {
  const ms = retryAfterMs(retryAfter, now)
  return ms === undefined ? undefined : Math.min(ms, LONGEST_RETRY_AFTER_MS)
}

/**
 * What is left of a cooldown, ms. One that begins in the future was timed by a clock that was set
 * back since: its end is unknown, and a probe finds out.
 */
export function cooldownLeft(from: number, until: number, now: number): number {
  return from > now ? 0 : Math.max(0, until - now)
}

const NO_COOLDOWN = { cooldownFrom: 0, cooldownUntil: 0 }

function closedState(): State {
  return { failures: 0, trips: 0, ...NO_COOLDOWN, isProbed: false, recent: [] }
}

function record(state: State, failed: boolean, at: number): void {
  const isRecent = (one: { readonly at: number }): boolean =>
    one.at <= at && at - one.at < JUDGED_MS
  state.recent = [...state.recent.filter(isRecent), { at, failed }]
}

function mostlyFails({ recent }: State): boolean {
  const failures = recent.filter(({ failed }) => failed).length
  return recent.length >= LEAST_TO_JUDGE && failures * 2 >= recent.length
}

import type { ErrorKind, GatewayError } from '../../messages/error.ts'

/** What health is kept of: a target with one of its provider's keys. */
export interface BreakerKey {
  /** `provider,model`, with the number of the key where there are several. */
  readonly name: string
  /** The provider and the number of its key: what a refused key harms. */
  readonly key: string
}

/**
 * Which lanes had better be left alone for a while: a breaker for each. Advice only: a request whose
 * every lane is in trouble still tries them. All of it is told and asked in one turn of the event
 * loop, so that an implementation may keep it elsewhere as well.
 */
export interface CircuitBreaker {
  /** Whether a lane may be used now. Of a lane whose rest is over one caller is told so: the probe. */
  admits(lane: BreakerKey): boolean
  /** It answered to the end. */
  succeeded(lane: BreakerKey): void
  failed(lane: BreakerKey, error: GatewayError): void
  /** How long a lane still rests, ms; 0 when it does not. */
  cooldownMs(lane: BreakerKey): number
}

/** What a failure says about the lane, rather than about the request. */
type Fault = 'none' | 'transient' | 'hard'

const FAULT: Readonly<Record<ErrorKind, Fault>> = {
  // The request's own fault: the lane is fine.
  invalid_request_error: 'none',
  request_too_large: 'none',
  not_found_error: 'none',
  // The key's or the account's: nothing changes soon.
  authentication_error: 'hard',
  billing_error: 'hard',
  permission_error: 'hard',
  rate_limit_error: 'transient',
  timeout_error: 'transient',
  overloaded_error: 'transient',
  api_error: 'transient',
}

/** Faults of the key, whatever model it is used for. */
const OF_KEY: ReadonlySet<ErrorKind> = new Set(['authentication_error', 'billing_error'])

/** Transient failures in a row after which a lane rests; one that names its time rests at once. */
const STRIKES = 3
/** So does one that fails half of at least this many requests within this time, ms. */
const LEAST_TO_JUDGE = 5
const JUDGED_MS = 30_000

const FIRST_REST_MS = 15_000
const LONGEST_REST_MS = 120_000
const HARD_REST_MS = 30 * 60_000
/** Rests vary by this share, so that lanes that failed together do not come back together. */
const SPREAD = 0.1
/** A probe that has not come back by then is taken for lost, and another one may go. */
const PROBE_MS = 30_000
/** The longest that an upstream's own `retry-after` is believed. */
const LONGEST_ASKED_MS = 24 * 60 * 60_000

interface State {
  strikes: number
  /** How often it rested in a row. */
  rests: number
  /** When the last rest, or the wait for its probe, began, ms since 1970. */
  restsFrom: number
  /** ms since 1970; 0: it does not rest. */
  restsUntil: number
  probed: boolean
  /** Since its first failure. */
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
  const states = new Map<string, State>()

  const restOf = (name: string): number => {
    const { restsFrom, restsUntil } = states.get(name) ?? NO_REST
    return cooldownLeft(restsFrom, restsUntil, now())
  }

  /** Whether the rest of a name is over; then the caller is its probe. */
  const wakes = (name: string): boolean => {
    const state = states.get(name)
    if (state === undefined || state.restsUntil === 0) return true
    // Others wait until this probe has come back, or has had its time.
    state.restsFrom = now()
    state.restsUntil = state.restsFrom + PROBE_MS
    state.probed = true
    return true
  }

  const strike = (name: string, fault: Fault, asked: number | undefined): void => {
    const state = states.get(name) ?? wellState()
    states.set(name, state)
    state.strikes += 1
    record(state, true, now())
    const isTripped = state.strikes >= STRIKES || state.probed || mostlyFails(state)
    if (fault === 'transient' && asked === undefined && !isTripped) return
    const usual =
      fault === 'hard' ? HARD_REST_MS : Math.min(FIRST_REST_MS * 2 ** state.rests, LONGEST_REST_MS)
    state.rests += 1
    state.probed = false
    state.restsFrom = now()
    state.restsUntil = state.restsFrom + (asked ?? usual * (1 + SPREAD * (2 * random() - 1)))
  }

  const recover = (name: string): void => {
    const state = states.get(name)
    if (state === undefined) return
    record(state, false, now())
    if (state.restsUntil !== 0 || !state.recent.some(({ failed }) => failed)) states.delete(name)
    else Object.assign(state, { strikes: 0, rests: 0 })
  }

  return {
    admits({ name, key }) {
      if (restOf(name) > 0 || restOf(key) > 0) return false
      return wakes(name) && wakes(key)
    },
    succeeded({ name, key }) {
      recover(name)
      recover(key)
    },
    failed(lane, error) {
      if (error.origin === 'gateway') return
      const fault = FAULT[error.kind]
      if (fault !== 'none') {
        strike(
          OF_KEY.has(error.kind) ? lane.key : lane.name,
          fault,
          retryAfterMs(error.retryAfter, now()),
        )
        return
      }
      // It answered, if only to say what is wrong with the request.
      for (const name of [lane.name, lane.key]) if (states.get(name)?.probed) states.delete(name)
    },
    cooldownMs: ({ name, key }) => Math.max(restOf(name), restOf(key)),
  }
}

/**
 * What is left of a rest, ms. One that begins in the future was timed by a clock that was set back
 * since: nobody knows when it ends, and a probe tells.
 */
export function cooldownLeft(from: number, until: number, now: number): number {
  return from > now ? 0 : Math.max(0, until - now)
}

const NO_REST = { restsFrom: 0, restsUntil: 0 }

function wellState(): State {
  return { strikes: 0, rests: 0, ...NO_REST, probed: false, recent: [] }
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

/** `retry-after` (seconds or an HTTP date) in ms; undefined when absent or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_ASKED_MS)
}

import type { ErrorKind, GatewayError } from '../messages/error.ts'

/**
 * Which lanes (a target with one of its provider's keys) had better be left alone for a while.
 * Advice only: a request whose every lane is in trouble still tries them.
 */
export interface Health {
  /** Whether a lane may be used now. Of a lane whose rest is over one caller is told so: the probe. */
  admits(lane: string): boolean
  succeeded(lane: string): void
  failed(lane: string, error: GatewayError): void
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

/** Transient failures in a row after which a lane rests; one that names its time rests at once. */
const STRIKES = 3
const FIRST_REST_MS = 15_000
const LONGEST_REST_MS = 120_000
const HARD_REST_MS = 30 * 60_000
/** The longest that an upstream's own `retry-after` is believed. */
const LONGEST_ASKED_MS = 24 * 60 * 60_000

interface Lane {
  strikes: number
  /** How often it rested in a row. */
  rests: number
  /** ms since 1970; 0: it does not rest. */
  restsUntil: number
}

/** @param now ms since 1970. */
export function createHealth(now: () => number): Health {
  const lanes = new Map<string, Lane>()
  return {
    admits(name) {
      const lane = lanes.get(name)
      if (lane === undefined || lane.restsUntil === 0) return true
      if (now() < lane.restsUntil) return false
      // Others wait until this probe has come back, or has had its time.
      lane.restsUntil = now() + FIRST_REST_MS
      return true
    },
    succeeded(name) {
      lanes.delete(name)
    },
    failed(name, error) {
      const fault = FAULT[error.kind]
      if (fault === 'none') return
      const lane = lanes.get(name) ?? { strikes: 0, rests: 0, restsUntil: 0 }
      lanes.set(name, lane)
      lane.strikes += 1
      const asked = retryAfterMs(error.retryAfter, now())
      if (fault === 'transient' && asked === undefined && lane.strikes < STRIKES) return
      const usual =
        fault === 'hard' ? HARD_REST_MS : Math.min(FIRST_REST_MS * 2 ** lane.rests, LONGEST_REST_MS)
      lane.rests += 1
      lane.restsUntil = now() + (asked ?? usual)
    },
  }
}

/** `retry-after` (seconds or an HTTP date) in ms; undefined when absent or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_ASKED_MS)
}

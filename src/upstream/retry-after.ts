/**
 * Reads when an upstream allows another request. Providers use several headers for this; clients know
 * only `retry-after`, so the others are converted to it.
 */
import { retryAfterMs } from '../lib/retry-after.ts'
import { durationMs } from '../messages/upstream-error-body.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A number above this is a point in time rather than a wait, s: 30 days. */
const MAX_WAIT_S = 30 * 86_400

/**
 * The value for `retry-after`: the upstream's value if it can be read (seconds or an HTTP date), else
 * whole seconds from another header; undefined if there is none.
 * @param now ms since 1970.
 */
export function retryAfterOf(headers: Headers, status: number, now: number): string | undefined {
  const value = text(headers['retry-after'])
  if (retryAfterMs(value, now) !== undefined) return value
  const ms = Number(text(headers['retry-after-ms']))
  if (ms > 0) return seconds(ms)
  // Answers of every status have the limits' headers; they count only when a limit was hit.
  if (status !== 429) return undefined
  const wait = resetMs(headers, now)
  return wait === undefined ? undefined : seconds(wait)
}

/**
 * `x-ratelimit-reset`, `…-reset-requests`, `anthropic-ratelimit-input-tokens-reset` and the like.
 * A limit with nothing remaining is the one that was hit; if there is none, the soonest reset counts.
 */
function resetMs(headers: Headers, now: number): number | undefined {
  const resets = Object.entries(headers).flatMap(([name, value]) => {
    if (!/ratelimit.{0,64}reset/.test(name)) return []
    const ms = waitMs(text(value) ?? '', now)
    const left = Number(text(headers[name.replace('reset', 'remaining')]) ?? Number.NaN)
    return ms === undefined ? [] : [{ ms, isHit: left <= 0 }]
  })
  const hit = resets.filter(({ isHit }) => isHit).map(({ ms }) => ms)
  if (hit.length > 0) return Math.max(...hit)
  return resets.length === 0 ? undefined : Math.min(...resets.map(({ ms }) => ms))
}

/** Reads seconds, a time in s or ms since 1970, a duration such as `1m2.5s`, or a date; gives ms from now. */
function waitMs(written: string, now: number): number | undefined {
  const value = written.trim()
  if (value === '') return undefined
  const number = Number(value)
  if (Number.isNaN(number)) {
    const date = durationMs(value) ?? Date.parse(value) - now
    return Number.isNaN(date) ? undefined : Math.max(0, date)
  }
  if (number <= MAX_WAIT_S) return Math.max(0, number * 1000)
  const isMs = number > 100_000_000_000
  return Math.max(0, (isMs ? number : number * 1000) - now)
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

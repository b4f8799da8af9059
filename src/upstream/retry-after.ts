import { durationMs } from '../messages/duration.ts'

/**
 * When an upstream wants to be asked again, in whichever dialect it says so. Clients know
 * `retry-after` alone, so the others are told as one.
 */

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A number over this is a moment rather than a wait, s: 30 days. */
const LONGEST_WAIT_S = 30 * 86_400

/**
 * The value for `retry-after`: the upstream's own where it can be read (seconds or an HTTP date),
 * else whole seconds out of another header; undefined when none says.
 * @param now ms since 1970.
 */
export function retryAfterOf(headers: Headers, status: number, now: number): string | undefined {
  const own = text(headers['retry-after'])
  if (own !== undefined && isReadable(own)) return own
  const ms = Number(text(headers['retry-after-ms']))
  if (ms > 0) return seconds(ms)
  // Answers of every status carry what is left of the limits; they count when one was hit.
  if (status !== 429) return undefined
  const wait = resetMs(headers, now)
  return wait === undefined ? undefined : seconds(wait)
}

function isReadable(value: string): boolean {
  return value.trim() !== '' && (Number.isFinite(Number(value)) || !Number.isNaN(Date.parse(value)))
}

/**
 * `x-ratelimit-reset`, `…-reset-requests`, `anthropic-ratelimit-input-tokens-reset` and the like.
 * A limit with nothing left is the one that was hit; where none says so, the soonest reset counts.
 */
function resetMs(headers: Headers, now: number): number | undefined {
  const resets = Object.entries(headers).flatMap(([name, value]) => {
    if (!/ratelimit.{0,64}reset/.test(name)) return []
    const ms = momentMs(text(value) ?? '', now)
    const left = Number(text(headers[name.replace('reset', 'remaining')]) ?? Number.NaN)
    return ms === undefined ? [] : [{ ms, isHit: left <= 0 }]
  })
  const hit = resets.filter(({ isHit }) => isHit).map(({ ms }) => ms)
  if (hit.length > 0) return Math.max(...hit)
  return resets.length === 0 ? undefined : Math.min(...resets.map(({ ms }) => ms))
}

/** Seconds, a moment in s or ms since 1970, a duration such as `1m2.5s`, or a date; as ms from now. */
function momentMs(written: string, now: number): number | undefined {
  const value = written.trim()
  if (value === '') return undefined
  const number = Number(value)
  if (Number.isNaN(number)) {
    const date = durationMs(value) ?? Date.parse(value) - now
    return Number.isNaN(date) ? undefined : Math.max(0, date)
  }
  if (number <= LONGEST_WAIT_S) return Math.max(0, number * 1000)
  const isMs = number > 100_000_000_000
  return Math.max(0, (isMs ? number : number * 1000) - now)
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

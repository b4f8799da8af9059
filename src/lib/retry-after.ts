/** Reads HTTP's `retry-after`. */

/**
 * The wait that a `retry-after` names (seconds or an HTTP date), ms; undefined when it is absent or
 * unreadable.
 * @param now ms since 1970.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

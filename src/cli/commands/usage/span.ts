/** The times of `ccr usage --since` and `--until`. */
/** The times of `ccr usage --since` and `--until`. */
import { UsageError } from '../../command.ts'

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * Parses a time, in ms since 1970: a period before now (`7d`, `12h`), a local day (`2026-11-01`) or
 * moment, `today`, `yesterday`, `all`. Throws UsageError.
 */
export function spanOf(option: string, text: string, now: number): number {
  const [, number, unit] = /^(\d+)\s*([mhdw])$/.exec(text) ?? []
  if (number !== undefined && unit !== undefined) return now - Number(number) * (UNITS[unit] ?? 0)
  if (text === 'all') return 0
  if (text === 'today') return midnight(now, 0)
  if (text === 'yesterday') return midnight(now, -1)
  // Without a time, the day would be read as UTC.
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (!Number.isNaN(time)) return time
  throw new UsageError(
    `ccr usage: ${option} ${text} is not a time.`,
    'For example: 7d, 12h, 2026-11-01, today, all',
  )
}

/** The start of the local day that is `days` days from today. */
function midnight(now: number, days: number): number {
  const day = new Date(now)
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() + days)
  return day.getTime()
}

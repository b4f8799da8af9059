/** The spread of a model's samples: minimum, median and maximum (pure). */
import { count, seconds, usd } from '../../terminal/format.ts'

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
  /** How many samples have a known value. */
  readonly known: number
}

/** The spread of the known values; null if there are none. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  const [min] = sorted
  if (min === undefined) return null
  const at = (index: number): number => sorted[index] ?? min
  const half = (sorted.length - 1) / 2
  const median = (at(Math.floor(half)) + at(Math.ceil(half))) / 2
  return { min, median, max: at(sorted.length - 1), known: sorted.length }
}

/** `1.2–3.4–12.1 s`, `280–290–310 ms`, `340 ms–2.1 s–2m 3s`; one time if all are shown alike. */
export function secondsRange(spread: Spread | null): string {
  if (spread === null) return '-'
  const texts = threeOf(spread).map(seconds)
  const units = texts.map((text) => /^[\d.]+( m?s)$/.exec(text)?.[1])
  return joined(texts, { end: units[0] !== undefined && new Set(units).size === 1 ? units[0] : '' })
}

/** `950–1200–12.3K`; the median of an even number of samples may be `1.5`. */
export function countRange(spread: Spread | null): string {
  return spread === null ? 'unknown' : joined(threeOf(spread).map(count))
}

/** `$0.0012–0.0013–0.0020`. */
export function usdRange(spread: Spread | null): string {
  return spread === null ? 'unknown' : joined(threeOf(spread).map(usd), { start: '$' })
}

function threeOf({ min, median, max }: Spread): readonly number[] {
  return [min, median, max]
}

/** The texts in one, each `start` but the first and each `end` but the last left out. */
function joined(
  texts: readonly string[],
  { start = '', end = '' }: { readonly start?: string; readonly end?: string } = {},
): string {
  const [first = '', ...more] = texts
  if (more.every((text) => text === first)) return first
  const bare = texts.map((text) => text.slice(start.length, text.length - end.length))
  return `${start}${bare.join('–')}${end}`
}

/** Formats numbers for users. */

/** `340 ms`, `12.3 s`, `2m 3s`. */
export function seconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  return `${Math.floor(whole / 60)}m ${whole % 60}s`
}

/** `950`, `12.3K`, `1.05M`. */
export function count(number: number): string {
  if (number < 10_000) return String(number)
  if (number < 1_000_000) return `${(number / 1000).toFixed(1)}K`
  return `${(number / 1_000_000).toFixed(2)}M`
}

/** An amount in USD; `unknown` if it is not known. */
export function usd(amount: number | null): string {
  if (amount === null) return 'unknown'
  if (amount === 0) return '$0'
  if (amount < 0.01) return `$${Number(amount.toPrecision(2))}`
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}

/** `12.3K / 950`: tokens in and out. */
export function inOutText(tokens: { readonly in: number; readonly out: number } | null): string {
  return tokens === null ? 'unknown' : `${count(tokens.in)} / ${count(tokens.out)}`
}

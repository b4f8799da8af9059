const MS: Readonly<Record<string, number>> = {
  ms: 1,
  milli: 1,
  millis: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const PART =
  /(\d{1,15}(?:\.\d{1,15})?) ?(ms|millis?|s|m|h|d)(?:econds?|ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?)?(?![a-z])/gi

/** Longer ones are no duration. */
const LONGEST = 100

/** `1m2.5s`, `120ms`, `6h`, `20 seconds` in ms; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (text.length > LONGEST) return undefined
  const parts = [...text.toLowerCase().matchAll(PART)]
  if (parts.length === 0 || text.replace(PART, '').trim() !== '') return undefined
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (MS[unit] ?? 0), 0)
}

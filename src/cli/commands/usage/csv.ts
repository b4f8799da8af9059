/** `ccr usage --csv`. */
/** `ccr usage --csv`. */
import type { Group, Grouping } from '../../../store/usage.ts'

const FIELDS = [
  'requests',
  'errors',
  'aborted',
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'reasoning',
  'cost',
  'unpriced',
  'ttftMs',
  'tokensPerSecond',
  'durationMs',
] as const satisfies readonly (keyof Group)[]

/** CSV as in RFC 4180; unknown values are empty. */
export function usageCsv(by: Grouping, groups: readonly Group[]): string {
  const rows = groups.map((group) => [group.key, ...FIELDS.map((field) => group[field] ?? '')])
  return [[by, ...FIELDS], ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** The start of a text that a spreadsheet would run as a formula. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(value) && value !== '-' ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

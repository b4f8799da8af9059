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

/** As RFC 4180 has it; what is not known is empty. */
export function usageCsv(by: Grouping, groups: readonly Group[]): string {
  const rows = groups.map((group) => [group.key, ...FIELDS.map((field) => group[field] ?? '')])
  return [[by, ...FIELDS], ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A spreadsheet would take a text that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(value) && value !== '-' ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The table of a run, and the rows of docs/verified.md. */
import { displayTable } from './text-table.ts'
import type { Row } from './check.ts'

/** Server, version, and each check with `passed`, `failed` or `cannot`, and why. */
export function asTable(rows: readonly Row[]): string {
  return displayTable(
    ['server', 'version', 'API', 'check', 'outcome'],
    rows.map(({ server, version, way, check, outcome }) => [
      server,
      version,
      way,
      check,
      outcome.kind === 'passed'
        ? withNote('passed', outcome.note)
        : withNote(outcome.kind, outcome.why),
    ]),
  )
}

const withNote = (word: string, note: string | undefined): string =>
  note === undefined || note === '' ? word : `${word}: ${note}`

/** `N passed, N failed, N skipped`. */
export function totalsOf(rows: readonly Row[]): string {
  const count = (kind: string): string =>
    String(rows.filter(({ outcome }) => outcome.kind === kind).length)
  return `${count('passed')} passed, ${count('failed')} failed, ${count('cannot')} skipped`
}

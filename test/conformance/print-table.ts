/** `npm run conformance`: prints the table of every behaviour on every protocol; exits 1 if a cell fails. */
import { BEHAVIOURS } from './behaviours.ts'
import type { Behaviour } from './behaviour.ts'
import { runBehaviour } from './run-behaviour.ts'
import { loadRows, type Row } from './row.ts'

/** How many cells run at a time. */
const AT_ONCE = 8

type Verdict = 'ok' | { readonly reason: string } | { readonly failure: string }

async function verdictOf(behaviour: Behaviour, row: Row): Promise<Verdict> {
  const reason = row.notApplicable[behaviour.name]
  if (reason !== undefined) return { reason }
  try {
    await runBehaviour(behaviour, row)
    return 'ok'
  } catch (thrown) {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

const rows = await loadRows()
const only = process.argv[2] ?? ''
const behaviours = BEHAVIOURS.filter(({ name }) => name.includes(only))
const cells = behaviours.flatMap((behaviour) => rows.map((row) => ({ behaviour, row })))
const verdicts = new Map<string, Verdict>()
const keyOf = (behaviour: Behaviour, row: Row): string => `${behaviour.name}\n${row.name}`

const waiting = cells.values()
async function worker(): Promise<void> {
  for (const { behaviour, row } of waiting) {
    verdicts.set(keyOf(behaviour, row), await verdictOf(behaviour, row))
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, worker))

const notes: string[] = []
const failures: string[] = []
function cell(behaviour: Behaviour, row: Row): string {
  const verdict = verdicts.get(keyOf(behaviour, row))
  if (verdict === 'ok') return 'ok'
  if (verdict !== undefined && 'reason' in verdict) {
    if (!notes.includes(verdict.reason)) notes.push(verdict.reason)
    return `n/a ${String(notes.indexOf(verdict.reason) + 1)}`
  }
  failures.push(`${row.name}: ${behaviour.name}\n${verdict?.failure ?? 'not run'}`)
  return 'FAIL'
}

const width = Math.max(...behaviours.map(({ name }) => name.length))
const line = (name: string, values: readonly string[]): string =>
  [name.padEnd(width), ...values.map((value, at) => value.padEnd(rows[at]!.name.length))].join('  ')

const table = behaviours.map((behaviour) =>
  line(
    behaviour.name,
    rows.map((row) => cell(behaviour, row)),
  ),
)
const count = (isOne: (verdict: Verdict) => boolean): number =>
  [...verdicts.values()].filter(isOne).length
const ok = count((verdict) => verdict === 'ok')
const inapplicable = count((verdict) => typeof verdict === 'object' && 'reason' in verdict)

process.stdout.write(
  [
    line(
      '',
      rows.map(({ name }) => name),
    ),
    ...table,
    '',
    ...notes.map((note, at) => `n/a ${String(at + 1)}: ${note}`),
    ...failures.map((failure) => `\nFAIL ${failure}`),
    '',
    `${String(behaviours.length)} behaviours on ${String(rows.length)} protocols: ${String(ok)} ok, ${String(inapplicable)} n/a, ${String(failures.length)} failed`,
    '',
  ].join('\n'),
)
process.exitCode = failures.length === 0 ? 0 : 1

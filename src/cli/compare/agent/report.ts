/** What came of an agent comparison, for people and for scripts. */
import { oneLine } from '../../foreign-text.ts'
import type { Look } from '../../table.ts'
import { table } from '../../table.ts'
import { verdictText } from '../judge/text.ts'
import { tokensJson } from '../result.ts'
import { many } from '../words.ts'
import { effort, lineSums, sizeText, verifyText } from './numbers.ts'
import type { ModelRecord, RunRecord } from './record.ts'
import { passed } from './shell.ts'

export const RUN_COLUMNS = [
  { heading: '' },
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'STATE' },
  { heading: 'VERIFY', cut: 'end', spare: 1 },
  { heading: 'FILES', align: 'end', spare: 5 },
  { heading: 'DIFF', align: 'end', spare: 4 },
  { heading: 'TURNS', align: 'end', spare: 7 },
  { heading: 'TOOLS', align: 'end', spare: 8 },
  { heading: 'IN / OUT', align: 'end', spare: 6 },
  { heading: 'COST', align: 'end', spare: 2 },
  { heading: 'TIME', align: 'end', spare: 3 },
] as const

export function runTable({ models }: RunRecord, look: Look): string {
  return table(RUN_COLUMNS, models.map(runCells), look)
}

/** One model under `RUN_COLUMNS`. */
export function runCells(model: ModelRecord): string[] {
  const { letter, name, state, files } = model
  const size = [String(files.length), sizeText(files)]
  return [letter, name, state, verifyText(model), ...size, ...effort(model)]
}

/** What is worth knowing besides the numbers: one line each. */
export function remarks({ models }: RunRecord): string[] {
  return models.flatMap(({ letter, name, error, denied, note }) => [
    ...(error === null ? [] : [`${letter} ${name}: ${oneLine(error)}`]),
    ...(denied === 0
      ? []
      : [`${letter} ${name}: ${many(denied, 'tool call')} not allowed (see ccr help compare)`]),
    ...(note === '' ? [] : [`${letter} ${name}: not taken along: ${oneLine(note)}`]),
  ])
}

/** The table, the judge's word and what to type next. */
export function runText(run: RunRecord, look: Look): string {
  const { paint } = look
  const [first, second] = run.models
  const best = bestOf(run)
  const next = [
    ['ccr compare show', 'what each said and changed'],
    [`ccr compare diff ${first?.letter ?? 'A'} ${second?.letter ?? ''}`, 'between two of them'],
    ...(best === null ? [] : [[`ccr compare apply ${best}`, 'brings its work into your tree']]),
    ['ccr compare clean', 'removes worktrees and branches'],
  ]
  const hints = next.map(([what = '', why = '']) => `  ${what.padEnd(24)}${paint('dim', why)}\n`)
  const verdict = run.verdict === null ? '' : `\n${verdictText(run.verdict, paint)}`
  return `${runTable(run, look)}${verdict}\nRun ${run.id}. Next:\n${hints.join('')}`
}

/** Whom the judge puts first, else the first whose work is whole and passed; null for none. */
function bestOf({ models, verdict }: RunRecord): string | null {
  const good = models.find(
    ({ state, verified }) => state === 'done' && (verified === null || passed(verified)),
  )
  return verdict?.ranking[0]?.letter ?? good?.letter ?? null
}

/** For scripts; fields are only ever added. Unknown is null. */
export function runJson(run: RunRecord): object {
  const { id, root, base, withChanges, task, verify, startedAt, state, verdict, applied } = run
  return {
    run: id,
    repository: root,
    base,
    withChanges,
    task,
    verify,
    startedAt,
    state,
    applied,
    models: run.models.map(modelJson),
    verdict,
  }
}

function modelJson(model: ModelRecord): object {
  const { name, model: means, usage, files, verified, note, said, ...facts } = model
  return {
    ...facts,
    model: name,
    means,
    ...tokensJson(usage),
    files,
    ...lineSums(files),
    notTaken: note === '' ? null : note,
    said,
    verified: verified && { ...verified, passed: passed(verified) },
  }
}

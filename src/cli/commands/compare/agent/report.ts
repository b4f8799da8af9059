/** The results of an agent comparison, for users and scripts. */
import { counted } from '../../../../lib/counted.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import { type TableStyle, table } from '../../../terminal/table.ts'
import { verdictText } from '../judge/verdict.ts'
import { tokensJson } from '../result.ts'
import { inOutText, seconds, usd } from '../../../terminal/format.ts'
import { FINAL_MESSAGE, type ModelRecord, type RunRecord } from './record.ts'
import { passed } from './shell.ts'
import { lineSums } from './worktree.ts'
import { inAndOut } from '../answer.ts'
import { SPREAD_TITLE } from '../report.ts'
import { isRepeated } from '../samples.ts'
import { RUN_SPREAD_COLUMNS, workSpreadCells, workSpreadJson, workSpreads } from './work-spread.ts'

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

/** A row for each agent; where a model has several, also a row for each model with their spread. */
export function runTables({ models }: RunRecord, style: TableStyle): string {
  const rows = table(RUN_COLUMNS, models.map(runCells), style)
  if (!isRepeated(models)) return rows
  return `${rows}\n${SPREAD_TITLE}\n${table(RUN_SPREAD_COLUMNS, workSpreads(models).map(workSpreadCells), style)}`
}

/** The cells of one model for `RUN_COLUMNS`. */
export function runCells(model: ModelRecord): string[] {
  const { letter, name, state, files } = model
  const size = [String(files.length), sizeText(files)]
  return [letter, name, state, verifyText(model), ...size, ...effort(model)]
}

/** Remarks about the models, one line each. */
export function remarks({ models }: RunRecord): string[] {
  return models.flatMap((model) => {
    const { letter, name, error } = model
    const lines = [...(error === null ? [] : [oneLine(error)]), ...notesOf(model)]
    return lines.map((line) => `${letter} ${name}: ${line}`)
  })
}

/** Unexpected facts about a model's work. */
export function notesOf({ denied, note }: ModelRecord): string[] {
  return [
    ...(denied === 0 ? [] : [`${counted(denied, 'tool call')} not allowed (see ccr help compare)`]),
    ...(note === '' ? [] : [`not included: ${oneLine(note)}`]),
  ]
}

/**
 * The table, the verdict and the next steps.
 * @param last false if the commands would mean a later run unless the run is named.
 */
export function runText(run: RunRecord, style: TableStyle, last = true): string {
  const { paint } = style
  const [first, second] = run.models
  const suggested = suggestedWork(run)
  const [named, option] = last ? ['', ''] : [` ${run.id}`, ` --run ${run.id}`]
  const next = [
    [`ccr compare show${named}`, 'shows what each model answered and changed'],
    [
      `ccr compare diff ${first?.letter ?? 'A'} ${second?.letter ?? ''}${option}`,
      'shows the difference between two of them',
    ],
    ...(suggested === null
      ? []
      : [[`ccr compare apply ${suggested}${option}`, 'applies its work to your working tree']]),
    [`ccr compare clean${named}`, 'removes the worktrees and branches'],
  ]
  const room = Math.max(22, ...next.map(([what = '']) => what.length)) + 2
  const hints = next.map(([what = '', why = '']) => `  ${what.padEnd(room)}${paint('dim', why)}\n`)
  const nothing = suggested === null ? `Nothing to apply: ${nothingToApply(run)}.\n` : ''
  const verdict = run.verdict === null ? '' : `\n${verdictText(run.verdict, paint)}`
  return `${runTables(run, style)}${verdict}\nRun ${run.id}. Next:\n${hints.join('')}${nothing}`
}

/** The letter of the suggested work: the judge's best good one, otherwise the first good one; null if there is none. */
function suggestedWork({ models, verdict }: RunRecord): string | null {
  const good = models.filter(isGood).map(({ letter }) => letter)
  const ranked = verdict?.ranking.find(({ letter }) => good.includes(letter))
  return ranked?.letter ?? good[0] ?? null
}

/** Whether the work is complete, has changes and did not fail --verify. */
function isGood(model: ModelRecord): boolean {
  return problemOf(model) === null && model.files.length > 0
}

/** The problem with the work, in words; null if there is none. */
export function problemOf(model: ModelRecord): string | null {
  const { state, error, verified } = model
  if (state !== 'done') return `its agent did not finish (${oneLine(error ?? state)})`
  if (verified !== null && !passed(verified))
    return `it did not pass --verify: ${verifyText(model)}`
  return null
}

function nothingToApply({ models }: RunRecord): string {
  const done = models.filter(({ state }) => state === 'done')
  if (done.length === 0) return 'no agent finished'
  if (models.every(({ files }) => files.length === 0)) return 'no model changed anything'
  const verified = done.every((model) => problemOf(model) !== null)
  return verified ? 'none passed --verify' : 'the ones that passed changed nothing'
}

/** The JSON for scripts. Unknown values are null; fields are only ever added. */
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
    spread: workSpreadJson(run.models),
    verdict,
    suggested: suggestedWork(run),
  }
}

function modelJson(model: ModelRecord): object {
  const {
    preference,
    model: means,
    answeredBy = [],
    usage,
    files,
    verified,
    note,
    finalMessage,
    ...recordFields
  } = model
  return {
    ...recordFields,
    model: preference,
    means,
    answeredBy,
    ...tokensJson(usage),
    files,
    ...lineSums(files),
    notTaken: note === '' ? null : note,
    [FINAL_MESSAGE]: finalMessage,
    verified: verified && { ...verified, passed: passed(verified) },
  }
}

/** `+12 -3`; `none` if nothing changed. */
export function sizeText(files: ModelRecord['files']): string {
  if (files.length === 0) return 'none'
  const { added, deleted } = lineSums(files)
  return `+${added} -${deleted}`
}

/** `passed (1.2 s)`, `failed (1)`; `-` if nothing was verified. */
export function verifyText({ verified }: Pick<ModelRecord, 'verified'>): string {
  if (verified === null) return '-'
  if (passed(verified)) return `passed (${seconds(verified.ms)})`
  if (verified.timedOut) return `timeout (${seconds(verified.ms)})`
  return `failed (${verified.code ?? 'signal'})`
}

/** The cells that running and finished agents have in common. */
export function effort({ turns, tools, usage, costUsd, ms }: ModelRecord): string[] {
  return [String(turns), String(tools), inOutText(inAndOut(usage)), usd(costUsd), seconds(ms)]
}

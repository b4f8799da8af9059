/** What came of an agent comparison, for people and for scripts. */
import { oneLine } from '../../../terminal/untrusted-text.ts'
import { type TableStyle, table } from '../../../terminal/table.ts'
import { verdictText } from '../judge/verdict.ts'
import { tokensJson } from '../result.ts'
import { inOutText, many, seconds, usd } from '../../../terminal/format.ts'
import { FINAL_MESSAGE, type ModelRecord, type RunRecord } from './record.ts'
import { passed } from './shell.ts'
/** The numbers of an agent's work as people read them. */
import { inAndOut } from '../answer.ts'

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

export function runTable({ models }: RunRecord, style: TableStyle): string {
  return table(RUN_COLUMNS, models.map(runCells), style)
}

/** One model under `RUN_COLUMNS`. */
export function runCells(model: ModelRecord): string[] {
  const { letter, name, state, files } = model
  const size = [String(files.length), sizeText(files)]
  return [letter, name, state, verifyText(model), ...size, ...effort(model)]
}

/** What is worth knowing besides the numbers: one line each. */
export function remarks({ models }: RunRecord): string[] {
  return models.flatMap((model) => {
    const { letter, name, error } = model
    const lines = [...(error === null ? [] : [oneLine(error)]), ...notesOf(model)]
    return lines.map((line) => `${letter} ${name}: ${line}`)
  })
}

/** What of a model's work the user would not expect. */
export function notesOf({ denied, note }: ModelRecord): string[] {
  return [
    ...(denied === 0 ? [] : [`${many(denied, 'tool call')} not allowed (see ccr help compare)`]),
    ...(note === '' ? [] : [`not taken along: ${oneLine(note)}`]),
  ]
}

/**
 * The table, the judge's word and what to type next.
 * @param last false where the commands, named without a run, would mean a later one.
 */
export function runText(run: RunRecord, style: TableStyle, last = true): string {
  const { paint } = style
  const [first, second] = run.models
  const suggested = suggestedWork(run)
  const [named, option] = last ? ['', ''] : [` ${run.id}`, ` --run ${run.id}`]
  const next = [
    [`ccr compare show${named}`, 'what each said and changed'],
    [
      `ccr compare diff ${first?.letter ?? 'A'} ${second?.letter ?? ''}${option}`,
      'between two of them',
    ],
    ...(suggested === null
      ? []
      : [[`ccr compare apply ${suggested}${option}`, 'brings its work into your tree']]),
    [`ccr compare clean${named}`, 'removes worktrees and branches'],
  ]
  const room = Math.max(22, ...next.map(([what = '']) => what.length)) + 2
  const hints = next.map(([what = '', why = '']) => `  ${what.padEnd(room)}${paint('dim', why)}\n`)
  const nothing = suggested === null ? `Nothing to apply: ${nothingToApply(run)}.\n` : ''
  const verdict = run.verdict === null ? '' : `\n${verdictText(run.verdict, paint)}`
  return `${runTable(run, style)}${verdict}\nRun ${run.id}. Next:\n${hints.join('')}${nothing}`
}

/** The letter of the work to apply: the judge's best of what is good, else the first; null for none. */
function suggestedWork({ models, verdict }: RunRecord): string | null {
  const good = models.filter(isGood).map(({ letter }) => letter)
  const ranked = verdict?.ranking.find(({ letter }) => good.includes(letter))
  return ranked?.letter ?? good[0] ?? null
}

/** Whole, with changes, and not found wanting by the user's command. */
function isGood(model: ModelRecord): boolean {
  return problemOf(model) === null && model.files.length > 0
}

/** What speaks against the work, in words; null for nothing. */
export function problemOf(model: ModelRecord): string | null {
  const { state, error, verified } = model
  if (state !== 'done') return `its agent did not come to its end (${oneLine(error ?? state)})`
  if (verified !== null && !passed(verified))
    return `it did not pass --verify: ${verifyText(model)}`
  return null
}

function nothingToApply({ models }: RunRecord): string {
  const done = models.filter(({ state }) => state === 'done')
  if (done.length === 0) return 'no agent came to its end'
  if (models.every(({ files }) => files.length === 0)) return 'none changed anything'
  const verified = done.every((model) => problemOf(model) !== null)
  return verified ? 'none passed --verify' : 'what passed changed nothing'
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
    suggested: suggestedWork(run),
  }
}

function modelJson(model: ModelRecord): object {
  const {
    name,
    model: means,
    answeredBy = [],
    usage,
    files,
    verified,
    note,
    finalMessage,
    ...facts
  } = model
  return {
    ...facts,
    model: name,
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

/** Lines added and deleted over all files; binary files have none. */
export function lineSums(files: ModelRecord['files']): { added: number; deleted: number } {
  return {
    added: files.reduce((sum, { added }) => sum + (added ?? 0), 0),
    deleted: files.reduce((sum, { deleted }) => sum + (deleted ?? 0), 0),
  }
}

/** `+12 -3`; `none` where nothing changed. */
export function sizeText(files: ModelRecord['files']): string {
  if (files.length === 0) return 'none'
  const { added, deleted } = lineSums(files)
  return `+${added} -${deleted}`
}

/** `passed (1.2 s)`, `failed (1)`, `-` where nothing was verified. */
export function verifyText({ verified }: Pick<ModelRecord, 'verified'>): string {
  if (verified === null) return '-'
  if (passed(verified)) return `passed (${seconds(verified.ms)})`
  if (verified.timedOut) return `timeout (${seconds(verified.ms)})`
  return `failed (${verified.code ?? 'signal'})`
}

/** The cells that a running and an ended agent have in common. */
export function effort({ turns, tools, usage, costUsd, ms }: ModelRecord): string[] {
  return [String(turns), String(tools), inOutText(inAndOut(usage)), usd(costUsd), seconds(ms)]
}

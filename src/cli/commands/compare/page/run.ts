/** The HTML page of an agent comparison. */
import { counted } from '../../../../lib/counted.ts'
import { basename } from 'node:path'
import { html } from '../../../terminal/untrusted-text.ts'
import { diffOf } from '../agent/submissions.ts'
import { effort, notesOf, sizeText, verifyText } from '../agent/report.ts'
import type { ModelRecord, RunRecord } from '../agent/record.ts'
import { passed } from '../agent/shell.ts'
import { workSpreadCells, workSpreads } from '../agent/work-spread.ts'
import { lineSums } from '../agent/worktree.ts'
import { inAndOut } from '../answer.ts'
import { count, seconds, usd } from '../../../terminal/format.ts'
import { bars } from './charts.ts'
import { asText } from './answers.ts'
import { markdownHtml } from './markdown.ts'
import {
  cardsOf,
  type Indexed,
  indexed,
  modelName,
  page,
  resolvedName,
  spreadHtml,
  tableHtml,
  timeHtml,
  verdictHtml,
} from './page.ts'

export async function runPage(run: RunRecord): Promise<string> {
  const diffs = await Promise.all(
    run.models.map(async (model) => [model, await diffOf(run, model)] as const),
  )
  const diffByModel = new Map(diffs)
  const work = (one: Indexed<ModelRecord>) => workHtml(one, diffByModel.get(one.sample) ?? '')
  return page(`ccr compare ${run.id}`, [
    '<h1>One task, several agents</h1>',
    `<p class="soft">Run ${html(run.id)}${run.state === 'done' ? '' : ` (${run.state})`}, ${timeHtml(run.startedAt)}, from commit ${html(run.base.slice(0, 12))}${run.withChanges ? ' (uncommitted changes of the user)' : ''} of ${html(basename(run.root))}</p>`,
    `<details open><summary>The task (${counted(run.task.length, 'character', count(run.task.length))})</summary><pre>${html(run.task.slice(0, LONGEST_TASK))}</pre></details>`,
    run.verify === null ? '' : `<p class="soft">Verified by: ${html(run.verify)}</p>`,
    run.applied === null ? '' : `<p class="soft">Applied: ${html(run.applied)}</p>`,
    `<h2>Result</h2>${resultHtml(run.models)}`,
    spreadHtml(run.models, SPREAD_HEADINGS, workSpreads(run.models).map(workSpreadCells)),
    `<div class="grid charts of4">${charts(run.models)}</div>`,
    run.verdict === null ? '' : verdictHtml(run.verdict),
    `<h2>What each did</h2>${cardsOf(run.models, work, (cards) => cards.join(''))}`,
  ])
}

const LONGEST_TASK = 200_000

const SPREAD_HEADINGS = 'Model,Done,Passed,Lines changed,Turns,Tokens out,Cost,Time'.split(',')

function resultHtml(models: readonly ModelRecord[]): string {
  const headings = ['Model', 'State', 'Verify', 'Files', 'Diff', 'Turns', 'Tools', 'In / out']
  const rows = indexed(models).map(({ sample: model, index }) => [
    { html: resolvedName(index, model, modelsOf(model)), name: true },
    { html: mark(model.state === 'done', model.state) },
    { html: verified(model) },
    { html: String(model.files.length), number: true },
    { html: sizeText(model.files), number: true },
    ...effort(model).map((text) => ({ html: html(text), number: true })),
  ])
  return tableHtml([...headings, 'Cost', 'Time'], rows)
}

function modelsOf({ answeredBy = [], model }: ModelRecord): readonly string[] {
  return answeredBy.length === 0 ? [model] : answeredBy
}

function mark(good: boolean, text: string): string {
  return `<span class="${good ? 'good' : 'bad'}">${html(text)}</span>`
}

function verified(model: ModelRecord): string {
  return model.verified === null ? '-' : mark(passed(model.verified), verifyText(model))
}

function charts(models: readonly ModelRecord[]): string {
  const rows = (
    value: (model: ModelRecord) => number | null,
    text: (model: ModelRecord) => string,
  ) =>
    indexed(models).map(({ sample: model, index }) => ({
      label: `${model.letter} ${model.name}`,
      index,
      value: value(model),
      text: text(model),
    }))
  const lines = ({ files }: ModelRecord): number => {
    const { added, deleted } = lineSums(files)
    return added + deleted
  }
  const out = ({ usage }: ModelRecord): number | null => inAndOut(usage)?.out ?? null
  const outText = (model: ModelRecord): string => {
    const tokens = out(model)
    return tokens === null ? 'unknown' : count(tokens)
  }
  return [
    bars(
      'Time',
      rows(
        ({ ms }) => ms,
        ({ ms }) => seconds(ms),
      ),
    ),
    bars(
      'Cost',
      rows(
        ({ costUsd }) => costUsd,
        ({ costUsd }) => usd(costUsd),
      ),
    ),
    bars('Tokens out', rows(out, outText)),
    bars(
      'Lines changed',
      rows(lines, ({ files }) => sizeText(files)),
    ),
  ].join('')
}

function workHtml({ sample: model, index }: Indexed<ModelRecord>, diff: string): string {
  const output = model.verified?.output ?? ''
  const parts = [
    `<h3>${modelName(index, model.letter, model.name)} ${model.verified === null ? '' : verified(model)}</h3>`,
    model.error === null ? '' : `<p class="bad">${html(model.error)}</p>`,
    ...notesOf(model).map((note) => `<p class="soft">${html(note)}</p>`),
    markdownHtml(model.finalMessage),
    asText(model.finalMessage),
    output === ''
      ? ''
      : `<details><summary>Output of the verify command</summary><pre>${html(output)}</pre></details>`,
    `<details open><summary>${counted(model.files.length, 'file')}, ${sizeText(model.files)}</summary>${diff === '' ? '' : diffHtml(diff)}</details>`,
    `<p class="soft">Branch ${html(model.branch)}</p>`,
  ]
  return `<article class="card work">${parts.join('')}</article>`
}

/** The longest diff that is shown, in characters. */
const LONGEST = 1_000_000

const KINDS: readonly (readonly [start: RegExp, kind: string])[] = [
  [/^diff --git /, 'f'],
  [/^@@/, 'h'],
  [/^\+(?!\+\+ )/, 'a'],
  [/^-(?!-- )/, 'd'],
]

/** A git diff with coloured lines. */
export function diffHtml(diff: string): string {
  const shown = diff.length > LONGEST ? diff.slice(0, LONGEST) : diff
  const lines = shown.replace(/\n$/, '').split('\n').map(line)
  const cut =
    diff.length > LONGEST
      ? `<p class="soft">Cut here: ${counted(diff.length - LONGEST, 'character')} more.</p>`
      : ''
  return `<pre class="diff">${lines.join('')}</pre>${cut}`
}

function line(text: string): string {
  const kind = KINDS.find(([start]) => start.test(text))?.[1]
  return `<span${kind === undefined ? '' : ` class="${kind}"`}>${html(text) || ' '}</span>`
}

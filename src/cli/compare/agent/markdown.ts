import { fenced } from '../../foreign-text.ts'
import { cell, judged, tableLines } from '../report.ts'
import { diffOf } from './candidates.ts'
import { effort, sizeText, verifyText } from './numbers.ts'
import type { RunRecord } from './record.ts'
import { remarks } from './report.ts'

const HEADINGS = [
  '',
  'MODEL',
  'STATE',
  'VERIFY',
  'FILES',
  'DIFF',
  'TURNS',
  'TOOLS',
  'IN / OUT',
  'COST',
  'TIME',
]

/** A file to keep: nothing of what the models wrote is taken for Markdown. */
export async function runMarkdown(run: RunRecord): Promise<string> {
  const rows = run.models.map((model) =>
    [
      model.letter,
      model.name,
      model.state,
      verifyText(model),
      String(model.files.length),
      sizeText(model.files),
      ...effort(model),
    ].map(cell),
  )
  const works = run.models.map(async (model) => [
    '',
    `## ${model.letter}: ${cell(model.name)}`,
    '',
    fenced(model.said),
    ...(model.verified === null ? [] : [`Verify: ${cell(verifyText(model))}`, '']),
    fenced((await diffOf(run, model)) || '(no changes)', 'diff').trimEnd(),
  ])
  const parts = [
    `# Comparison ${run.id}`,
    '',
    '## Task',
    '',
    fenced(run.task),
    '## Result',
    '',
    ...tableLines(HEADINGS, rows),
    ...remarks(run).flatMap((remark) => ['', cell(remark)]),
    ...judged(run.verdict),
    ...(await Promise.all(works)).flat(),
  ]
  return `${parts.join('\n')}\n`
}

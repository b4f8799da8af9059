/** `ccr compare --agent --markdown FILE`. */
import { fenced } from '../../../terminal/untrusted-text.ts'
import { cell, spreadLines, tableLines, verdictLines } from '../report.ts'
import { isRepeated } from '../samples.ts'
import { diffOf } from './submissions.ts'
import { remarks, RUN_COLUMNS, runCells, verifyText } from './report.ts'
import type { RunRecord } from './record.ts'
import { RUN_SPREAD_COLUMNS, workSpreadCells, workSpreads } from './work-spread.ts'

/** The run as Markdown. Text of the models is fenced, so that it is not interpreted. */
export async function runMarkdown(run: RunRecord): Promise<string> {
  const headings = RUN_COLUMNS.map(({ heading }) => heading)
  const rows = run.models.map((model) => runCells(model).map(cell))
  const works = run.models.map(async (model) => [
    '',
    `## ${model.letter}: ${cell(model.name)}`,
    '',
    fenced(model.finalMessage),
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
    ...tableLines(headings, rows),
    ...(isRepeated(run.models)
      ? spreadLines(RUN_SPREAD_COLUMNS, workSpreads(run.models).map(workSpreadCells))
      : []),
    ...remarks(run).flatMap((remark) => ['', cell(remark)]),
    ...verdictLines(run.verdict),
    ...(await Promise.all(works)).flat(),
  ]
  return `${parts.join('\n')}\n`
}

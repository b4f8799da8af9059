/** A comparison as a table and as Markdown. */
import { fenced, oneLine } from '../../terminal/untrusted-text.ts'
import { type Column, type TableStyle, table } from '../../terminal/table.ts'
import { inAndOut } from './answer.ts'
import type { Verdict } from './judge/verdict.ts'
import type { Result } from './result.ts'
import { count, seconds, usd } from '../../terminal/format.ts'

const COLUMNS: readonly Column[] = [
  { heading: '' },
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'FIRST TOKEN', align: 'end', spare: 5 },
  { heading: 'TOTAL', align: 'end', spare: 2 },
  { heading: 'IN', align: 'end', spare: 4 },
  { heading: 'OUT', align: 'end', spare: 3 },
  { heading: 'COST', align: 'end' },
  { heading: 'STOP', cut: 'end', spare: 1 },
]

export function resultTable(results: readonly Result[], style: TableStyle): string {
  return table(COLUMNS, results.map(cells), style)
}

function cells({ letter, name, answer, cost }: Result): string[] {
  const tokens = inAndOut(answer.usage)
  return [
    letter,
    name,
    answer.firstTokenMs === null ? '-' : seconds(answer.firstTokenMs),
    seconds(answer.totalMs),
    tokens === null ? 'unknown' : count(tokens.in),
    tokens === null ? 'unknown' : count(tokens.out),
    usd(cost?.usd ?? null),
    answer.outcome === 'answered' ? oneLine(answer.stopReason ?? '') : answer.outcome,
  ]
}

/** Why an answer is not complete, on one line; '' if it is. */
export function problem({ answer }: Result): string {
  return answer.error === null ? '' : `${answer.outcome}: ${oneLine(answer.error)}`
}

/** The comparison as Markdown. Answers are fenced, so that they are not interpreted. */
export function markdown(
  prompt: string,
  results: readonly Result[],
  verdict: Verdict | null,
): string {
  const head = ['# Comparison', '', '## Prompt', '', fenced(prompt), '## Result', '']
  const lines = tableLines(
    COLUMNS.map(({ heading }) => heading),
    results.map((result) => cells(result).map(cell)),
  )
  const answers = results.flatMap((result) => [
    '',
    `## ${result.letter}: ${cell(result.name)}`,
    '',
    ...(problem(result) === '' ? [] : [cell(problem(result)), '']),
    fenced(result.answer.text).trimEnd(),
  ])
  return `${[...head, ...lines, ...verdictLines(verdict), ...answers].join('\n')}\n`
}

/** The verdict of the judge as Markdown. */
export function verdictLines(verdict: Verdict | null): string[] {
  if (verdict === null) return []
  const places = verdict.ranking.map(
    ({ letter, name, reason }, n) => `${n + 1}. ${letter} ${cell(name)}: ${cell(oneLine(reason))}`,
  )
  const items = verdict.error === null ? places : [cell(oneLine(verdict.error))]
  return ['', `## Judged blind by ${cell(verdict.judge)} (${usd(verdict.costUsd)})`, '', ...items]
}

/** A Markdown table; the cells are already Markdown. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const rule = headings.map(() => '---')
  return [headings, rule, ...rows].map((row) => `| ${row.join(' | ')} |`)
}

/** Text escaped for a line of Markdown. */
export function cell(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~&]/g, (sign) => `\\${sign}`)
}

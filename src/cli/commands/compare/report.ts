/** A comparison as a table and as Markdown. */
import { fenced, oneLine } from '../../terminal/untrusted-text.ts'
import { type Column, type TableStyle, table } from '../../terminal/table.ts'
import { inAndOut } from './answer.ts'
import { bestText, meanRankTexts, rankGroups, type Verdict } from './judge/verdict.ts'
import { type AnswerSpread, answerSpreads, type Result } from './result.ts'
import { isRepeated } from './samples.ts'
import { countRange, secondsRange, usdRange } from './spread.ts'
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

/** A row for each answer; where a model has several, also a row for each model with their spread. */
export function resultTables(results: readonly Result[], style: TableStyle): string {
  const rows = table(COLUMNS, results.map(cells), style)
  if (!isRepeated(results)) return rows
  return `${rows}\n${SPREAD_TITLE}\n${table(SPREAD_COLUMNS, answerSpreads(results).map(spreadCells), style)}`
}

/** What stands above a table of spreads. */
export const SPREAD_TITLE = 'Spread (minimum–median–maximum):'

const SPREAD_COLUMNS: readonly Column[] = [
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'ANSWERED', align: 'end' },
  { heading: 'FIRST TOKEN', align: 'end', spare: 3 },
  { heading: 'TOTAL', align: 'end' },
  { heading: 'OUT', align: 'end', spare: 2 },
  { heading: 'COST', align: 'end', spare: 1 },
]

/** The cells of one model for `SPREAD_COLUMNS`. */
export function spreadCells(spread: AnswerSpread): string[] {
  const { samples, answered, firstTokenMs, totalMs, outputTokens, costUsd } = spread
  return [
    samples[0]?.preference ?? '',
    `${answered}/${samples.length}`,
    secondsRange(firstTokenMs),
    secondsRange(totalMs),
    countRange(outputTokens),
    usdRange(costUsd),
  ]
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
  const spread = isRepeated(results)
    ? spreadLines(SPREAD_COLUMNS, answerSpreads(results).map(spreadCells))
    : []
  const answers = results.flatMap((result) => [
    '',
    `## ${result.letter}: ${cell(result.name)}`,
    '',
    ...(problem(result) === '' ? [] : [cell(problem(result)), '']),
    fenced(result.answer.text).trimEnd(),
  ])
  return `${[...head, ...lines, ...spread, ...verdictLines(verdict), ...answers].join('\n')}\n`
}

/** The spread of each model as Markdown. */
export function spreadLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const headings = columns.map(({ heading }) => heading)
  return [
    '',
    SPREAD_TITLE,
    '',
    ...tableLines(
      headings,
      rows.map((row) => row.map(cell)),
    ),
  ]
}

/** The verdict of the judge as Markdown. */
export function verdictLines(verdict: Verdict | null): string[] {
  if (verdict === null) return []
  const groups = rankGroups(verdict)
  // A list with numbers would count on after a tie.
  const ties = groups.length < verdict.ranking.length
  const ranks = groups.map(
    ({ ranks, names, reason }) =>
      `${ties ? `- ${ranks}:` : `${ranks}.`} ${cell(names)}: ${cell(oneLine(reason))}`,
  )
  const means = meanRankTexts(verdict).map(({ rank, text }) => `- ${rank} ${cell(text)}`)
  const best = bestText(verdict)
  const items =
    verdict.error === null
      ? [
          ...ranks,
          ...(means.length === 0 ? [] : ['', 'Mean rank:', '', ...means]),
          ...(best === null ? [] : ['', cell(best)]),
        ]
      : [cell(oneLine(verdict.error))]
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

/** The HTML page of a comparison of answers. */
import { counted } from '../../../../lib/counted.ts'
import { html } from '../../../terminal/untrusted-text.ts'
import { inAndOut } from '../answer.ts'
import type { Verdict } from '../judge/verdict.ts'
import { problem, spreadCells } from '../report.ts'
import { answerSpreads, type Result } from '../result.ts'
import { count, seconds, usd } from '../../../terminal/format.ts'
import { bars } from './charts.ts'
import { markdownHtml } from './markdown.ts'
import {
  cardsOf,
  gridOf,
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

export interface Comparison {
  readonly prompt: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly results: readonly Result[]
  readonly verdict: Verdict | null
}

export function answersPage({ prompt, startedAt, results, verdict }: Comparison): string {
  return page('ccr compare', [
    '<h1>One prompt, side by side</h1>',
    `<p class="soft">${timeHtml(startedAt)}</p>`,
    `<details><summary>The prompt (${counted(prompt.length, 'character', count(prompt.length))})</summary><pre>${html(prompt)}</pre></details>`,
    `<h2>Result</h2>${resultHtml(results)}`,
    spreadHtml(results, SPREAD_HEADINGS, answerSpreads(results).map(spreadCells)),
    `<div class="grid charts of3">${charts(results)}</div>`,
    ...(verdict === null ? [] : [verdictHtml(verdict)]),
    `<h2>Answers</h2>${cardsOf(results, answerHtml, gridOf)}`,
  ])
}

const SPREAD_HEADINGS = ['Model', 'Answered', 'First token', 'Total', 'Tokens out', 'Cost']

function resultHtml(results: readonly Result[]): string {
  const headings = ['Model', 'First token', 'Total', 'Tokens in', 'Tokens out', 'Cost', 'Stop']
  const rows = indexed(results).map(({ sample: result, index }) => {
    const { answer, cost } = result
    const tokens = inAndOut(answer.usage)
    const { firstTokenMs, outcome } = answer
    return [
      { html: resolvedName(index, result, [answer.model ?? result.means]), name: true },
      { html: firstTokenMs === null ? '-' : seconds(firstTokenMs), number: true },
      { html: seconds(answer.totalMs), number: true },
      { html: tokens === null ? 'unknown' : count(tokens.in), number: true },
      { html: tokens === null ? 'unknown' : count(tokens.out), number: true },
      { html: usd(cost === null ? null : cost.usd), number: true },
      {
        html:
          outcome === 'answered'
            ? html(answer.stopReason ?? '')
            : `<span class="bad">${outcome}</span>`,
      },
    ]
  })
  return tableHtml(headings, rows)
}

function charts(results: readonly Result[]): string {
  const bar = ({ sample: { letter, name }, index }: Indexed<Result>) => ({
    label: `${letter} ${name}`,
    index,
  })
  const all = indexed(results)
  const times = all.map((one) => ({
    ...bar(one),
    value: one.sample.answer.totalMs,
    part: one.sample.answer.firstTokenMs,
    text: seconds(one.sample.answer.totalMs),
  }))
  const tokens = all.map((one) => {
    const out = inAndOut(one.sample.answer.usage)?.out ?? null
    return { ...bar(one), value: out, text: out === null ? 'unknown' : count(out) }
  })
  const costs = all.map((one) => {
    const paid = one.sample.cost === null ? null : one.sample.cost.usd
    return { ...bar(one), value: paid, text: usd(paid) }
  })
  return [
    bars('Time (full colour: until the first token)', times),
    bars('Tokens out', tokens),
    bars('Cost', costs),
  ].join('')
}

function answerHtml({ sample: result, index }: Indexed<Result>): string {
  const why = problem(result)
  return [
    `<article class="card"><h3>${modelName(index, result.letter, result.name)}</h3>`,
    why === '' ? '' : `<p class="bad">${html(why)}</p>`,
    markdownHtml(result.answer.text),
    asText(result.answer.text),
    '</article>',
  ].join('')
}

/** The raw text of an answer, which can be unfolded. */
export function asText(text: string): string {
  if (text.trim() === '') return ''
  return `<details><summary>As plain text</summary><pre>${html(text)}</pre></details>`
}

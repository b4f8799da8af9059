/** The HTML page of a comparison of answers. */
import { html } from '../../../terminal/untrusted-text.ts'
import { inAndOut } from '../answer.ts'
import type { Verdict } from '../judge/verdict.ts'
import { problem } from '../report.ts'
import type { Result } from '../result.ts'
import { count, seconds, usd } from '../../../terminal/format.ts'
import { bars } from './charts.ts'
import { markdownHtml } from './markdown.ts'
import { gridOf, modelName, page, resolvedName, tableHtml, timeHtml, verdictHtml } from './page.ts'

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
    `<details><summary>The prompt (${count(prompt.length)} characters)</summary><pre>${html(prompt)}</pre></details>`,
    `<h2>Result</h2>${resultHtml(results)}`,
    `<div class="grid charts of3">${charts(results)}</div>`,
    ...(verdict === null ? [] : [verdictHtml(verdict)]),
    `<h2>Answers</h2>${gridOf(results.map(answerHtml))}`,
  ])
}

function resultHtml(results: readonly Result[]): string {
  const headings = ['Model', 'First token', 'Total', 'Tokens in', 'Tokens out', 'Cost', 'Stop']
  const rows = results.map((result, n) => {
    const { answer, cost } = result
    const tokens = inAndOut(answer.usage)
    const { firstTokenMs, outcome } = answer
    return [
      { html: resolvedName(n, result, [answer.model ?? result.means]), name: true },
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
  const label = ({ letter, name }: Result): string => `${letter} ${name}`
  const times = results.map((result) => ({
    label: label(result),
    value: result.answer.totalMs,
    part: result.answer.firstTokenMs,
    text: seconds(result.answer.totalMs),
  }))
  const tokens = results.map((result) => {
    const out = inAndOut(result.answer.usage)?.out ?? null
    return { label: label(result), value: out, text: out === null ? 'unknown' : count(out) }
  })
  const costs = results.map((result) => {
    const paid = result.cost === null ? null : result.cost.usd
    return { label: label(result), value: paid, text: usd(paid) }
  })
  return [
    bars('Time (full colour: until the first token)', times),
    bars('Tokens out', tokens),
    bars('Cost', costs),
  ].join('')
}

function answerHtml(result: Result, n: number): string {
  const why = problem(result)
  return [
    `<article class="card"><h3>${modelName(n, result.letter, result.name)}</h3>`,
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

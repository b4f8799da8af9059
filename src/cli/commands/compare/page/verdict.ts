import { html, oneLine } from '../../../terminal/untrusted-text.ts'
import type { Verdict } from '../judge/verdict.ts'
import { usd } from '../../../terminal/format.ts'
import { inlineHtml } from './inline.ts'

/** The ranking of a judge, or why there is none. */
export function verdictHtml({ judge, ranking, error, costUsd }: Verdict): string {
  const places = ranking.map(
    ({ letter, name, reason }) =>
      `<li><strong>${html(`${letter} ${name}`)}</strong> ${inlineHtml(oneLine(reason))}</li>`,
  )
  const said = error === null ? `<ol>${places.join('')}</ol>` : `<p class="bad">${html(error)}</p>`
  return `<h2>Judged blind by ${html(judge)}</h2><section class="card">${said}<p class="soft">Cost: ${usd(costUsd)}</p></section>`
}

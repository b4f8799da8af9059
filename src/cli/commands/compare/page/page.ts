/** The parts of a self-contained HTML page, without scripts and external resources. */
import { createHash } from 'node:crypto'
import { html, oneLine } from '../../../terminal/untrusted-text.ts'
import { STYLE } from './style.ts'
import type { Verdict } from '../judge/verdict.ts'
import { usd } from '../../../terminal/format.ts'
import { inlineHtml } from './inline.ts'

/** The whole page. @param body HTML in which untrusted text is escaped with `html`. */
export function page(title: string, body: readonly string[]): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="x-dns-prefetch-control" content="off">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`
}

/** The class of a model's colour. */
export function colour(index: number): string {
  return `m${index % 6}`
}

/** A model's name with its colour. */
export function modelName(index: number, letter: string, name: string): string {
  return `<span class="dot ${colour(index)}"></span>${html(`${letter} ${name}`)}`
}

/** The same with the models that the name stands for, if they differ from it. */
export function resolvedName(
  index: number,
  { letter, name }: { readonly letter: string; readonly name: string },
  models: readonly string[],
): string {
  const others = models.filter((model) => model !== name.replace('/', ','))
  const shown = others.length === 0 ? '' : `<small>${others.map(html).join('<br>')}</small>`
  return `${modelName(index, letter, name)}${shown}`
}

/** A time (ISO 8601) in the local time zone, with the offset from UTC. */
export function timeHtml(iso: string, timeZone?: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return html(iso)
  const shown = new Intl.DateTimeFormat('en-GB', {
    ...{ day: 'numeric', month: 'long', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' },
    ...(timeZone === undefined ? {} : { timeZone }),
  })
  const text = shown.format(at).replace(/GMT(\+00:00)?/, 'UTC')
  return `<time datetime="${html(iso)}">${html(text)}</time>`
}

/** A grid of cards with full rows. */
export function gridOf(cards: readonly string[]): string {
  const columns = cards.length === 2 || cards.length === 4 ? 'two' : 'three'
  return `<div class="grid ${cards.length === 1 ? '' : columns}">${cards.join('')}</div>`
}

interface Cell {
  readonly html: string
  /** True for a number, which is aligned right. */
  readonly number?: boolean
  /** True for a name, which may be wrapped. */
  readonly name?: boolean
}

/** A table; `headings` are text, the cells are HTML. */
export function tableHtml(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const kind = (n: number): string => {
    const { number, name } = rows[0]?.[n] ?? {}
    return number ? ' class="n"' : name ? ' class="name"' : ''
  }
  const head = headings.map((text, n) => `<th${kind(n)}>${html(text)}</th>`).join('')
  const lines = rows.map(
    (row) => `<tr>${row.map((cell, n) => `<td${kind(n)}>${cell.html}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll wide" role="region" aria-label="${html(headings.join(', '))}" tabindex="0"><p class="hint">Scroll sideways for more columns →</p><table><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

/** The ranking of a judge, or the reason why there is none. */
export function verdictHtml({ judge, ranking, error, costUsd }: Verdict): string {
  const places = ranking.map(
    ({ letter, name, reason }) =>
      `<li><strong>${html(`${letter} ${name}`)}</strong> ${inlineHtml(oneLine(reason))}</li>`,
  )
  const body = error === null ? `<ol>${places.join('')}</ol>` : `<p class="bad">${html(error)}</p>`
  return `<h2>Judged blind by ${html(judge)}</h2><section class="card">${body}<p class="soft">Cost: ${usd(costUsd)}</p></section>`
}

/** The parts of a self-contained HTML page, without scripts and external resources. */
import { createHash } from 'node:crypto'
import { html, oneLine } from '../../../terminal/untrusted-text.ts'
import { STYLE } from './style.ts'
import { bestText, meanRankTexts, rankGroups, type Verdict } from '../judge/verdict.ts'
import { byModel, isRepeated, type Sample } from '../samples.ts'
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

/** The same with the models that the preference stands for, if they differ from it. */
export function resolvedName(
  index: number,
  { letter, name, preference }: Sample & { readonly name: string },
  models: readonly string[],
): string {
  const others = models.filter((model) => model !== preference.replace('/', ','))
  const shown = others.length === 0 ? '' : `<small>${others.map(html).join('<br>')}</small>`
  return `${modelName(index, letter, name)}${shown}`
}

/** A sample with the index of its model among all models, which decides its colour. */
export interface Indexed<T> {
  readonly sample: T
  readonly index: number
}

/** The samples, those of each model together. */
export function indexed<T extends Sample>(samples: readonly T[]): Indexed<T>[] {
  return byModel(samples).flatMap((group, index) => group.map((sample) => ({ sample, index })))
}

/** The cards of all samples; where a model has several, under a heading for each model. */
export function cardsOf<T extends Sample>(
  samples: readonly T[],
  card: (one: Indexed<T>) => string,
  layout: (cards: readonly string[]) => string,
): string {
  if (!isRepeated(samples)) return layout(indexed(samples).map(card))
  return byModel(samples)
    .map((group, index) => {
      const heading = `<span class="dot ${colour(index)}"></span>${html(`${group[0]?.preference ?? ''} (${group.length})`)}`
      return `<h3 class="model">${heading}</h3>${layout(group.map((sample) => card({ sample, index })))}`
    })
    .join('')
}

/** The spread of each model as a table; '' where each model has one sample. The cells are text. */
export function spreadHtml(
  samples: readonly Sample[],
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (!isRepeated(samples)) return ''
  const cells = rows.map(([name = '', ...values], index) => [
    { html: `<span class="dot ${colour(index)}"></span>${html(name)}`, name: true },
    ...values.map((value) => ({ html: html(value), number: true })),
  ])
  return `<h2>Spread of each model</h2><p class="soft">Minimum–median–maximum of its complete answers.</p>${tableHtml(headings, cells)}`
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
export function verdictHtml(verdict: Verdict): string {
  const { judge, ranking, error, costUsd } = verdict
  const groups = rankGroups(verdict)
  const ties = groups.length < ranking.length
  const items = groups.map(
    ({ ranks, names, reason }) =>
      `<li>${ties ? `${ranks}. ` : ''}<strong>${html(names)}</strong> ${inlineHtml(oneLine(reason))}</li>`,
  )
  const means = meanRankTexts(verdict).map(({ rank, text }) => `<li>${rank} ${html(text)}</li>`)
  const best = bestText(verdict)
  const list = ties ? `<ul>${items.join('')}</ul>` : `<ol>${items.join('')}</ol>`
  const body = [
    list,
    means.length === 0 ? '' : `<p>Mean rank:</p><ul>${means.join('')}</ul>`,
    best === null ? '' : `<p>${html(best)}</p>`,
  ].join('')
  const shown = error === null ? body : `<p class="bad">${html(error)}</p>`
  return `<h2>Judged blind by ${html(judge)}</h2><section class="card">${shown}<p class="soft">Cost: ${usd(costUsd)}</p></section>`
}

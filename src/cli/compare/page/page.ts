/** One self-contained page: no script, and the browser is told to load nothing. */
import { createHash } from 'node:crypto'
import { html } from '../../foreign-text.ts'
import { STYLE } from './style.ts'

/** @param body HTML whose texts of others went through `html`. */
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
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`
}

/** The class that gives a model its colour, everywhere on the page. */
export function colour(index: number): string {
  return `m${index % 6}`
}

/** A model's name behind its colour. */
export function modelName(index: number, letter: string, name: string): string {
  return `<span class="dot ${colour(index)}"></span>${html(`${letter} ${name}`)}`
}

export interface Cell {
  readonly html: string
  /** True for a number, which stands at the right. */
  readonly number?: boolean
}

/** A table; `headings` are texts, the cells HTML. */
export function tableHtml(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const number = (n: number): string => (rows[0]?.[n]?.number ? ' class="n"' : '')
  const head = headings.map((text, n) => `<th${number(n)}>${html(text)}</th>`).join('')
  const lines = rows.map(
    (row) => `<tr>${row.map((cell, n) => `<td${number(n)}>${cell.html}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

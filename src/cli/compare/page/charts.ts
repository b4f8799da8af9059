/** Bars as inline SVG whose widths are parts of the page's, so that letters keep their size. */
import { html } from '../../foreign-text.ts'
import { colour } from './page.ts'

export interface Bar {
  readonly label: string
  /** Null: not known; there is then no bar. */
  readonly value: number | null
  /** A part of `value` that stands first, in a lighter shade. */
  readonly part?: number | null
  /** The value in words. */
  readonly text: string
}

const ROW = 40
const BAR = 12

/** A chart with a bar for each model, in the models' colours. */
export function bars(title: string, rows: readonly Bar[]): string {
  const most = Math.max(...rows.map(({ value }) => value ?? 0), Number.MIN_VALUE)
  const share = (value: number): string => `${((100 * value) / most).toFixed(2)}%`
  const drawn = rows.map(({ label, value, part, text }, n) => {
    const y = n * ROW
    const bar = y + 20
    const rect = (width: string, style: string): string =>
      `<rect x="0" y="${bar}" width="${width}" height="${BAR}" rx="3" class="${style}"/>`
    return [
      `<text x="0" y="${y + 14}">${html(label)}</text>`,
      `<text x="100%" y="${y + 14}" text-anchor="end" class="soft">${html(text)}</text>`,
      rect('100%', 'track'),
      value === null ? '' : rect(share(value), part == null ? colour(n) : `${colour(n)} light`),
      value === null || part == null ? '' : rect(share(Math.min(part, value)), colour(n)),
    ].join('')
  })
  const height = rows.length * ROW
  return `<section class="card"><h3>${html(title)}</h3><svg role="img" aria-label="${html(title)}" height="${height}">${drawn.join('')}</svg></section>`
}

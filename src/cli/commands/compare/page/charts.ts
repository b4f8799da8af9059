/** Bar charts as inline SVG that scales with the page; the labels are text, so that they wrap. */
import { html } from '../../../terminal/untrusted-text.ts'
import { colour } from './page.ts'

export interface Bar {
  readonly label: string
  /** Which colour: the index of the model. */
  readonly index: number
  /** Null if unknown; there is no bar then. */
  readonly value: number | null
  /** The first part of `value`, in the full colour; the rest is lighter. */
  readonly part?: number | null
  /** The value as text. */
  readonly text: string
}

const HEIGHT = 12

/** A chart with a bar for each row, in the colour of its model. */
export function bars(title: string, rows: readonly Bar[]): string {
  const most = Math.max(...rows.map(({ value }) => value ?? 0), Number.MIN_VALUE)
  const share = (value: number): string => `${((100 * value) / most).toFixed(2)}%`
  const drawn = rows.map(({ label, index, value, part, text }) => {
    const rect = (width: string, style: string): string =>
      `<rect x="0" y="0" width="${width}" height="${HEIGHT}" rx="3" class="${style}"/>`
    return [
      `<div class="bar"><span>${html(label)}</span><span>${html(text)}</span></div>`,
      `<svg aria-hidden="true" height="${HEIGHT}">`,
      rect('100%', 'track'),
      value === null
        ? ''
        : rect(share(value), part == null ? colour(index) : `${colour(index)} light`),
      value === null || part == null ? '' : rect(share(Math.min(part, value)), colour(index)),
      '</svg>',
    ].join('')
  })
  return `<section class="card" aria-label="${html(title)}"><h3>${html(title)}</h3>${drawn.join('')}</section>`
}

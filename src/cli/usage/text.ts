import { clipped } from '../../lib/width.ts'
import type { Group, Sum } from '../../store/usage.ts'
import { table } from '../compare/table.ts'
import type { Column } from '../compare/table.ts'
import { count, many, seconds, usd } from '../compare/words.ts'
import type { Paint } from '../output.ts'
import { visible } from '../session-text.ts'
import type { Report } from './report.ts'
import { docsPage } from '../../lib/docs.ts'

export interface Look {
  readonly paint: Paint
  /** Of the terminal, in cells. */
  readonly width: number
}

const NOTHING = 'No requests in this time. `ccr usage --since all` shows all that is kept.\n'

/** Narrower than this only the numbers that matter most are shown, and no bars, in cells. */
const NARROW = 100
const KEY_WIDTH = 40
const BAR_WIDTH = 16

/** A table, the dearest first, with a bar for each share of the cost (of the tokens, if all is free). */
export function usageText({ by, groups, total }: Report, { paint, width }: Look): string {
  if (groups.length === 0) return NOTHING
  const wide = width >= NARROW
  const weightOf = (total.cost ?? 0) > 0 ? ({ cost }: Sum) => cost ?? 0 : tokensOf
  const most = Math.max(...groups.map(weightOf))
  const columns: Column[] = [
    { heading: by },
    ...['requests', 'input', 'output', 'cached', 'cost'].map(number),
    ...(wide ? ['first token', 'tokens/s'].map(number) : []),
    ...(wide ? [{ heading: '' }] : []),
  ]
  const keyWidth = wide ? KEY_WIDTH : Math.max(12, width - 48)
  const rows = groups.map((group) => [
    clipped(nameOf(group), keyWidth),
    ...cells(group, wide),
    ...(wide ? [bar(weightOf(group), most, paint)] : []),
  ])
  const sum = groups.length > 1 ? [['total', ...cells(total, wide)]] : []
  return `${table(columns, [...rows, ...sum], paint)}${notes(total)}`
}

function number(heading: string): Column {
  return { heading, align: 'end' }
}

function nameOf({ key, preference }: Group): string {
  return visible(preference === undefined || preference === '' ? key : `${key} ${preference}`)
}

function cells(sum: Sum, wide: boolean): string[] {
  const { ttftMs, tokensPerSecond } = sum
  return [
    String(sum.requests),
    count(sum.input + sum.cacheRead + sum.cacheWrite),
    count(sum.output),
    count(sum.cacheRead),
    `${sum.cost === null && sum.unpriced === 0 ? '-' : usd(sum.cost)}${mark(sum)}`,
    ...(wide ? [ttftMs === null ? '-' : seconds(ttftMs)] : []),
    ...(wide ? [tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(1)] : []),
  ]
}

/** Some of it has no known price. */
function mark({ cost, unpriced }: Sum): string {
  return cost !== null && unpriced > 0 ? '+' : ''
}

function tokensOf({ input, output, cacheRead, cacheWrite }: Sum): number {
  return input + output + cacheRead + cacheWrite
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function bar(weight: number, most: number, paint: Paint): string {
  if (most <= 0 || weight <= 0) return ''
  const eighths = Math.max(1, Math.round((weight / most) * BAR_WIDTH * 8))
  return paint('cyan', '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? ''))
}

function notes({ errors, aborted, unpriced }: Sum): string {
  const lines = [
    errors === 0 ? '' : `${many(errors, 'request')} failed.`,
    aborted === 0 ? '' : `${many(aborted, 'request')} broken off by the client.`,
    unpriced === 0
      ? ''
      : `${many(unpriced, 'request')} of models without a known price, in no sum of costs: see Prices in ${docsPage('configuration.md')}`,
  ].filter((line) => line !== '')
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

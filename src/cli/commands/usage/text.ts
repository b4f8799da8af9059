/** The table of `ccr usage`. */
import { counted } from '../../../lib/counted.ts'
import type { Group, Grouping, Span, Sum } from '../../../store/usage.ts'
import { count, seconds, usd } from '../../terminal/format.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Cell, type Column, type TableStyle, table } from '../../terminal/table.ts'
import { docsPage } from '../../../lib/docs.ts'

/** What `ccr usage` shows. */
export interface Report {
  readonly by: Grouping
  readonly span: Span
  readonly groups: readonly Group[]
  readonly total: Sum
}

const NOTHING = 'No requests in this period. To see all recorded requests: ccr usage --since all\n'

const BAR_WIDTH = 16

/** The table, with a bar for the share of the cost (or of the tokens, if everything is free). */
export function usageText({ by, groups, total }: Report, style: TableStyle): string {
  if (groups.length === 0) return NOTHING
  const weightOf = (total.cost ?? 0) > 0 ? ({ cost }: Sum) => cost ?? 0 : tokensOf
  const most = Math.max(...groups.map(weightOf))
  const columns: Column[] = [
    { heading: by, cut: 'middle' },
    { heading: 'requests', align: 'end', spare: 3 },
    { heading: 'input', align: 'end', spare: 1 },
    { heading: 'output', align: 'end', spare: 2 },
    { heading: 'cached', align: 'end', spare: 4 },
    { heading: 'cost', align: 'end' },
    { heading: 'first token', align: 'end', spare: 5 },
    { heading: 'tokens/s', align: 'end', spare: 6 },
    // There are no bars in a pipe.
    ...(style.width === null ? [] : [{ heading: '', spare: 7 }]),
  ]
  const rows = groups.map((group): Cell[] => [
    nameOf(group),
    ...cells(group),
    bar(weightOf(group), most),
  ])
  const sum: Cell[][] = groups.length > 1 ? [['total', ...cells(total)]] : []
  return `${table(columns, [...rows, ...sum], style)}${notes(total)}`
}

function nameOf({ key, preference }: Group): string {
  return visible(preference === undefined || preference === '' ? key : `${key} ${preference}`)
}

function cells(sum: Sum): string[] {
  const { ttftMs, tokensPerSecond } = sum
  return [
    String(sum.requests),
    count(sum.input + sum.cacheRead + sum.cacheWrite),
    count(sum.output),
    count(sum.cacheRead),
    `${sum.cost === null && sum.unpriced === 0 ? '-' : usd(sum.cost)}${mark(sum)}`,
    ttftMs === null ? '-' : seconds(ttftMs),
    tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(1),
  ]
}

/** `+` if some of the requests have no known price. */
function mark({ cost, unpriced }: Sum): string {
  return cost !== null && unpriced > 0 ? '+' : ''
}

function tokensOf({ input, output, cacheRead, cacheWrite }: Sum): number {
  return input + output + cacheRead + cacheWrite
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function bar(weight: number, most: number): Cell {
  if (most <= 0 || weight <= 0) return ''
  const eighths = Math.max(1, Math.round((weight / most) * BAR_WIDTH * 8))
  return ['cyan', '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')]
}

function notes({ errors, aborted, unpriced }: Sum): string {
  const lines = [
    errors === 0 ? '' : `${counted(errors, 'request')} failed.`,
    aborted === 0 ? '' : `${counted(aborted, 'request')} cancelled by the client.`,
    unpriced === 0
      ? ''
      : `${counted(unpriced, 'request')} without a known price, not included in costs: see Prices in ${docsPage('configuration.md')}`,
  ].filter((line) => line !== '')
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

/** The table of `ccr budget`. */
/** The table of `ccr budget`. */
import { counted } from '../../../lib/counted.ts'
import { usd } from '../../terminal/format.ts'
import type { Colour } from '../../terminal/output.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Cell, type Column, type TableStyle, table } from '../../terminal/table.ts'
import type { BudgetState } from './states.ts'

const NONE = `There are no budgets. Add one to the config, for example:

  Budgets: [{ limit: 20, per: 'day' }]
`

const COLOURS: Readonly<Record<BudgetState['state'], Colour>> = {
  fine: 'green',
  warning: 'yellow',
  'used up': 'red',
}

export function budgetText(states: readonly BudgetState[], style: TableStyle): string {
  if (states.length === 0) return NONE
  const columns: Column[] = [
    { heading: 'budget', cut: 'middle' },
    { heading: 'spent', align: 'end', spare: 1 },
    { heading: 'running', align: 'end', spare: 3 },
    { heading: 'limit', align: 'end', spare: 2 },
    { heading: 'left', align: 'end' },
    { heading: '' },
  ]
  const rows = states.map(({ name, spent, held, limit, state }): Cell[] => [
    visible(name),
    usd(spent),
    usd(held),
    limit === null ? '-' : usd(limit),
    limit === null ? '-' : usd(Math.max(0, limit - spent)),
    [COLOURS[state], state],
  ])
  const unpriced = Math.max(...states.map((one) => one.unpriced))
  const note =
    unpriced === 0
      ? ''
      : `\n${counted(unpriced, 'request')} without a known price, not counted in any budget: see Prices.\n`
  return table(columns, rows, style) + note
}

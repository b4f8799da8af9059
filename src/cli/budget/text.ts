import { table } from '../compare/table.ts'
import { many, usd } from '../compare/words.ts'
import type { Colour, Paint } from '../output.ts'
import { visible } from '../session-text.ts'
import type { BudgetState } from './states.ts'

const NONE = `There are no budgets. In the config, for example:

  Budgets: [{ limit: 20, per: 'day' }]
`

const COLOURS: Readonly<Record<BudgetState['state'], Colour>> = {
  fine: 'green',
  warning: 'yellow',
  'used up': 'red',
}

export function budgetText(states: readonly BudgetState[], paint: Paint): string {
  if (states.length === 0) return NONE
  const columns = [
    { heading: 'budget' },
    ...['spent', 'running', 'limit', 'left'].map((heading) => ({ heading, align: 'end' as const })),
    { heading: '' },
  ]
  const rows = states.map(({ name, spent, held, limit, state }) => [
    visible(name),
    usd(spent),
    usd(held),
    limit === null ? '-' : usd(limit),
    limit === null ? '-' : usd(Math.max(0, limit - spent)),
    paint(COLOURS[state], state),
  ])
  const unpriced = Math.max(...states.map((one) => one.unpriced))
  const note =
    unpriced === 0
      ? ''
      : `\n${many(unpriced, 'request')} of models without a known price, in no budget: see Prices.\n`
  return table(columns, rows, paint) + note
}

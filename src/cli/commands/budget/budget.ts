/** `ccr budget`. */
import { homeFolder, sessionId } from '../../../session/identity.ts'
import { budgetStates } from './states.ts'
import { budgetText } from './text.ts'
import { type Command, CONFIG_OPTION, type Options, parseOptions } from '../../command.ts'
import { json } from '../../terminal/output.ts'
import { tableStyle } from '../../terminal/table.ts'
import { sessionConfig } from '../../../session/config.ts'
import { docsPage } from '../../../lib/docs.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'an array for scripts' },
} as const satisfies Options

/** The exit code if a budget is used up, for scripts that check before they spend. */
const USED_UP = 1

export const command: Command = {
  name: 'budget',
  summary: 'show the budgets: what is spent and what is left',
  usage: 'ccr budget [--json] [--config FILE]',
  options: OPTIONS,
  details: [
    'Budgets in the config limits the cost, for example: ' +
      'Budgets: [{ limit: 20, per: "day" }, { provider: "openrouter", limit: 100, per: "month" }]. ' +
      'The limits apply to all sessions together.',
    `More: ${docsPage('usage.md')}`,
    'Exit code: 1 if a budget is used up.',
  ],
  examples: ['ccr budget', 'ccr budget --json'],
  async run(argv, io) {
    const values = await parseOptions('budget', argv, OPTIONS)
    const ref = commandSession(io, values)
    const { budgets } = sessionConfig(ref, io.env)
    const states = await budgetStates(homeFolder(io.env), budgets, sessionId)
    if (values.json) io.stdout.write(json(states))
    else io.stdout.write(budgetText(states, tableStyle(io)))
    return states.some(({ state }) => state === 'used up') ? USED_UP : 0
  },
}

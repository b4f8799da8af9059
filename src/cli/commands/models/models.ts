/** `ccr models`. */
import { type Command, CONFIG_OPTION, type Options, parseOptions } from '../../command.ts'
import { configuredModels } from './configured.ts'
import { modelsText } from './text.ts'
import { json } from '../../terminal/output.ts'
import { tableStyle } from '../../terminal/table.ts'
import { sessionConfig } from '../../../session/config.ts'
import { withReportsOfServers } from '../../client/reported-models.ts'
import { homeSessions } from '../../client/home-sessions.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'an array for scripts' },
} as const satisfies Options

export const command: Command = {
  name: 'models',
  summary: 'list the configured models with context window, price and use',
  usage: 'ccr models [--json] [--config FILE]',
  options: OPTIONS,
  details: [
    'Context windows and prices (USD per million tokens) come from the config and a built-in ' +
      'catalogue, windows of local servers from the servers, which are then named; unknown values ' +
      'stay empty. Any of these models can be used in CCR_MODEL_PREFERENCE.',
  ],
  examples: ['ccr models', 'ccr models --json'],
  async run(argv, io) {
    const values = await parseOptions('models', argv, OPTIONS)
    const ref = commandSession(io, values)
    const { views } = await homeSessions(io)
    const config = await withReportsOfServers(sessionConfig(ref, io.env), io.env)
    const models = configuredModels(config, views)
    io.stdout.write(values.json ? json(models) : modelsText(models, tableStyle(io)))
    return 0
  },
}

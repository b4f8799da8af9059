/** `ccr config`. */
import { type Command, CONFIG_OPTION, type Io, type Options, UsageError } from '../../command.ts'
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { checkConfig } from './check.ts'
import { editConfig } from './edit.ts'
import { type SessionRef } from '../../../session/identity.ts'
import { json } from '../../terminal/output.ts'
import { requireTerminal } from '../../terminal/interactive.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'check: an object for scripts' },
} as const satisfies Options

type Action = (ref: SessionRef, io: Io, asJson: boolean) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = {
  check: (ref, io, asJson) => Promise.resolve(checkConfig(ref, io, asJson)),
  path: (ref, io) => {
    io.stdout.write(`${ref.configFile}\n`)
    return Promise.resolve(0)
  },
  edit: (ref, io) => {
    requireTerminal('ccr config edit', io, `Edit ${ref.configFile}, then: ccr config check`)
    return editConfig(ref, io)
  },
  schema: async (_, io) => {
    const { configJsonSchema } = await import('../../../config/schema/json-schema.ts')
    io.stdout.write(json(configJsonSchema()))
    return 0
  },
}

export const command: Command = {
  name: 'config',
  summary: 'check, find or edit the config file',
  usage: 'ccr config check|path|edit|schema [--json] [--config FILE]',
  options: OPTIONS,
  words: Object.keys(ACTIONS),
  details: [
    'check reports errors (exit code 1) and warnings (exit code 0) with line and column. Obvious ' +
      'mistakes count as errors even if a session would start with them: no provider, a misspelt key, ' +
      'a default that matches no model, two providers with the same name, a budget without a limit.',
    'path prints the path of the file. edit opens it in $VISUAL or $EDITOR and checks it afterwards. ' +
      'schema prints the JSON Schema of the config, for editors.',
  ],
  examples: [
    'ccr config check',
    'ccr config check --json --config ./team.json',
    'EDITOR="code --wait" ccr config edit',
    'ccr config schema > config.schema.json',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('config', argv, OPTIONS)
    const action = actionOf('config', words[0], ACTIONS)
    atMost('config', words, 1)
    if (values.json && words[0] !== 'check') {
      throw new UsageError(`ccr config ${words[0] ?? ''} takes no --json.`, 'See: ccr help config')
    }
    const ref = commandSession(io, values)
    return action(ref, io, values.json === true)
  },
}

/** `ccr key`. */
import { parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Options, UsageError } from '../../command.ts'
import { listKeys } from './list.ts'
import { removeKey } from './remove.ts'
import { setKey } from './set.ts'
import { type CommandContext, commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'list: an array for scripts' },
} as const satisfies Options

type Action = (name: string, context: CommandContext) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = { set: setKey, rm: removeKey }

const SEE = 'Write: ccr key set PROVIDER, ccr key list or ccr key rm PROVIDER'

export const command: Command = {
  name: 'key',
  summary: 'store provider keys: set, list, remove',
  usage: 'ccr key set PROVIDER | list [--json] | rm PROVIDER [--config FILE]',
  options: OPTIONS,
  words: ['set', 'list', 'rm'],
  completes: { set: ['providers'], rm: ['providers'] },
  details: [
    'set asks for the key without showing it, or reads it from standard input. A key is never an ' +
      'argument, because the history of the shell and other programs could see it there. It is stored ' +
      'in keys.json in ccr’s home, readable only by you, under the name of the variable that the ' +
      'config takes it from (${OPENROUTER_API_KEY}). A provider without a variable gets one, and a key ' +
      'in the config itself is replaced by its variable.',
    'All sessions use a stored key from their next start, unless the variable is set in the shell that ' +
      'starts them, which takes precedence. A running session uses it after ccr restart.',
    'list shows where each key comes from, never the key itself.',
  ],
  examples: [
    'ccr key set openrouter',
    'pass show openrouter | ccr key set openrouter',
    'ccr key list',
    'ccr key rm openrouter',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('key', argv, OPTIONS)
    const [word = '', name, ...more] = words
    const ref = commandSession(io, values)
    const context: CommandContext = { ref, io }
    // A misplaced argument may be a key, so messages do not repeat it.
    if (word === 'list' && name === undefined) return listKeys(context, values.json === true)
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined
    if (action === undefined) throw new UsageError('ccr key: unknown subcommand.', SEE)
    if (name === undefined) throw new UsageError(`ccr key ${word} needs a provider.`, SEE)
    if (more.length > 0) throw tooMuch(word)
    return action(name, context)
  },
}

function tooMuch(word: string): UsageError {
  return new UsageError(
    `ccr key ${word} takes only the name of a provider. Never put a key on a command line.`,
    'If you typed a key, it is now in the history of your shell: replace it at the provider. Then: ccr key set PROVIDER',
  )
}

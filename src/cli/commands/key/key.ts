import { parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Options, UsageError } from '../../command.ts'
import { listKeys } from './list.ts'
import { removeKey } from './remove.ts'
import { setKey } from './set.ts'
import { type CommandContext, commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'list: for scripts' },
} as const satisfies Options

type Action = (name: string, context: CommandContext) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = { set: setKey, rm: removeKey }

const SEE = 'Write: ccr key set PROVIDER, ccr key list or ccr key rm PROVIDER'

export const command: Command = {
  name: 'key',
  summary: 'have ccr keep the keys of providers: set, list, remove',
  usage: 'ccr key set PROVIDER | list [--json] | rm PROVIDER [--config FILE]',
  options: OPTIONS,
  words: ['set', 'list', 'rm'],
  completes: { set: ['providers'], rm: ['providers'] },
  details: [
    'set asks for the key without showing it, or reads it from standard input; it never stands on a ' +
      'command line, where the history of the shell and other programs would see it. It is kept in ' +
      'keys.json in ccr’s home, readable by you alone, under the name of the variable that the config ' +
      'takes it from (${OPENROUTER_API_KEY}); a provider without one gets it, and a key that stands ' +
      'in the config itself is replaced by it.',
    'All sessions use a kept key from their next start, unless the variable is set in the shell that ' +
      'starts them: that comes first. A session that runs takes it with ccr restart.',
    'list says where each key comes from, never what it is.',
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
    // A misplaced word may be a key: it is not repeated.
    if (word === 'list' && name === undefined) return listKeys(context, values.json === true)
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined
    if (action === undefined) throw new UsageError('ccr key: that is no word of it.', SEE)
    if (name === undefined) throw new UsageError(`ccr key ${word}: say which provider.`, SEE)
    if (more.length > 0) throw tooMuch(word)
    return action(name, context)
  },
}

function tooMuch(word: string): UsageError {
  return new UsageError(
    `ccr key ${word}: there is more than the name of a provider. A key never goes on a command line.`,
    'It is in the history of your shell now: have the provider make a new one. Then: ccr key set PROVIDER',
  )
}

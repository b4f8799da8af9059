import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, UsageError } from '../../command.ts'
import { type CommandContext, commandSession } from '../../client/command-context.ts'
import { listPreferences } from './list.ts'
import { removePreference } from './remove.ts'
import { setPreference } from './set.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  force: { type: 'boolean', summary: 'set: a model that the config does not know' },
  json: { type: 'boolean', summary: 'list: for scripts' },
} as const satisfies Options

type Action = (
  words: readonly string[],
  context: CommandContext,
  options: PrefOptions,
) => Promise<number>

interface PrefOptions {
  readonly force?: boolean | undefined
  readonly json?: boolean | undefined
}

const ACTIONS: Readonly<Record<string, Action>> = {
  set: ([name, ...model], context, { force = false }) => {
    if (name === undefined || model.length === 0) {
      throw missing('set: say which name, and which model it stands for.', 'set NAME MODEL')
    }
    return setPreference({ name, model: model.join(' '), force }, context)
  },
  list: (words, context, { json = false }) => {
    atMost('pref list', words, 0)
    return listPreferences(context, json)
  },
  rm: ([name, ...more], context) => {
    if (name === undefined) throw missing('rm: say which name.', 'rm NAME')
    atMost('pref rm', more, 0)
    return removePreference(name, context)
  },
}

function missing(what: string, line: string): UsageError {
  return new UsageError(`ccr pref ${what}`, `Write: ccr pref ${line}. Those there: ccr pref list`)
}

export const command: Command = {
  name: 'pref',
  summary: 'names for preferences: set, list, remove',
  usage: 'ccr pref set NAME MODEL | list [--json] | rm NAME [--config FILE]',
  options: OPTIONS,
  words: Object.keys(ACTIONS),
  completes: { set: ['names', 'preferences'], rm: ['names'] },
  details: [
    'They stand under Preferences in the config. Only the one name is changed there; comments, ' +
      'formatting and ${VAR} stay. MODEL is written as a preference is: provider,model, ' +
      'provider/model, a model alone, or another name.',
    'A name works wherever a preference does: CCR_MODEL_PREFERENCE=NAME, ccr code --pref NAME, ' +
      'ccr use NAME, ccr compare -m NAME. Its session is known by the name: given another model, it ' +
      'goes on with that from its next request.',
  ],
  examples: [
    'ccr pref set fast openrouter,openai/gpt-5-mini',
    'ccr pref set review opus                          a model alone',
    'ccr pref list',
    'ccr pref rm fast',
    'ccr code --pref fast',
  ],
  async run(argv, io: Io) {
    const { words, values } = await parseArguments('pref', argv, OPTIONS)
    const action = actionOf('pref', words[0], ACTIONS)
    const ref = commandSession(io, values)
    return action(words.slice(1), { ref, io }, values)
  },
}

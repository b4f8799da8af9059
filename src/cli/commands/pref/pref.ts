/** `ccr pref`. */
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, UsageError } from '../../command.ts'
import { type CommandContext, commandSession } from '../../client/command-context.ts'
import { listPreferences } from './list.ts'
import { removePreference } from './remove.ts'
import { setPreference } from './set.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  force: { type: 'boolean', summary: 'set: accept a model that is not in the config' },
  json: { type: 'boolean', summary: 'list: an array for scripts' },
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
      throw missing('set needs a name and a model.', 'set NAME MODEL')
    }
    return setPreference({ name, model: model.join(' '), force }, context)
  },
  list: (words, context, { json = false }) => {
    atMost('pref list', words, 0)
    return listPreferences(context, json)
  },
  rm: ([name, ...more], context) => {
    if (name === undefined) throw missing('rm needs a name.', 'rm NAME')
    atMost('pref rm', more, 0)
    return removePreference(name, context)
  },
}

function missing(what: string, line: string): UsageError {
  return new UsageError(
    `ccr pref ${what}`,
    `Write: ccr pref ${line}. Existing names: ccr pref list`,
  )
}

export const command: Command = {
  name: 'pref',
  summary: 'set, list and remove named preferences',
  usage: 'ccr pref set NAME MODEL | list [--json] | rm NAME [--config FILE]',
  options: OPTIONS,
  words: Object.keys(ACTIONS),
  completes: { set: ['names', 'preferences'], rm: ['names'] },
  details: [
    'Named preferences are kept under Preferences in the config. Only this one name is changed; ' +
      'comments, formatting and ${VAR} are kept. MODEL is written like a preference: provider,model, ' +
      'provider/model, a model alone, or another name.',
    'A name can be used wherever a preference can: CCR_MODEL_PREFERENCE=NAME, ccr code --pref NAME, ' +
      'ccr use NAME, ccr compare -m NAME. Its session belongs to the name: if the name gets another ' +
      'model, the session uses that from its next request.',
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

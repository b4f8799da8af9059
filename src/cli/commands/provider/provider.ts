/** `ccr provider`. */
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import {
  type Command,
  CONFIG_OPTION,
  type Options,
  UsageError,
  type Values,
} from '../../command.ts'
import { type CommandContext, commandSession } from '../../client/command-context.ts'
import { addProvider } from './add.ts'
import { KNOWN_NAMES } from './known.ts'
import { listProviders } from './list.ts'
import { removeProvider } from './remove.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  url: {
    type: 'string',
    value: 'URL',
    summary: 'add: the complete endpoint, for a provider that is not known by name',
  },
  'key-variable': {
    type: 'string',
    value: 'NAME',
    summary: 'add: the environment variable that holds its key',
  },
  models: {
    type: 'string',
    value: 'MODEL,MODEL',
    multiple: true,
    summary: 'add: the models to offer instead of the default ones',
  },
  force: { type: 'boolean', summary: 'rm: remove a provider that is still in use' },
  json: { type: 'boolean', summary: 'list: an array for scripts' },
} as const satisfies Options

type Action = (
  name: string | undefined,
  context: CommandContext,
  given: Values<typeof OPTIONS>,
) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = {
  add: (name, context, given) =>
    addProvider(
      {
        name: requireName(name, 'add'),
        url: given.url,
        keyVariable: given['key-variable'],
        models: given.models?.flatMap((list) => list.split(',')).flatMap((id) => id.trim() || []),
      },
      context,
    ),
  list: (name, context, { json = false }) => {
    atMost('provider list', name === undefined ? [] : [name], 0)
    return listProviders(context, json)
  },
  rm: (name, context, { force = false }) => removeProvider(requireName(name, 'rm'), force, context),
}

function requireName(name: string | undefined, word: string): string {
  if (name !== undefined) return name
  throw new UsageError(
    `ccr provider ${word} needs a provider.`,
    `Write: ccr provider ${word} NAME. Existing providers: ccr provider list`,
  )
}

export const command: Command = {
  name: 'provider',
  summary: 'add, list and remove providers in the config',
  usage: 'ccr provider add NAME [options] | list [--json] | rm NAME [--force] [--config FILE]',
  options: OPTIONS,
  words: Object.keys(ACTIONS),
  completes: { add: ['known-providers'], rm: ['providers'] },
  details: [
    `Known by name, with endpoint, key variable and a few models: ${KNOWN_NAMES.join(', ')}. ` +
      'For ollama, lmstudio, llamacpp and vllm, the models are those of the server on this machine. ' +
      'Any other provider needs --url.',
    'The config contains the name of the variable, never a key: export the variable, or let ccr store ' +
      'the key (ccr key set). If there is no config yet, add writes one. Comments, formatting and ' +
      '${VAR} are kept.',
    'rm refuses to remove a provider that Router, Preferences or fallback still use.',
  ],
  examples: [
    'ccr provider add openrouter',
    'ccr provider add deepseek --models deepseek-v4-pro',
    'ccr provider add ollama',
    'ccr provider add relay --url https://HOST/v1/chat/completions \\\n' +
      '      --key-variable RELAY_KEY --models gpt-5,qwen3',
    'ccr provider list',
    'ccr provider rm relay',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('provider', argv, OPTIONS)
    const action = actionOf('provider', words[0], ACTIONS)
    atMost('provider', words, 2)
    const ref = commandSession(io, values)
    return action(words[1], { ref, io }, values)
  },
}

/** `ccr init`. */
import { listedModelRefs } from '../../../lib/model-ref.ts'
import { existsSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'
import { choose } from '../../terminal/select.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, parseOptions } from '../../command.ts'
import {
  type Candidate,
  candidateOf,
  localProviders,
  localServers,
  providersInEnvironment,
} from './detect.ts'
import { nextSteps } from './next.ts'
import { HOSTED_PROVIDERS } from './known-providers.ts'
import { configText, type Plan } from './template.ts'
import { writeConfig, writeSchema } from './write.ts'
import { hasNoStatusLine, installStatusLine, userSettings } from '../statusline/install.ts'
import { isInteractive } from '../../terminal/interactive.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  yes: {
    type: 'boolean',
    short: 'y',
    summary: 'ask nothing; take the first option of each choice',
  },
  force: {
    type: 'boolean',
    summary: 'replace an existing config, which is kept as config.json.bak',
  },
} as const satisfies Options

export const command: Command = {
  name: 'init',
  summary: 'write a first config from detected keys and local servers',
  usage: 'ccr init [--yes] [--force] [--config FILE]',
  options: OPTIONS,
  details: [
    'Looks for provider keys in the environment (OPENROUTER_API_KEY, OPENAI_API_KEY, ' +
      'ANTHROPIC_API_KEY and others) and for Ollama, LM Studio, llama.cpp and vLLM on this ' +
      'machine. The config contains names of variables, never keys, and is readable only by you.',
    'On a terminal, it offers to add ccr’s status line to the settings of Claude Code if they have ' +
      'none. Without a terminal, or with --yes, it asks nothing and does not touch those settings; ' +
      'ccr statusline --install adds the status line later.',
  ],
  examples: ['ccr init', 'OPENROUTER_API_KEY=… ccr init --yes', 'ccr init --force'],
  async run(argv, io) {
    const values = await parseOptions('init', argv, OPTIONS)
    const ref = commandSession(io, values)
    const force = values.force === true
    if (!force && existsSync(ref.configFile)) throw alreadyThere(ref.configFile)

    const asks = values.yes !== true && isInteractive(io)
    const plan = await planOf(asks, io)
    if (plan === null) {
      io.stderr.write('ccr: nothing was written.\n')
      return 1
    }
    // Outside ccr's home, only the config is written.
    const schema = !ref.isCustomConfig
    const backup = writeConfig(ref.configFile, configText({ ...plan, schema }), force)
    if (backup === null) throw alreadyThere(ref.configFile)
    if (schema) writeSchema(ref.configFile)
    const isOffered = hasNoStatusLine(io.env)
    const namesStatusLine = isOffered && !asks
    io.stdout.write(nextSteps({ ...plan, ref, backup, env: io.env, namesStatusLine }))
    if (isOffered && asks) await offerStatusLine(io)
    return 0
  },
}

/** Offers to add the status line to the settings of Claude Code. */
async function offerStatusLine(io: Io): Promise<void> {
  const rows = [
    'no, leave the settings of Claude Code as they are',
    `yes, add statusLine to ${userSettings(io.env)}`,
  ]
  const title = 'Show model, context and cost in the status line of Claude Code?'
  io.stdout.write('\n')
  if ((await choose(io, title, rows, 0)) !== 1) {
    io.stdout.write('The status line can be added at any time: ccr statusline --install\n')
    return
  }
  try {
    await installStatusLine(io.env)
    io.stdout.write(`Added the status line to ${userSettings(io.env)}.\n`)
  } catch (thrown) {
    // The config is written, so init has not failed.
    if (!(thrown instanceof UserError)) throw thrown
    io.stderr.write(`ccr: ${thrown.message}\n${thrown.hint}\n`)
  }
}

type Chosen = Pick<Plan, 'providers' | 'defaultModel' | 'others'>

/** What to write; null if the user cancels. */
async function planOf(asks: boolean, io: Io): Promise<Chosen | null> {
  const inEnvironment = providersInEnvironment(io.env)
  const found = [...inEnvironment, ...(await localProviders(localServers(io.env)))]
  const providers = found.length > 0 ? found : await firstProvider(asks, io)
  const models = providers.flatMap(listedModelRefs)
  const title = `Default model (${found.map((provider) => provider.found).join(', ')})`
  const chosen = asks && models.length > 1 ? await choose(io, title, models, 0) : 0
  const defaultModel = chosen === null ? undefined : models[chosen]
  if (defaultModel === undefined) return null
  const names = new Set(providers.map(({ name }) => name))
  const others = HOSTED_PROVIDERS.filter(({ name }) => !names.has(name)).slice(0, 3)
  return { providers, defaultModel, others }
}

function alreadyThere(file: string): UserError {
  return new UserError(
    `there is already a config: ${file}`,
    'Change it: ccr config edit, or ccr model\n' +
      'Replace it, keeping the old one as config.json.bak: ccr init --force',
  )
}

/** Lets the user choose a provider if none was detected; empty if the user cancels. */
async function firstProvider(asks: boolean, io: Io): Promise<Candidate[]> {
  const rows = HOSTED_PROVIDERS.map(({ name, keys }) => `${name.padEnd(12)}${keys}`)
  const title = 'No key and no local server found. Which provider will you use?'
  const chosen = asks ? await choose(io, title, rows, 0) : 0
  const known = chosen === null ? undefined : HOSTED_PROVIDERS[chosen]
  if (known === undefined) return []
  const variable = known.variables[0] ?? ''
  return [candidateOf(known, variable, `needs ${variable}; a key is to be had at ${known.keys}`)]
}

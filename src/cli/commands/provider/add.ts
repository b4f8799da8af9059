/** `ccr provider add`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import { existsSync } from 'node:fs'
import JSON5 from 'json5'
import type { Config } from '../../../config/config.ts'
import { DEMO_PROVIDER } from '../../../config/demo.ts'
import { appendItem } from '../../../config/parse/append-item.ts'
import { setValue } from '../../../config/parse/set-value.ts'
import type { Value } from '../../../config/parse/text-style.ts'
import { configCommand, shellWord } from '../../../lib/command-line.ts'
import { suggest } from '../../../lib/suggest.ts'
import { UserError } from '../../../lib/user-error.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import type { SessionRef } from '../../../session/identity.ts'
import { UsageError } from '../../command.ts'
import { changeConfig, refuseVariable } from '../config/change.ts'
import { configText } from '../init/template.ts'
import { writeConfig, writeSchema } from '../init/write.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { writeNotes } from '../../terminal/output.ts'
import { listOf } from './entry.ts'
import { type Known, KNOWN_NAMES, knownProvider, localServer } from './known.ts'

export interface AddRequest {
  readonly name: string
  readonly url: string | undefined
  readonly keyVariable: string | undefined
  /** Undefined if no option names any. */
  readonly models: readonly string[] | undefined
}

/** Adds a provider to the config, or writes a first config with it. Throws UsageError or UserError. */
export async function addProvider(request: AddRequest, context: CommandContext): Promise<number> {
  const name = request.name.trim()
  refuse(name, request)
  const found = await detailsOf({ ...request, name }, context)
  for (const text of [name, found.url, ...found.models]) refuseVariable(text)
  const { ref, io } = context
  if (existsSync(ref.configFile)) {
    const { config, warnings } = await changeConfig(ref, io.env, (source, present) => {
      refuseSecond(name, present)
      return withProvider(source, name, found)
    })
    // The next steps mention a missing key.
    writeNotes(
      warnings.filter((text) => !text.includes('api_key refers to')),
      io,
    )
    io.stdout.write(`Added ${visible(name)} to ${ref.configFile}.\n${next(name, config, ref)}`)
    return 0
  }
  const [model] = found.models
  if (model === undefined) {
    throw new UserError(
      `there is no config yet, and a new one needs a model of ${visible(name)}.`,
      'Add one: --models MODEL. Or detect keys and local servers: ccr init',
    )
  }
  const schema = !ref.isCustomConfig
  const provider = { name, ...found, found: 'ccr provider add' }
  const parts = {
    providers: [provider],
    defaultModel: formatModelRef({ provider: name, model }),
    others: [],
    schema,
  }
  writeConfig(ref.configFile, configText(parts), false)
  if (schema) writeSchema(ref.configFile)
  const config = sessionConfig(ref, io.env)
  io.stdout.write(`Wrote ${ref.configFile} with ${visible(name)}.\n${next(name, config, ref)}`)
  return 0
}

function refuse(name: string, { keyVariable }: AddRequest): void {
  if (name === '') throw new UsageError('ccr provider add: the name is empty.', HELP)
  if (name.toLowerCase() === DEMO_PROVIDER) {
    throw new UserError('demo is built in.', 'Use it: ccr code --pref demo,demo-a')
  }
  if (keyVariable === undefined || /^[A-Za-z_]\w*$/.test(keyVariable)) return
  throw new UsageError(
    'ccr provider add: --key-variable takes the name of a variable, never a key.',
    'For example: --key-variable OPENROUTER_API_KEY. To let ccr store the key: ccr key set PROVIDER',
  )
}

const HELP = 'See: ccr help provider'

function refuseSecond(name: string, { providers }: Config): void {
  const there = providers.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (there === undefined) return
  throw new UserError(
    `there is already a provider ${visible(there.name)}.`,
    `Change it: ccr config edit. Or remove it first: ccr provider rm ${shellWord(visible(there.name))}`,
  )
}

/** The details of the options, completed with what is known by the name. */
async function detailsOf(request: AddRequest, { ref, io }: CommandContext): Promise<Known> {
  const env = daemonEnvironment(ref, io.env)
  const { url, keyVariable, models } = request
  const variable = keyVariable === undefined ? {} : { variable: keyVariable }
  if (url !== undefined) return { url, models: models ?? [], ...variable }
  const known = knownProvider(request.name, env)
  if (known !== undefined) return { ...known, ...variable, models: models ?? known.models }
  const local = await localServer(request.name, env)
  if (local === undefined) throw unknown(request.name)
  if (models === undefined && local.models.length === 0) {
    throw new UserError(
      `${local.title} at ${local.origin} offers no models or does not answer.`,
      'Start it, or name the models: --models MODEL,MODEL',
    )
  }
  return { url: local.url, models: models ?? local.models, ...variable }
}

function unknown(name: string): UsageError {
  const near = suggest(name, [...KNOWN_NAMES, 'ollama', 'lmstudio', 'llamacpp', 'vllm'])
  return new UsageError(
    `ccr provider add: '${visible(name)}' is not known by its name.`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}? Otherwise give its endpoint: --url https://…/v1/chat/completions`
      : 'Give its endpoint: --url https://…/v1/chat/completions. Known by name: ccr help provider',
  )
}

function withProvider(source: string, name: string, { url, variable, models }: Known): string {
  const details: Record<string, Value> = {
    api_base_url: url,
    ...(variable === undefined ? {} : { api_key: `\${${variable}}` }),
    ...(models.length === 0 ? {} : { models }),
  }
  const list = listOf(source)
  const written = JSON5.parse<Readonly<Record<string, unknown>> | null>(source)?.[list]
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    return appendItem(source, list, { name, ...details })
  }
  if (!('name' in written)) return setValue(source, [list, name], details)
  throw new UserError(
    `${list} is one provider, not a list of them.`,
    'Put it in [ ] first: ccr config edit',
  )
}

function next(name: string, { providers }: Config, ref: SessionRef): string {
  const provider = providers.find((one) => one.name === name)
  if (provider === undefined) return ''
  const { missing, apiKey, url, models } = provider
  const [variable] = missing
  const [model] = models
  const word = shellWord(visible(name))
  const wantsKey = apiKey === '' && variable === undefined && !isLocal(url)
  const ccr = (command: string): string => configCommand(ref, command)
  const lines = [
    ...(variable === undefined
      ? []
      : [`export ${variable}=…     or let ccr store it: ${ccr(`key set ${word}`)}`]),
    ...(wantsKey ? [`${ccr(`key set ${word}`)}     if it needs a key: none is configured`] : []),
    ccr(`doctor --live ${word}`),
    ...(model === undefined
      ? []
      : [ccr(`code --pref ${shellWord(visible(formatModelRef({ provider: name, model })))}`)]),
  ]
  return `\nNext:\n${lines.map((line) => `  ${line}\n`).join('')}`
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.|\[::1\])/.test(new URL(url).host)
}

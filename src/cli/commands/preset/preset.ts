/** `ccr preset`. */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Preset } from '../../../config/v2-preset.ts'
import { configCommand } from '../../../lib/command-line.ts'
import { makePrivateFolder, replaceFile } from '../../../lib/files.ts'
import { UserError } from '../../../lib/user-error.ts'
import { atMost, parseArguments } from '../../arguments.ts'
import { type Command, type Io, type Options, UsageError } from '../../command.ts'
import { choose } from '../../terminal/select.ts'
import { oneLine } from '../../terminal/untrusted-text.ts'
import { json } from '../../terminal/output.ts'
import { requireTerminal } from '../../terminal/interactive.ts'
import { effectLines, effectsOf } from './effects.ts'
import { findPreset, presetNames, refuseLinks } from './find-preset.ts'

const OPTIONS = {
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    summary: 'import: the value of an input of the preset',
  },
  force: { type: 'boolean', summary: 'import: replace an earlier import' },
  yes: {
    type: 'boolean',
    short: 'y',
    summary: 'import: accept what the preset does without asking',
  },
  json: { type: 'boolean', summary: 'list, info: JSON for scripts' },
} as const satisfies Options

interface PresetOptions {
  readonly set?: readonly string[] | undefined
  readonly force?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly json?: boolean | undefined
}

type Action = (source: string | undefined, io: Io, options: PresetOptions) => void | Promise<void>

const ACTIONS: Readonly<Record<string, Action>> = { list, info, import: importPreset }

/** Subcommands of version 2 that do not exist here. */
const OLD_WORDS: Readonly<Record<string, string>> = {
  install: 'Copy its folder anywhere, then: ccr preset import FOLDER',
  export: 'A preset is a config file: copy the file (ccr config path), with keys as ${VARIABLES}.',
  delete: 'Delete its folder in presets/ in ccr\u2019s home.',
}
const SAME_AS: Readonly<Record<string, string>> = { rm: 'delete', remove: 'delete' }

export const command: Command = {
  name: 'preset',
  summary: 'import presets of Claude Code Router v2',
  usage: 'ccr preset list|info|import [PRESET] [--set NAME=VALUE …] [--yes] [--force] [--json]',
  options: OPTIONS,
  words: Object.keys(ACTIONS),
  completes: { info: ['presets'], import: ['presets'] },
  details: [
    'An imported preset becomes a config file with its own set of sessions: ccr --config FILE code. ' +
      'PRESET is a name from ccr preset list, a folder, or a manifest.json. info shows the inputs of ' +
      'the preset; import takes their values from --set, from earlier answers or from the defaults, ' +
      'and writes presets/NAME/config.json in ccr’s home. Nothing is downloaded.',
    'A preset was written by somebody else. info and import show what it would run, read, listen on, ' +
      'take from your environment and send requests to; import then asks for confirmation. Without a ' +
      'terminal, it needs --yes.',
  ],
  examples: [
    'ccr preset list',
    "ccr preset import fast-coding --set key='${OPENROUTER_API_KEY}'",
    'ccr preset import ./team-preset',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('preset', argv, OPTIONS)
    const [word = ''] = words
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined
    if (action === undefined) throw unknownWord(word)
    atMost('preset', words, 2)
    await action(words[1], io, values)
    return 0
  },
}

function unknownWord(word: string): UsageError {
  const old = OLD_WORDS[SAME_AS[word] ?? word]
  if (old !== undefined) return new UsageError(`ccr preset ${word} does not exist.`, old)
  const words = Object.keys(ACTIONS).map((name) => `ccr preset ${name}`)
  return new UsageError(
    word === '' ? 'ccr preset needs a subcommand.' : `ccr preset: unknown subcommand '${word}'.`,
    `Write one of: ${words.join(', ')}`,
  )
}

function list(_: string | undefined, io: Io, options: PresetOptions): void {
  const found = presetNames(io.env).map((name) => listed(name, io))
  if (options.json) {
    io.stdout.write(
      json(found.map(({ name, description, configFile }) => ({ name, description, configFile }))),
    )
    return
  }
  if (found.length === 0) io.stdout.write('No presets.\n')
  for (const { name, description, configFile, problem } of found) {
    const state = configFile === null && problem === null ? ' (not imported)' : ''
    const about = problem ?? description
    io.stdout.write(`${oneLine(`${name}${state}${about === '' ? '' : `: ${about}`}`)}\n`)
  }
}

interface Listed {
  readonly name: string
  readonly description: string
  /** Null if it was not imported. */
  readonly configFile: string | null
  /** Why it cannot be used; null if it can. */
  readonly problem: string | null
}

function listed(name: string, { env }: Io): Listed {
  try {
    const { preset, configFile } = findPreset(name, env)
    const file = existsSync(configFile) ? configFile : null
    return { name, description: preset.description, configFile: file, problem: null }
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return { name, description: '', configFile: null, problem: thrown.message }
  }
}

function info(source: string | undefined, io: Io, options: PresetOptions): void {
  const { preset, folder, configFile } = findPreset(requireSource(source), io.env)
  const { name, version, description } = preset
  const brings = effectsOf(withPaths(preset.configWith({}), folder))
  const inputs = preset.inputs.map((input) => ({ ...input, value: shown(input) }))
  const notes = preset.notes
  if (options.json) {
    io.stdout.write(json({ name, version, description, inputs, notes, brings, configFile }))
    return
  }
  io.stdout.write(`${oneLine(`${name} ${version}` + (description ? `: ${description}` : ''))}\n`)
  for (const { id, label, required, value } of inputs) {
    const state = value === null ? (required ? 'required' : 'not set') : JSON.stringify(value)
    io.stdout.write(`  ${oneLine(`${id}: ${state}${label === id ? '' : ` (${label})`}`)}\n`)
  }
  for (const line of effectLines(brings)) io.stdout.write(`  ${oneLine(line)}\n`)
  for (const note of notes) io.stdout.write(`${oneLine(note)}\n`)
}

/** The value of an input, masked if it is a secret. */
function shown({ value, isSecret }: Preset['inputs'][number]): unknown {
  if (value === undefined) return null
  return isSecret ? '***' : value
}

async function importPreset(
  source: string | undefined,
  io: Io,
  options: PresetOptions,
): Promise<void> {
  const { preset, folder, configFile } = findPreset(requireSource(source), io.env)
  const ccr = (command: string): string =>
    configCommand({ configFile, isCustomConfig: true }, command)
  if (existsSync(configFile) && !options.force) {
    throw new UserError(
      `${preset.name} is already imported: ${configFile}`,
      `Use it with: ${ccr('code')}. To replace it: ccr preset import … --force`,
    )
  }
  const answers = answersIn(options.set ?? [], preset)
  const open = preset.inputs.filter((input) => {
    const isOpen = input.value === undefined && !(input.id in answers)
    return input.required && isOpen && preset.applies(input, answers)
  })
  if (open.length > 0) {
    const sets = open.map(
      ({ id, isSecret }) => `--set ${id}=${isSecret ? "'${VARIABLE}'" : 'VALUE'}`,
    )
    const names = open.map(({ id, label }) => (label === id ? id : `${id} (${label})`))
    throw new UserError(`${preset.name} needs ${names.join(', ')}.`, `Add: ${sets.join(' ')}`)
  }
  const config = withPaths(preset.configWith(answers), folder)
  refuseLinks(configFile)
  await approve(preset.name, config, io, options)
  makePrivateFolder(dirname(configFile))
  replaceFile(configFile, `${JSON.stringify(config, null, 2)}\n`)
  for (const note of preset.notes) io.stderr.write(`${oneLine(note)}\n`)
  io.stdout.write(`Wrote ${configFile}\n\nCheck it: ${ccr('config check')}\n`)
  io.stdout.write(`Use it:   ${ccr('code')}\n`)
}

/** Shows what the preset does. Throws UserError unless the user accepts it. */
async function approve(
  name: string,
  config: Readonly<Record<string, unknown>>,
  io: Io,
  { yes }: PresetOptions,
): Promise<void> {
  const lines = effectLines(effectsOf(config))
  io.stderr.write(
    `${[`${oneLine(name)}:`, ...lines.map((line) => `  ${oneLine(line)}`)].join('\n')}\n`,
  )
  if (yes === true) return
  requireTerminal('ccr preset import', io, 'If you trust all of that, add --yes')
  const rows = ['no, write nothing', 'yes, write its config']
  if ((await choose(io, 'This preset was written by somebody else. Import it?', rows, 0)) === 1)
    return
  throw new UserError('nothing was written.', 'To see what it does: ccr preset info PRESET')
}

function requireSource(source: string | undefined): string {
  if (source !== undefined) return source
  throw new UsageError('ccr preset: no preset is given.', 'See: ccr preset list')
}

function answersIn(pairs: readonly string[], preset: Preset): Record<string, string> {
  const known = preset.inputs.map(({ id }) => id)
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=')
      const id = pair.slice(0, at)
      if (at > 0 && known.includes(id)) return [id, pair.slice(at + 1)]
      const asks = known.length === 0 ? 'nothing' : known.join(', ')
      throw new UsageError(
        `--set ${id || pair}: the preset asks for ${asks}.`,
        'Write: --set NAME=VALUE',
      )
    }),
  )
}

/** Makes the paths of a manifest absolute: they are relative to the folder of the manifest. */
function withPaths(
  config: Readonly<Record<string, unknown>>,
  folder: string,
): Readonly<Record<string, unknown>> {
  const absolute = (path: unknown): unknown =>
    typeof path !== 'string' || path === '' || isAbsolute(path) || /^[~$]/.test(path)
      ? path
      : join(folder, path)
  const { transformers, CUSTOM_ROUTER_PATH: router } = config
  return {
    ...config,
    ...(router === undefined ? {} : { CUSTOM_ROUTER_PATH: absolute(router) }),
    ...(Array.isArray(transformers)
      ? {
          transformers: (transformers as { path?: unknown }[]).map((one) => ({
            ...one,
            path: absolute(one.path),
          })),
        }
      : {}),
  }
}

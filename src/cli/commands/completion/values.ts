/** The lists that are completed from the user's config, sessions and runs. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import type { Config } from '../../../config/config.ts'
import { loadConfig } from '../../../config/load.ts'
import { readText } from '../../../lib/files.ts'
import { SCENARIOS } from '../../../routing/scenario.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import { type SessionRef, sessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { knownSessions } from '../../../session/record.ts'
import { isServed } from '../../../session/is-served.ts'
import type { ValueKind } from '../../command.ts'
import { allRuns } from '../compare/agent/record.ts'
import { findRun } from '../compare/runs/find.ts'
import { presetNames } from '../preset/find-preset.ts'
import { KNOWN_NAMES } from '../provider/known.ts'
import type { Completion, LookUp, Position } from './line.ts'

interface ListRequest {
  readonly ref: SessionRef
  readonly env: Env
  readonly position: Position
}

type List = (request: ListRequest) => readonly Completion[] | Promise<readonly Completion[]>

const plain = (values: readonly string[]): Completion[] =>
  values.map((value) => ({ value, summary: '' }))

const LISTS: Readonly<Record<ValueKind, List>> = {
  preferences,
  scenarios: ({ ref, env }) => {
    const { router } = configOf(ref, env)
    return ['default', ...SCENARIOS].map((value) => ({ value, summary: textOf(router[value]) }))
  },
  names: ({ ref, env }) =>
    Object.entries(configOf(ref, env).preferences).map(([value, summary]) => ({ value, summary })),
  providers: ({ ref, env }) => plain(configOf(ref, env).providers.map(({ name }) => name)),
  'known-providers': () => plain([...KNOWN_NAMES, 'ollama', 'lmstudio', 'llamacpp', 'vllm']),
  runs: ({ ref: { home } }) =>
    allRuns(home).map(({ id, task }) => ({ value: id, summary: shortened(task) })),
  letters,
  presets: ({ env }) => plain(presetNames(env)),
  paths: () => [],
}

/** A lookup of the user's lists. Nothing is written, and no session is started. */
export function listsOf(env: Env): LookUp {
  return async (kind, position) => {
    const config = (position.values.get('config') ?? '').replace(/^~(?=\/)/, env['HOME'] ?? '~')
    const ref = sessionRef(env, config === '' ? {} : { config })
    return LISTS[kind]({ ref, env, position })
  }
}

function configOf(ref: SessionRef, env: Env): typeof NOTHING {
  if (readText(ref.configFile) === null) return NOTHING
  return loadConfig(ref.configFile, daemonEnvironment(ref, env))
}

const NOTHING: Pick<Config, 'preferences' | 'providers' | 'router'> = {
  preferences: {},
  providers: [],
  router: {},
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * Named preferences, `provider,model`, and running sessions. Other spellings (`provider/model`, a model
 * alone) are offered if the typed part fits only those.
 */
async function preferences({ ref, env, position }: ListRequest): Promise<readonly Completion[]> {
  const config = configOf(ref, env)
  const models = config.providers.flatMap(({ name, models: ids, modelDetails = {} }) => {
    const details = new Map(Object.entries(modelDetails))
    return ids.map((model) => ({ provider: name, model, summary: details.get(model)?.name ?? '' }))
  })
  const names = Object.entries(config.preferences)
  const usual = [
    ...names.map(([value, summary]) => ({ value, summary })),
    ...models.map((model) => ({ value: formatModelRef(model), summary: model.summary })),
    ...plain(await runningPreferences(ref)),
  ]
  return firstThatFits(position.word, [
    usual,
    plain(models.map(({ provider, model }) => `${provider}/${model}`)),
    plain(models.map(({ model }) => model)),
  ])
}

/** The preferences of the running sessions of this config. */
async function runningPreferences({ home, configFile }: SessionRef): Promise<string[]> {
  const refs = knownSessions(home).map(({ ref }) => ref)
  const wanted = refs.filter((one) => one.preference !== '' && one.configFile === configFile)
  const served = await Promise.all(wanted.map((one) => isServed(one)))
  return wanted.filter((_, n) => served[n]).map(({ preference }) => preference)
}

/** The models of the selected run: their letters, or their names if the typed part fits only those. */
async function letters({ ref: { home }, position }: ListRequest): Promise<readonly Completion[]> {
  const { models } = await findRun(home, position.values.get('run'))
  const others = models.filter(({ letter, name }) => {
    return !position.before.includes(letter) && !position.before.includes(name)
  })
  return firstThatFits(position.word, [
    others.map(({ letter, name }) => ({ value: letter, summary: name })),
    plain(others.map(({ name }) => name)),
  ])
}

function firstThatFits(
  word: string,
  lists: readonly (readonly Completion[])[],
): readonly Completion[] {
  return lists.find((list) => list.some(({ value }) => value.startsWith(word))) ?? []
}

const LONGEST = 60

function shortened(task: string): string {
  return task.length > LONGEST ? `${task.slice(0, LONGEST)}…` : task
}

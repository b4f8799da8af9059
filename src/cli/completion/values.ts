/**
 * What the completion scripts ask for: `ccr __complete KIND WORD [CONFIG]` prints a value a line. It
 * reads files and nothing else, starts no session, and is silent when something is wrong: nobody wants
 * an error in the middle of a command line.
 */
import { loadConfig } from '../../config/load.ts'
import { escapeControls } from '../../lib/controls.ts'
import { readText } from '../../lib/files.ts'
import { choiceText } from '../../routing/lookup.ts'
import { SCENARIOS } from '../../routing/scenario.ts'
import { daemonEnvironment } from '../../session/environment.ts'
import type { Env, SessionRef } from '../../session/identity.ts'
import { sessionRef } from '../../session/identity.ts'
import { knownSessions } from '../../session/record.ts'
import { isServed } from '../../session/served.ts'
import type { Output, ValueKind } from '../command.ts'
import { allRuns } from '../compare/agent/record.ts'
import { KNOWN_NAMES } from '../provider/known.ts'

type Values = (
  ref: SessionRef,
  env: Env,
  word: string,
) => readonly string[] | Promise<readonly string[]>

const VALUES: Readonly<Record<ValueKind, Values>> = {
  preferences,
  scenarios: () => ['default', ...SCENARIOS],
  names: (ref, env) => Object.keys(configOf(ref, env).preferences),
  providers: (ref, env) => configOf(ref, env).providers.map(({ name }) => name),
  'known-providers': () => [...KNOWN_NAMES, 'ollama', 'lmstudio', 'llamacpp', 'vllm'],
  runs: ({ home }) => allRuns(home).map(({ id }) => id),
}

/** Prints the values of a kind that begin with a word, which may still have the shell's quotes. */
export async function printValues(
  [kind = '', written = '', config = '']: readonly string[],
  env: Env,
  stdout: Pick<Output, 'write'>,
): Promise<void> {
  try {
    const values = Object.hasOwn(VALUES, kind) ? VALUES[kind as ValueKind] : undefined
    if (values === undefined) return
    const file = unquoted(config).replace(/^~(?=\/)/, env['HOME'] ?? '~')
    const ref = sessionRef(env, file === '' ? {} : { config: file })
    const word = unquoted(written)
    const found = await values(ref, env, word)
    // A line is a value: what cannot stand on one line of a terminal cannot be completed.
    const lines = [...new Set(found)].filter(
      (text) => text.startsWith(word) && !/[\r\n\t]/.test(text) && escapeControls(text) === text,
    )
    stdout.write(lines.map((line) => `${line}\n`).join(''))
  } catch {
    // No config, or a broken one: there is nothing to complete.
  }
}

/** Without the quotes and backslashes of a word that is being typed. */
function unquoted(word: string): string {
  return word.replace(/^['"]/, '').replace(/\\(.)/gs, '$1')
}

function configOf(ref: SessionRef, env: Env) {
  if (readText(ref.configFile) === null) return NOTHING
  return loadConfig(ref.configFile, daemonEnvironment(ref, env))
}

const NOTHING = { preferences: {}, providers: [] } as const

/**
 * Names, `provider,model` and the sessions that run; in another spelling, `provider/model` or a model
 * alone, once somebody has begun to write it so.
 */
async function preferences(ref: SessionRef, env: Env, word: string): Promise<readonly string[]> {
  const config = configOf(ref, env)
  const models = config.providers.flatMap(({ name, models: ids }) =>
    ids.map((model) => ({ provider: name, model })),
  )
  const usual = [
    ...Object.keys(config.preferences),
    ...models.map(choiceText),
    ...(await runningPreferences(ref)),
  ]
  const spellings = [
    usual,
    models.map(({ provider, model }) => `${provider}/${model}`),
    models.map(({ model }) => model),
  ]
  return spellings.find((list) => list.some((text) => text.startsWith(word))) ?? []
}

/** Of the sessions of this config. */
async function runningPreferences({ home, configFile }: SessionRef): Promise<string[]> {
  const refs = knownSessions(home).map(({ ref }) => ref)
  const wanted = refs.filter((one) => one.preference !== '' && one.configFile === configFile)
  const served = await Promise.all(wanted.map((one) => isServed(one)))
  return wanted.filter((_, n) => served[n]).map(({ preference }) => preference)
}

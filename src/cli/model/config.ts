/** The models of `Router` in a config file: which there are, and how one is changed. */
import { realpathSync } from 'node:fs'
import type { Config } from '../../config/config.ts'
import { sameScenario } from '../../config/keys.ts'
import { loadConfig } from '../../config/load.ts'
import { outline } from '../../config/position.ts'
import { readBytes } from '../../config/read.ts'
import { setValue } from '../../config/set-value.ts'
import { decoded, encodedAs } from '../../lib/encoding.ts'
import { replaceFile } from '../../lib/files.ts'
import { withLock } from '../../lib/lock.ts'
import { UserError } from '../../lib/user-error.ts'
import { SCENARIOS } from '../../routing/scenario.ts'
import { daemonEnvironment } from '../../session/environment.ts'
import { visible } from '../session-text.ts'
import type { Env, SessionRef } from '../../session/identity.ts'

/** The keys of `Router` that name a model. */
export const ROUTES: readonly string[] = ['default', ...SCENARIOS]

export interface Models {
  readonly ref: SessionRef
  readonly env: Env
  readonly config: Config
}

/** Throws ConfigError when the config cannot be used: what is broken is not changed. */
export function openModels(ref: SessionRef, env: Env): Models {
  return { ref, env, config: loadConfig(ref.configFile, daemonEnvironment(ref, env)) }
}

/** `provider,model` of a scenario as written; undefined when there is none. */
export function routeOf({ config }: Models, scenario: string): string | undefined {
  const value = config.router[scenario]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Writes the model of a scenario (0600, whole or not at all); gives the models as they are then. */
export async function writeRoute(models: Models, scenario: string, model: string): Promise<Models> {
  const { ref, env } = models
  if (model.includes('$')) throw readAsVariable(model)
  await withLock(ref.home, 'config', () => {
    // What a symbolic link points to is changed, not the link.
    const file = realpathSync(ref.configFile)
    const bytes = readBytes(file)
    const source = decoded(bytes)
    const changed = encodedAs(bytes, setValue(source, pathIn(source, scenario), model))
    if (changed === undefined) throw garbled(file)
    replaceFile(file, changed)
  })
  return openModels(ref, env)
}

/** Where the file has the scenario: `router` and `Default` are read too. */
function pathIn(source: string, scenario: string): readonly string[] {
  const { members } = outline(source)
  const router = members?.has('router') && !members.has('Router') ? 'router' : 'Router'
  const keys = [...(members?.get(router)?.value.members?.keys() ?? [])]
  const other = keys.includes(scenario)
    ? undefined
    : keys.find((key) => sameScenario(key) === scenario)
  return [router, other ?? scenario]
}

/** Also where a list of models, which others wrote, had it. */
function readAsVariable(model: string): UserError {
  return new UserError(
    `${visible(model)} holds a $, which a config reads as the beginning of a variable.`,
    'Nothing was changed. Write it into the config yourself if it is meant so: ccr config edit',
  )
}

function garbled(file: string): UserError {
  return new UserError(
    `${file} holds characters that are neither UTF-8 nor UTF-16; they would be lost.`,
    'Save it as UTF-8 in your editor, then again.',
  )
}

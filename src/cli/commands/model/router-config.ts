/** Reads and changes the models of `Router` in a config file. */
import type { Config } from '../../../config/config.ts'
import { sameScenario } from '../../../config/schema/keys.ts'
import { loadConfig } from '../../../config/load.ts'
import { outline } from '../../../config/parse/json5-locations.ts'
import { removeValue } from '../../../config/parse/remove-value.ts'
import { setValue } from '../../../config/parse/set-value.ts'
import { SCENARIOS } from '../../../routing/scenario.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { changeConfig, refuseVariable } from '../config/change.ts'

/** The keys of `Router` that name a model. */
export const ROUTES: readonly string[] = ['default', ...SCENARIOS]

export interface Models {
  readonly ref: SessionRef
  readonly env: Env
  readonly config: Config
}

/** Reads the config. Throws ConfigError if it cannot be used: a broken config is not changed. */
export function openModels(ref: SessionRef, env: Env): Models {
  return { ref, env, config: loadConfig(ref.configFile, daemonEnvironment(ref, env)) }
}

/** The model of a scenario as written; undefined if there is none. */
export function routeOf({ config }: Models, scenario: string): string | undefined {
  const value = config.router[scenario]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Writes the model of a scenario, or removes it; returns the models after the change. */
export async function writeRoute(
  models: Models,
  scenario: string,
  model: string | undefined,
): Promise<Models> {
  const { ref, env } = models
  if (model !== undefined) refuseVariable(model)
  const { config } = await changeConfig(ref, env, (source) => {
    const path = pathIn(source, scenario)
    return model === undefined ? removeValue(source, path) : setValue(source, path, model)
  })
  return { ref, env, config }
}

/** The path of the scenario in the file, where `router` and `Default` are accepted spellings too. */
function pathIn(source: string, scenario: string): readonly string[] {
  const { members } = outline(source)
  const router = members?.has('router') && !members.has('Router') ? 'router' : 'Router'
  const keys = [...(members?.get(router)?.value.members?.keys() ?? [])]
  const other = keys.includes(scenario)
    ? undefined
    : keys.find((key) => sameScenario(key) === scenario)
  return [router, other ?? scenario]
}

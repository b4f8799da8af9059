/** The variable of a provider's key, and what to type to give it a value. */
import { configCommand, shellWord } from '../lib/command-line.ts'
import type { ProviderConfig } from './config.ts'
import type { VariableUse } from './parse/interpolate.ts'
import type { Env } from '../lib/env.ts'
import type { Path } from './parse/json5-locations.ts'

type Keyed = Pick<ProviderConfig, 'name' | 'keyVariable'>

/**
 * How the variables that a provider needs get their values: `export NAME=…`, and, for the one that
 * its key is taken from, `ccr key set`. `env`: of the session, which may name its config file.
 */
export function settingAdvice(provider: Keyed, variables: readonly string[], env: Env): string {
  return variables
    .map((variable) => {
      const exported = `export ${variable}=…`
      if (variable !== provider.keyVariable) return exported
      return `${exported}, or let ccr store it: ${keepCommand(provider.name, env)}`
    })
    .join('; ')
}

/** `ccr key set PROVIDER`, which asks for the key and keeps it. */
export function keepCommand(provider: string, env: Env): string {
  const configFile = env['CCR_CONFIG'] ?? ''
  return configCommand(
    { configFile, isCustomConfig: configFile !== '' },
    `key set ${shellWord(provider)}`,
  )
}

/** The one variable that the only key of the provider at `path` is, as a whole. */
export function keyVariableOf(uses: readonly VariableUse[], path: Path): string | undefined {
  const isIn = (use: VariableUse, key: string): boolean =>
    [...path, key].every((step, n) => use.path[n] === step)
  if (uses.some((use) => isIn(use, 'credentials'))) return undefined
  const isKey = ({ path: at }: VariableUse): boolean => at.length === path.length + 1
  return uses.find((use) => use.whole && isIn(use, 'api_key') && isKey(use))?.variable
}

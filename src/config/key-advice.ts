/** What to type to give a provider its key. */
import { configCommand, shellWord } from '../lib/command-line.ts'
import type { ProviderConfig } from './config.ts'
import type { Env } from './interpolate.ts'

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
      return `${exported}, or have ccr keep it: ${keepCommand(provider.name, env)}`
    })
    .join('; ')
}

/** `ccr key set PROVIDER`, which asks for the key and keeps it. */
export function keepCommand(provider: string, env: Env): string {
  const configFile = env['CCR_CONFIG'] ?? ''
  return configCommand(
    { configFile, ownConfig: configFile !== '' },
    `key set ${shellWord(provider)}`,
  )
}

/** Keys that only the daemon needs do not reach the client, nor what it starts. */
import type { Config } from '../../config/config.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Names of variables, split by commas or blanks, that the child keeps; `*` keeps all. */
const KEPT = 'CCR_KEEP_KEYS'

/**
 * What other tools go by too: git and gh, the clouds' command lines. They belong to the user's shell,
 * also where a provider is called with them.
 */
const SHARED = /^(GH_TOKEN|GITHUB_TOKEN|GITLAB_TOKEN|AWS_.*|GOOGLE_APPLICATION_CREDENTIALS)$/i

/** The environment without the variables that the config takes its keys from. */
export function withoutProviderKeys(env: Env, { keyVariables }: Pick<Config, 'keyVariables'>): Env {
  const kept = new Set((env[KEPT] ?? '').split(/[\s,]+/))
  if (kept.has('*')) return env
  const gone = keyVariables.filter((name) => !kept.has(name) && !SHARED.test(name))
  if (gone.length === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.includes(name)))
}

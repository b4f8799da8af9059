/**
 * env.json: the values of the environment variables that a session's config needs, kept (0600) so
 * that a restart or revival from a shell without them finds them.
 */
import { readText, replaceFile } from '../lib/files.ts'
import { TOKEN_PREFIX } from '../lib/secret.ts'
import type { SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { keptKeys } from './kept-keys.ts'
import { environmentFile } from './paths.ts'
import { withoutSetVariables } from './variables-set-by-ccr.ts'

/** What decides how this machine reaches the network; kept beside the config's own variables. */
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
]

/** Where a cloud's models are and where its credentials lie; none of them is a secret. */
const CLOUD = [
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'CLOUDSDK_CONFIG',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
]

/** Keeps the values of these variables, the network's and the clouds' for the session's next daemon. */
export function keepEnvironment(ref: SessionRef, variables: readonly string[], env: Env): void {
  const kept: Record<string, string> = {}
  for (const name of [...variables, ...NETWORK, ...CLOUD]) {
    const value = env[name]
    if (value) kept[name] = value
  }
  replaceFile(environmentFile(ref), `${JSON.stringify(kept, null, 2)}\n`)
}

/**
 * The environment for a daemon of the session: the caller's, under it the keys of `ccr key set`, and
 * under them the kept values. An empty variable of the caller counts as unset, and so does one that
 * ccr itself set for claude (`ccr env`, a shell within claude).
 */
export function daemonEnvironment(ref: SessionRef, env: Env): Record<string, string> {
  const merged: Record<string, string> = { ...keptEnvironment(ref), ...keptKeys(ref.home) }
  for (const [name, value] of Object.entries(withoutSetVariables(env))) {
    if (value === undefined) continue
    const present = spellings(merged, name)
    if (value === '' && present.length > 0) continue
    for (const other of present) Reflect.deleteProperty(merged, other)
    merged[name] = value
  }
  merged['CCR_HOME'] = ref.home
  merged['CCR_MODEL_PREFERENCE'] = ref.preference
  if (ref.isCustomConfig) merged['CCR_CONFIG'] = ref.configFile
  else delete merged['CCR_CONFIG']
  return merged
}

/**
 * The names under which a variable is there. Windows takes `http_proxy` and `HTTP_PROXY` for one, and
 * of two it would keep either.
 */
function spellings(variables: Readonly<Record<string, string>>, name: string): string[] {
  if (process.platform !== 'win32') return variables[name] === undefined ? [] : [name]
  return Object.keys(variables).filter((other) => other.toUpperCase() === name.toUpperCase())
}

/** Takes a value out of what the session keeps, where it is the one of this variable. */
export function forgetValue(ref: SessionRef, name: string, value: string): void {
  const kept = keptEnvironment(ref)
  if (kept[name] !== value) return
  const rest = Object.entries(kept).filter(([other]) => other !== name)
  replaceFile(environmentFile(ref), `${JSON.stringify(Object.fromEntries(rest), null, 2)}\n`)
}

/**
 * The variables whose values in `env`, or, where it has none, in `ccr key set`, are not those that the
 * session keeps: the user has changed them since it started. What ccr itself sets for its clients does
 * not count.
 */
export function changedVariables(
  ref: SessionRef,
  variables: readonly string[],
  env: Env,
): readonly string[] {
  const kept = keptEnvironment(ref)
  const keys = keptKeys(ref.home)
  const theirs = withoutSetVariables(env)
  return variables.filter((name) => {
    const value = (theirs[name] ?? '') || (keys[name] ?? '')
    return value !== '' && value !== kept[name] && !value.startsWith(TOKEN_PREFIX)
  })
}

/** The kept values; none when the file is not there or damaged. */
export function keptEnvironment(ref: SessionRef): Readonly<Record<string, string>> {
  try {
    const found: unknown = JSON.parse(readText(environmentFile(ref)) ?? '{}')
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(
      Object.entries(found).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    )
  } catch {
    return {}
  }
}

import { TOKEN_PREFIX } from '../../lib/secret.ts'
import type { LaunchFacts } from '../launch.ts'
import { childEnvironment } from '../launch.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A variable that claude needs, or, null, one that it must not have. */
export type Variable = readonly [name: string, value: string | null]

/** What has to change in `env` so that claude, started there, works as under `ccr code`. */
export function variablesFor(env: Env, facts: LaunchFacts): Variable[] {
  const parent = withoutOurs(env)
  const child = childEnvironment(parent, facts)
  const wanted = Object.keys(childEnvironment({}, facts))
  const gone = Object.keys(env).filter((name) => env[name] !== undefined && !(name in child))
  return [
    ...gone.map((name) => [name, null] as const),
    ...wanted.map((name) => [name, child[name] ?? ''] as const),
  ]
}

/** What `variablesFor` may have set. `NO_PROXY` stays where it names more than this machine. */
export function variablesToRemove(env: Env): Variable[] {
  const facts = {
    baseUrl: '',
    token: '',
    alias: '',
    target: { provider: 'p', model: 'claude' },
    apiTimeoutMs: 0,
    contextWindow: 1,
    maxOutput: 1,
  }
  const own = childEnvironment({}, { ...facts, firstParty: true })
  const foreign = childEnvironment({}, { ...facts, firstParty: false })
  return Object.keys({ ...own, ...foreign })
    .filter((name) => !/^no_proxy$/i.test(name) || [undefined, foreign[name]].includes(env[name]))
    .map((name) => [name, null] as const)
}

/** A shell that was pointed at another session before: nothing of that counts as the user's own. */
function withoutOurs(env: Env): Env {
  if (env['ANTHROPIC_AUTH_TOKEN']?.startsWith(TOKEN_PREFIX) !== true) return env
  const ours = new Set(variablesToRemove(env).map(([name]) => name))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name)))
}

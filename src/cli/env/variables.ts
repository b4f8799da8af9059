import { namesSetByCcr } from '../../session/set-variables.ts'
import type { LaunchFacts } from '../launch.ts'
import { childEnvironment } from '../launch.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A variable that claude needs, or, null, one that it must not have. */
export type Variable = readonly [name: string, value: string | null]

/** What has to change in `env` so that claude, started there, works as under `ccr code`. */
export function variablesFor(env: Env, facts: LaunchFacts): Variable[] {
  const child = childEnvironment(env, facts)
  const wanted = Object.keys(childEnvironment({}, facts))
  const gone = Object.keys(env).filter((name) => env[name] !== undefined && !(name in child))
  return [
    ...gone.map((name) => [name, null] as const),
    ...wanted.map((name) => [name, child[name] ?? ''] as const),
  ]
}

/**
 * What `variablesFor` has set in `env`, or, where nothing tells, may have set. `NO_PROXY` stays where
 * it names more than this machine.
 */
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
  const known = namesSetByCcr(env)
  const isProxy = (name: string): boolean => /^no_proxy$/i.test(name)
  return Object.keys({ ...own, ...foreign })
    .filter((name) => isProxy(name) || known.length === 0 || known.includes(name))
    .filter((name) => !isProxy(name) || [undefined, foreign[name]].includes(env[name]))
    .map((name) => [name, null] as const)
}

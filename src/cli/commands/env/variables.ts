/** The variables that `ccr env` sets and unsets. */
import { undoneVariables } from '../../../session/variables-set-by-ccr.ts'
import { childEnvironment, type LaunchOptions, NON_INTERACTIVE } from '../../claude/launch-env.ts'
import type { Env } from '../../../lib/env.ts'

/** A variable that claude needs, or, null, one that it must not have. */
export type Variable = readonly [name: string, value: string | null]

/** What has to change in `env` so that claude, started there, works as under `ccr code`. */
export function variablesFor(env: Env, options: LaunchOptions): Variable[] {
  const child = childEnvironment(env, options)
  const wanted = new Set(Object.keys(childEnvironment({}, options)))
  const gone = Object.keys(env).filter((name) => env[name] !== undefined && !(name in child))
  const others = Object.keys(child).filter((name) => !wanted.has(name) && child[name] !== env[name])
  return [
    ...gone.map((name) => [name, null] as const),
    ...[...wanted, ...others].map((name) => [name, child[name] ?? ''] as const),
  ]
}

/**
 * The variables that undo what ccr has set in `env`, or may have set if that was not recorded. `NO_PROXY`
 * is kept if it names more than this machine.
 */
export function variablesToRemove(env: Env): Variable[] {
  const known = undoneVariables(env)
  const removed = known.length > 0 ? known : NAMES.map((name) => [name, null] as const)
  const proxies = PROXIES.filter((name) => [undefined, DEFAULT_PROXIES].includes(env[name]))
  return [
    ...removed.filter(([name]) => !isProxy(name)),
    ...proxies.map((name) => [name, null] as const),
  ]
}

const isProxy = (name: string): boolean => /^no_proxy$/i.test(name)

const ANY = {
  ...{ baseUrl: '', token: '', alias: '', namedModel: 'm', unmatched: 'p' },
  ...{
    target: { provider: 'p', model: 'claude' },
    apiTimeoutMs: 0,
    contextWindow: 1,
    maxOutput: 1,
    discovery: true,
  },
}

const OF_ANY_SESSION = {
  ...childEnvironment({}, { ...ANY, firstParty: true }),
  ...childEnvironment({}, { ...ANY, firstParty: false }),
}

/** All that ccr ever sets for claude, but for what `NON_INTERACTIVE_MODE` adds, which a shell may have. */
const NAMES = Object.keys(OF_ANY_SESSION).filter((name) => !(name in NON_INTERACTIVE))
const PROXIES = NAMES.filter(isProxy)
const DEFAULT_PROXIES = OF_ANY_SESSION['NO_PROXY']

/** What `ccr provider add NAME` knows by the name alone. */
import type { Env } from '../../../lib/env.ts'
import { localProviders, localServers } from '../init/detect.ts'
import { HOSTED_PROVIDERS } from '../init/known-providers.ts'

export interface Known {
  readonly url: string
  /** The variable that its key is in; undefined for a server that wants none. */
  readonly variable?: string
  readonly models: readonly string[]
}

export const KNOWN_NAMES: readonly string[] = HOSTED_PROVIDERS.map(({ name }) => name)

/** A provider with a public address: of its variables the one that is set, else the usual one. */
export function knownProvider(name: string, env: Env): Known | undefined {
  const known = HOSTED_PROVIDERS.find((one) => one.name === name.toLowerCase())
  if (known === undefined) return undefined
  const { url, variables, models } = known
  const variable = variables.find((one) => (env[one] ?? '').trim() !== '') ?? variables[0]
  return { url, models, ...(variable === undefined ? {} : { variable }) }
}

export interface Local extends Known {
  /** What people call it, and where it was looked for. */
  readonly title: string
  readonly origin: string
}

/** A server of this machine, with the models that it has; none of them when it does not answer. */
export async function localServer(name: string, env: Env): Promise<Local | undefined> {
  const server = localServers(env).find((one) => one.name === name.toLowerCase())
  if (server === undefined) return undefined
  const [found] = await localProviders([server])
  const { title, origin } = server
  return { url: `${origin}/v1/chat/completions`, models: found?.models ?? [], title, origin }
}

/** The variable for the key of a provider that is not known: `my-relay` has `MY_RELAY_API_KEY`. */
export function variableFor(name: string, env: Env = {}): string {
  const known = knownProvider(name, env)?.variable
  if (known !== undefined) return known
  const word = name
    .toUpperCase()
    .split(/[^A-Z0-9]/)
    .filter(Boolean)
    .join('_')
  return `${/^[A-Z]/.test(word) ? '' : 'PROVIDER_'}${word === '' ? '' : `${word}_`}API_KEY`
}

import type { Config } from '../config/config.ts'
import type { Target } from '../formats/format.ts'
import { GatewayError } from '../messages/error.ts'
import { providerOf } from '../providers/provider.ts'
import type { Provider } from '../providers/provider.ts'
import type { Choice } from '../routing/lookup.ts'
import type { Lane } from './failover.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A model of a provider, to be asked with one of its keys. */
export interface ReadyLane extends Lane {
  readonly provider: Provider
  readonly target: Target
}

/** The config's providers, each made ready at its first use: a broken one harms only its own requests. */
export interface Lanes {
  /**
   * The lanes of the choices, in their order, each provider's keys in the order of the config.
   * Fallbacks that cannot be called are left out.
   * @throws GatewayError if the first choice cannot be called.
   */
  of(choices: readonly [Choice, ...Choice[]]): readonly [ReadyLane, ...ReadyLane[]]
}

export function createLanes(config: Pick<Config, 'providers'>, env: Env = {}): Lanes {
  const ready = new Map<string, readonly [Provider, ...Provider[]]>()
  const providers = (name: string): readonly [Provider, ...Provider[]] => {
    const known = ready.get(name)
    if (known) return known
    const made = makeReady(name, config, env)
    ready.set(name, made)
    return made
  }
  return {
    of([first, ...others]) {
      const [lane, ...more] = lanesOf(first, providers(first.provider))
      return [lane, ...more, ...others.flatMap((choice) => usable(choice, providers))]
    },
  }
}

function usable(choice: Choice, providers: (name: string) => readonly [Provider, ...Provider[]]) {
  try {
    return lanesOf(choice, providers(choice.provider))
  } catch {
    return []
  }
}

function lanesOf(
  { provider: name, model }: Choice,
  [only, ...others]: readonly [Provider, ...Provider[]],
): [ReadyLane, ...ReadyLane[]] {
  const can = only.can(model)
  const target = { provider: name, model, ...(can === undefined ? {} : { can }) }
  const lane = (provider: Provider, suffix: string): ReadyLane => ({
    name: `${name},${model}${suffix}`,
    window: can?.contextWindow,
    provider,
    target,
  })
  if (others.length === 0) return [lane(only, '')]
  return [lane(only, '#1'), ...others.map((key, index) => lane(key, `#${String(index + 2)}`))]
}

function makeReady(
  name: string,
  config: Pick<Config, 'providers'>,
  env: Env,
): readonly [Provider, ...Provider[]] {
  const entry = config.providers.find((provider) => provider.name === name)
  if (!entry) {
    throw new GatewayError('invalid_request_error', `No provider "${name}" in the config.`, {
      shouldRetry: false,
    })
  }
  if (entry.missing.length > 0) throw missingVariables(name, entry.missing)
  const [, ...keys] = entry.apiKeys ?? []
  return [providerOf(entry, env), ...keys.map((apiKey) => providerOf({ ...entry, apiKey }, env))]
}

function missingVariables(provider: string, variables: readonly string[]): GatewayError {
  const [are, them] = variables.length === 1 ? ['is', 'it'] : ['are', 'them']
  return new GatewayError(
    'authentication_error',
    `Provider ${provider} needs ${variables.join(' and ')}, which ${are} not set. Set ${them} and run \`ccr restart\`.`,
  )
}

import type { Config } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { providerOf } from '../providers/provider.ts'
import type { Provider } from '../providers/provider.ts'

/** The config's providers, each made ready at its first use: a broken one harms only its own requests. */
export interface Providers {
  /** @throws GatewayError if the provider is not configured or cannot be called. */
  get(name: string): Provider
}

export function createProviders(config: Pick<Config, 'providers'>): Providers {
  const ready = new Map<string, Provider>()
  return {
    get(name) {
      const known = ready.get(name)
      if (known) return known
      const entry = config.providers.find((provider) => provider.name === name)
      if (!entry)
        throw new GatewayError('invalid_request_error', `No provider "${name}" in the config.`)
      if (entry.missing.length > 0) throw missingVariables(name, entry.missing)
      const provider = providerOf(entry)
      ready.set(name, provider)
      return provider
    },
  }
}

function missingVariables(provider: string, variables: readonly string[]): GatewayError {
  const [are, them] = variables.length === 1 ? ['is', 'it'] : ['are', 'them']
  return new GatewayError(
    'authentication_error',
    `Provider ${provider} needs ${variables.join(' and ')}, which ${are} not set. Set ${them} and run \`ccr restart\`.`,
  )
}

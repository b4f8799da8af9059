/** The list of providers that counts in a config. */
import type { Path } from './parse/json5-locations.ts'
import type { ConfigInput, ProviderInput } from './schema/schema.ts'

/** The key of the list that counts: `providers` if the config has only that one, otherwise `Providers`. */
export function providersKey(config: {
  readonly Providers?: unknown
  readonly providers?: unknown
}): 'Providers' | 'providers' {
  return config.Providers === undefined && config.providers !== undefined
    ? 'providers'
    : 'Providers'
}

/** The providers of a valid config, each with its place: of two lists `Providers` counts. */
export function providersOf(input: ConfigInput): { provider: ProviderInput; path: Path }[] {
  const list = providersKey(input)
  return (input[list] ?? []).map((provider, index) => ({ provider, path: [list, index] }))
}

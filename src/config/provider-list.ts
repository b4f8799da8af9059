/** The list of providers that counts in a config. */
import type { Path } from './parse/json5-locations.ts'
import type { ConfigInput, ProviderInput } from './schema/schema.ts'

/** The providers of a valid config, each with its place: of two lists `Providers` counts. */
export function providersOf(input: ConfigInput): { provider: ProviderInput; path: Path }[] {
  const list = input.Providers === undefined ? 'providers' : 'Providers'
  return (input[list] ?? []).map((provider, index) => ({ provider, path: [list, index] }))
}

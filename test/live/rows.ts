/** The providers that `npm run test:live` tests with a key out of the environment: a small model of each. */
import type { ProviderDefinition } from '../../src/providers/definition.ts'
import { PROVIDERS } from '../../src/providers/index.ts'

export interface LiveRow {
  /** The provider's id, or that of one of its protocols. */
  readonly name: string
  readonly variable: string
  readonly url: string
  readonly model: string
}

/** The tests of a provider; what they leave out is as `ccr init` has it. */
export function liveRowsOf({ id, init, live }: ProviderDefinition): readonly LiveRow[] {
  if ('none' in live) return []
  const [usual = ''] = 'variables' in init ? init.variables : []
  const endpoint = 'url' in init ? init.url : ''
  return live.map(({ name = id, variable = usual, url = endpoint, model }) => {
    return { name, variable, url, model }
  })
}

export const LIVE_ROWS: readonly LiveRow[] = PROVIDERS.flatMap(liveRowsOf)

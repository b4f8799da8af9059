/** The providers that `npm run test:live` tests with a key out of the environment: a small model of each. */
import { PROVIDERS } from '../../src/providers/index.ts'

export interface LiveRow {
  /** The provider's id, or that of one of its protocols. */
  readonly name: string
  readonly variable: string
  readonly url: string
  readonly model: string
}

export const LIVE_ROWS: readonly LiveRow[] = PROVIDERS.flatMap(({ id, init, live }) => {
  if ('none' in live) return []
  const [usual = ''] = 'variables' in init ? init.variables : []
  const endpoint = 'url' in init ? init.url : ''
  return live.map(({ name = id, variable = usual, url = endpoint, model }) => {
    return { name, variable, url, model }
  })
})

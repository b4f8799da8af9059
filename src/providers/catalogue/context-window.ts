/** What is known of a model of a configured provider: the catalogue, and the `contextWindow` of the config. */
import type { ProviderConfig } from '../../config/config.ts'
import type { Capabilities } from '../../protocols/protocol.ts'
import { capabilitiesOf } from './catalogue.ts'
import { recognise } from '../configured/recognise.ts'

type Windowed = Pick<ProviderConfig, 'contextWindow'>

/** What is known of a model, the config's `contextWindow` before all else. */
export function withWindow<T extends Capabilities>(
  { contextWindow: written }: Windowed,
  model: string,
  known: T | undefined,
): T | { readonly contextWindow: number } | undefined {
  const contextWindow = typeof written === 'number' ? written : (written?.[model] ?? written?.['*'])
  return contextWindow === undefined ? known : { ...known, contextWindow }
}

/** What the config and the catalogue say of a model; nothing for the demo. */
export function knownCapabilities(
  provider: ProviderConfig | undefined,
  model: string,
): Capabilities {
  if (provider === undefined) return {}
  const { name, url } = provider
  const listed = URL.canParse(url)
    ? capabilitiesOf(recognise(name, new URL(url)).id, model)
    : undefined
  return withWindow(provider, model, listed) ?? {}
}

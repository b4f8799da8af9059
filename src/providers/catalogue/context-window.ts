/** What is known of a model of a configured provider: what the config says of it, then the catalogue. */
import type { ModelConfig, ProviderConfig } from '../../config/config.ts'
import type { Capabilities } from '../../protocols/protocol.ts'
import { capabilitiesOf } from './catalogue.ts'
import { recognise } from '../configured/recognise.ts'

type Configured = Pick<ProviderConfig, 'contextWindow' | 'modelDetails'>

/** What the config says of a model; of one that is not listed with details, what it says of `*`. */
export function configuredModel(
  modelDetails: ProviderConfig['modelDetails'],
  model: string,
): ModelConfig | undefined {
  return modelDetails && valueFor(modelDetails, model)
}

/**
 * What is known of a model where a catalogue knows `listed`: first what the config says of this model,
 * then `contextWindow` of its provider.
 */
export function withConfigured<T extends Capabilities>(
  provider: Configured,
  model: string,
  listed: T | undefined,
): T | Capabilities | undefined {
  const { contextWindow: written } = provider
  const contextWindow = typeof written === 'object' ? valueFor(written, model) : written
  const configured = {
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...configuredModel(provider.modelDetails, model)?.abilities,
  }
  return Object.keys(configured).length === 0 ? listed : { ...listed, ...configured }
}

/** The value of a model, else that of `*`. */
function valueFor<T>(byModel: Readonly<Record<string, T>>, model: string): T | undefined {
  return Object.hasOwn(byModel, model) ? byModel[model] : byModel['*']
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
  return withConfigured(provider, model, listed) ?? {}
}

/** What is known of a model of a configured provider: by the config, by its server, by the catalogue. */
import type { ModelConfig, ProviderConfig } from '../../config/config.ts'
import type { Capabilities } from '../../protocols/protocol.ts'
import { capabilitiesOf } from './catalogue.ts'
import { withReport } from '../model-reports/report.ts'
import { recognise } from '../configured/recognise.ts'

type Configured = Pick<ProviderConfig, 'contextWindow' | 'modelDetails' | 'reported'>

/** What the config says of a model; of one that is not listed with details, what it says of `*`. */
export function configuredModel(
  modelDetails: ProviderConfig['modelDetails'],
  model: string,
): ModelConfig | undefined {
  return modelDetails && valueFor(modelDetails, model)
}

/**
 * What is known of a model where a catalogue knows `listed`: first what the config says of this model,
 * then `contextWindow` of its provider, then what its server reports.
 */
export function withConfigured<T extends Capabilities>(
  provider: Configured,
  model: string,
  listed: T | undefined,
): T | Capabilities | undefined {
  const configured = configuredAbilities(provider, model)
  const known = withReport(provider, model, listed)
  return Object.keys(configured).length === 0 ? known : { ...known, ...configured }
}

/** What the config itself says of a model. */
export function configuredAbilities(provider: Configured, model: string): Capabilities {
  const { contextWindow: written } = provider
  const contextWindow = typeof written === 'object' ? valueFor(written, model) : written
  return {
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...configuredModel(provider.modelDetails, model)?.abilities,
  }
}

/** The value of a model, else that of `*`. */
function valueFor<T>(byModel: Readonly<Record<string, T>>, model: string): T | undefined {
  return Object.hasOwn(byModel, model) ? byModel[model] : byModel['*']
}

/** What the config, the model's server and the catalogue say of it; nothing for the demo. */
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

/** The price of a model: that of the config, else the catalogue's. */
import { formatModelRef } from '../../lib/model-ref.ts'
import type { PriceConfig, ProviderConfig } from '../../config/config.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { isLocalProvider, modelDetails, priceSource } from './catalogue.ts'
import type { PriceTag } from '../../pricing/cost.ts'
import { configuredModel } from './context-window.ts'
import { recognise } from '../configured/recognise.ts'

/** What of a configured provider says what its tokens cost. */
interface Seller {
  readonly name: string
  /** '' for the built-in demo. */
  readonly url: string
  readonly modelDetails?: ProviderConfig['modelDetails']
}

const FREE: PriceTag = { price: { input: 0, output: 0 }, source: 'local', date: null }

/**
 * What a provider charges for a model's tokens, and the source of the price; undefined where no source
 * has one, which is not the same as nothing. The demo, and servers known to run on this machine, are free.
 * @param prices of the config, by `provider,model` or `provider`.
 */
export function priceTagOf(
  seller: Seller,
  model: string,
  prices: Readonly<Record<string, PriceConfig>> = {},
): PriceTag | undefined {
  const { name, url } = seller
  const configured = configuredPrice(seller, model, prices)
  if (configured !== undefined) {
    const { date = null, ...price } = configured
    return { price, source: 'config', date }
  }
  if (url === '' || !URL.canParse(url)) return name === 'demo' ? FREE : undefined
  const base = new URL(url)
  const { id } = recognise(name, base)
  if (isLocalProvider(id)) return isLoopback(base.hostname) ? FREE : undefined
  const listed = modelDetails(id, model)?.price
  return listed && { price: listed, ...priceSource(id) }
}

/** The most particular price of the config: that of the model in `Prices` or `models`, then its provider's. */
function configuredPrice(
  { name, modelDetails }: Seller,
  model: string,
  prices: Readonly<Record<string, PriceConfig>>,
): PriceConfig | undefined {
  const ofModel = prices[formatModelRef({ provider: name, model })]
  return ofModel ?? configuredModel(modelDetails, model)?.price ?? prices[name]
}

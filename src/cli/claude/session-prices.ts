/** The prices of a session, for its claude child and for what the child shows. */
import type { Config } from '../../config/config.ts'
import type { Env } from '../../lib/env.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import type { Price } from '../../pricing/cost.ts'
import {
  type Charges,
  clientPrices,
  type ModelPricing,
  type NamedTarget,
  priced,
  type Priced,
  pricesIn,
  type PricedSession,
} from './client-prices.ts'
import { explicitChoice } from '../../routing/resolve.ts'
import { claudeModel, type LaunchOptions } from './launch-env.ts'
import { writtenName } from './launch-options.ts'
import { isAlias, type NamedModel } from './model-argument.ts'

export interface SessionPrices {
  /** The model of the session, or the one that the user names; null if unknown. */
  readonly target: ModelRef | null
  /** Its price; `listed`: that of the child's own list; undefined: unknown. */
  readonly price: Priced['price']
  /** `modelPricing` of the child for these models; undefined where its own list is right. */
  readonly of: (models: readonly NamedTarget[]) => ModelPricing | undefined
  /** `$1.25 in, $10 out per million tokens`, `free`, `price unknown`. */
  readonly text: (target: ModelRef) => string
}

export interface PriceSources {
  readonly charges: Charges
  /** The environment of the child. */
  readonly env: Env
  /** The model that the user names to claude, if any. */
  readonly named: NamedModel | undefined
}

/** Collects the prices of a session from its config and from what providers reported. */
export function sessionPrices(
  session: LaunchOptions & { readonly preference: string },
  config: Config,
  { charges, env, named }: PriceSources,
): SessionPrices {
  const { alias, firstParty, preference } = session
  const hourCache = /^(1|true|yes|on)$/i.test(env['ENABLE_PROMPT_CACHING_1H'] ?? '')
  const settings: PricedSession = { config, preference, alias, firstParty, hourCache, charges }
  const priceOf = pricesIn(settings)
  const usual = { name: claudeModel(session) ?? alias, target: session.target }
  const asked: NamedTarget =
    named === undefined || (named.choice === null && isAlias(named.name))
      ? usual
      : { name: named.name, target: named.choice ?? session.target }
  return {
    target: asked.target,
    price: priced(asked, priceOf, settings).price,
    of: (models) => clientPrices(allNames(models, asked, settings), settings).modelPricing,
    text: (target) => priceText(priceOf(target).price),
  }
}

/** Longer names would leave no room for others in an argument. */
const LONGEST_NAME = 200

/**
 * The models by all names that the child may ask for: first that of the session or of the user, then
 * those of the list, `provider,model`, as definitions of sub-agents name a model, and the names that the
 * config gives them, which a user may type in `/model`.
 */
function allNames(
  models: readonly NamedTarget[],
  asked: NamedTarget,
  { config, alias }: PricedSession,
): NamedTarget[] {
  const written = models.flatMap(({ target }) =>
    target === null ? [] : [{ name: formatModelRef(target), target }],
  )
  const shown = models.flatMap(({ target }) => {
    const name = writtenName(target, config)
    if (name === undefined) return []
    const found = explicitChoice(name, config, { alias })
    return found.kind === 'found' ? [{ name, target: found.choice }] : []
  })
  return [asked, ...models, ...written, ...shown].filter(({ name }) => name.length <= LONGEST_NAME)
}

/** A price in words, USD. */
export function priceText(price: Price | undefined): string {
  if (price === undefined) return 'price unknown'
  const { input, output } = price
  if (input === 0 && output === 0) return 'free'
  return `${usd(input)} in, ${usd(output)} out per million tokens`
}

/** `$2`, `$0.10`, `$0.075`. */
function usd(amount: number): string {
  const short = Number(amount.toPrecision(4))
  const cents = short.toFixed(2)
  return `$${Number.isInteger(short) || Number(cents) !== short ? String(short) : cents}`
}

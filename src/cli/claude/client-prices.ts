/**
 * The prices that the claude child counts with: `modelPricing` of its managed settings. The child looks
 * up each request by the model name that it asked for, when the answer ends; what the answer says of
 * itself does not matter. Observed with Claude Code 2.1.330 and 2.1.332; see
 * docs/decisions/0031-prices-of-the-client.md.
 */
import type { Config } from '../../config/config.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import { type Charge, chargedPrice } from '../../pricing/charged-price.ts'
import type { Price } from '../../pricing/cost.ts'
import { anthropic } from '../../providers/anthropic.ts'
import { catalogueIds } from '../../providers/catalogue/catalogue.ts'
import { priceTagOf } from '../../providers/catalogue/price.ts'
import { resolveRoute, type Session } from '../../routing/resolve.ts'

/** A model name that the child may ask for, and the model that serves it; null if unknown. */
export interface NamedTarget {
  readonly name: string
  readonly target: ModelRef | null
}

/** What providers reported that requests cost, by `provider,model`. */
export type Charges = ReadonlyMap<string, readonly Charge[]>

export interface PricedSession extends Session {
  readonly config: Config
  /** Whether all targets are Anthropic's own API: the child has its prices, unless the config gives others. */
  readonly firstParty: boolean
  /** Whether the child asks for caches that live an hour (ENABLE_PROMPT_CACHING_1H): one rate covers all writes. */
  readonly hourCache?: boolean
  readonly charges?: Charges
}

/** USD per million tokens, before the multiplier. */
interface Row {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  /** Of writes for 5 minutes and for an hour alike. */
  readonly cacheWrite: number
}

/** As in the child's settings: a request costs what its row or else the child's list says, times the multiplier. */
export interface ModelPricing {
  readonly multiplier?: number
  readonly overrides?: Readonly<Record<string, Row>>
}

export interface ClientPrices {
  /** Undefined where the child's list is right as it is. */
  readonly modelPricing: ModelPricing | undefined
  /** The listed names without a known price: the child counts next to nothing for them. */
  readonly unknown: readonly string[]
}

export interface Priced {
  readonly name: string
  /** `listed`: the child's list is right; undefined: unknown. */
  readonly price: Price | 'listed' | undefined
}

/**
 * The prices of the models that the child may ask for, those of Anthropic included: it asks for them by
 * itself (sub-agents, the classifier of auto mode), and whatever serves them here has its price.
 *
 * A name without a row counts at the rate of a Claude model, times the multiplier. So the multiplier is
 * as small as the rates allow, which makes that next to nothing, while the child says that the cost is
 * of an unknown model. Where all prices are known, it is what makes the child's rate of a web search
 * right.
 * @param listed the session's model first; of equal names the first counts.
 */
export function clientPrices(listed: readonly NamedTarget[], session: PricedSession): ClientPrices {
  const priceOf = pricesIn(session)
  const models = listed.map((named) => priced(named, priceOf, session))
  const others = anthropicNames(session).map((named) => priced(named, priceOf, session))
  const all = firstOfEach([...models, ...others])
  const unknown = models.filter(({ price }) => price === undefined).map(({ name }) => name)
  const usesList = all.some(({ price }) => price === 'listed')
  const prices = all.flatMap(({ price }) => (typeof price === 'object' ? price : []))
  const first = unknown.length === 0 ? models[0]?.price : undefined
  const searches = typeof first === 'object' ? first.webSearches : undefined
  const multiplier = usesList ? 1 : multiplierFor(prices, searches)
  const rows = all.flatMap(({ name, price }) => {
    if (typeof price === 'object') return [[name, rowOf(price, multiplier, session)] as const]
    return usesList && price === undefined ? [[name, NOTHING] as const] : []
  })
  return { modelPricing: pricing(rows, multiplier), unknown }
}

function pricing(
  rows: readonly (readonly [string, Row])[],
  multiplier: number,
): ModelPricing | undefined {
  if (rows.length === 0 && multiplier === 1) return undefined
  return {
    ...(multiplier === 1 ? {} : { multiplier }),
    ...(rows.length === 0 ? {} : { overrides: Object.fromEntries(rows) }),
  }
}

/** The first of each name; the child does not tell upper and lower case apart. */
function firstOfEach(models: readonly Priced[]): readonly Priced[] {
  const names = new Set<string>()
  return models.filter(({ name }) => {
    const isNew = !names.has(name.toLowerCase())
    names.add(name.toLowerCase())
    return isNew
  })
}

/** The names of Anthropic's models, with what serves them in this session. */
function anthropicNames({ config, ...session }: PricedSession): NamedTarget[] {
  const names = catalogueIds(anthropic.id).filter((name) => !/-\d{8}$/.test(name))
  return names.map((name) => {
    try {
      const route = resolveRoute({ model: name, messages: [] }, config, session, { tokens: 0 })
      return { name, target: route.choices[0] }
    } catch {
      return { name, target: null } // the gateway refuses it
    }
  })
}

interface Found {
  readonly price: Price | undefined
  readonly isWritten: boolean
}

export type PriceOf = (target: ModelRef) => Found

/** The prices of models, each looked up once, and whether they are those of the config. */
export function pricesIn({ config, charges }: Pick<PricedSession, 'config' | 'charges'>): PriceOf {
  const { providers, prices } = config
  const known = new Map<string, Found>()
  return ({ provider, model }) => {
    const ref = formatModelRef({ provider, model })
    const before = known.get(ref)
    if (before !== undefined) return before
    const demo = { name: provider, url: '' }
    const tag = priceTagOf(providers.find(({ name }) => name === provider) ?? demo, model, prices)
    const price = chargedPrice(charges?.get(ref) ?? [], tag?.price)
    const found = { price, isWritten: tag?.source === 'config' }
    known.set(ref, found)
    return found
  }
}

/** What one model counts. */
export function priced(
  { name, target }: NamedTarget,
  priceOf: PriceOf,
  { firstParty }: Pick<PricedSession, 'firstParty'>,
): Priced {
  if (target === null) return { name, price: undefined }
  const { price, isWritten } = priceOf(target)
  const isListed = firstParty && !isWritten && isSame(name, target.model)
  return { name, price: isListed ? 'listed' : price }
}

/** Whether the child knows the model by the name that its maker gave it, also behind a provider's: `anthropic/claude-…`. */
function isSame(name: string, model: string): boolean {
  const [one, other] = [name.replace(/^[\w.-]+\//, ''), model].map((id) =>
    id.toLowerCase().replace(/(-\d{8})?(\[1m\])?$/, ''),
  )
  return one === other && /^claude-/.test(one ?? '')
}

/** What the child adds for a web search, USD, before the multiplier. */
const SEARCH_USD = 0.01
/** The largest rate and multiplier that its settings take, and a multiplier that makes every cost disappear. */
const MOST_RATE = 10_000
const MOST_MULTIPLIER = 10
const LEAST_MULTIPLIER = 2 ** -30

function multiplierFor(prices: readonly Price[], searches = 0): number {
  const highest = Math.max(0, ...prices.map(highestRate))
  const least = highest / MOST_RATE
  // A power of two keeps every digit of the rates.
  const small = Math.max(LEAST_MULTIPLIER, 2 ** Math.ceil(Math.log2(least)))
  const wanted = searches > 0 ? Math.max(searches / 1000 / SEARCH_USD, least) : small
  return Math.min(MOST_MULTIPLIER, wanted)
}

function highestRate(price: Price): number {
  const { input, output, cacheRead, cacheWrite } = ratesOf(price, true)
  return Math.max(input, output, cacheRead, cacheWrite)
}

const NOTHING: Row = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

function rowOf(price: Price, multiplier: number, { hourCache = false }: PricedSession): Row {
  const rate = (usd: number): number => Math.min(MOST_RATE, usd / multiplier)
  const { input, output, cacheRead, cacheWrite } = ratesOf(price, hourCache)
  return {
    input: rate(input),
    output: rate(output),
    cacheRead: rate(cacheRead),
    cacheWrite: rate(cacheWrite),
  }
}

/** The rates of requests below every tier, those of the cache always given. */
function ratesOf(price: Price, hourCache: boolean): Row {
  const { input, output, cacheRead = input, cacheWrite = input, cacheWrite1h = cacheWrite } = price
  return { input, output, cacheRead, cacheWrite: hourCache ? cacheWrite1h : cacheWrite }
}

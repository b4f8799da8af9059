/** What tokens cost at a price (pure). */
import type { FinalUsage } from '../messages/events.ts'

/** USD per million tokens. Without a rate for the cache its tokens cost `input`, as those of a provider without discount. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number | undefined
  /** Of writes that live 5 minutes. */
  readonly cacheWrite?: number | undefined
  /** Of writes that live an hour; without it twice `input`, as Anthropic has it. */
  readonly cacheWrite1h?: number | undefined
}

/** The rates of requests whose whole input, cached or not, is over so many tokens. */
export interface Tier extends Rates {
  readonly over: number
}

export interface Price extends Rates {
  /** USD per 1000 searches of the provider's own web search. */
  readonly webSearches?: number | undefined
  readonly tiers?: readonly Tier[] | undefined
}

/** A price with its origin. */
export interface PriceTag {
  readonly price: Price
  /** `config`, or the package that the catalogue was taken from, with its version. */
  readonly source: string
  /** Of the price, `2026-11-23`; null when the config gives none. */
  readonly date: string | null
}

/** Tokens by what is paid for them, each counted once. */
export interface Tokens {
  /** Neither read from a cache nor written to one. */
  readonly input: number
  /** Reasoning included. */
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  /** Searches of the provider's own web search. */
  readonly webSearches?: number
}

/** Further fields of Anthropic's usage: https://docs.anthropic.com/en/api/messages */
interface More {
  readonly cache_creation?: {
    readonly ephemeral_5m_input_tokens?: unknown
    readonly ephemeral_1h_input_tokens?: unknown
  } | null
  readonly server_tool_use?: { readonly web_search_requests?: unknown } | null
  readonly service_tier?: unknown
  readonly speed?: unknown
}

/** The tokens that a provider reported. Writes that it does not split live 5 minutes. */
export function tokensOf(usage: FinalUsage): Tokens {
  const written = count(usage.cache_creation_input_tokens)
  const more = usage as More
  const split = more.cache_creation
  const hour = count(split?.ephemeral_1h_input_tokens)
  return {
    input: count(usage.input_tokens),
    output: count(usage.output_tokens),
    cacheRead: count(usage.cache_read_input_tokens),
    cacheWrite5m: Math.max(0, written - hour, count(split?.ephemeral_5m_input_tokens)),
    cacheWrite1h: hour,
    webSearches: count(more.server_tool_use?.web_search_requests),
  }
}

/** Whether the list price applies: not to a request that was served faster, slower or with reserved capacity. */
export function isListPriced(usage: FinalUsage): boolean {
  const { service_tier: tier, speed } = usage as More
  return (tier ?? 'standard') === 'standard' && (speed ?? 'standard') === 'standard'
}

/** All input tokens, cached or not. */
export function inputOf({ input, cacheRead, cacheWrite5m, cacheWrite1h }: Tokens): number {
  return input + cacheRead + cacheWrite5m + cacheWrite1h
}

/** In USD, not rounded. Null, never 0, where the price is not known. */
export function costOf(tokens: Tokens, price: Price | undefined): number | null {
  if (price === undefined) return null
  const rates = ratesFor(inputOf(tokens), price)
  const microUsd =
    tokens.input * rates.input +
    tokens.output * rates.output +
    tokens.cacheRead * (rates.cacheRead ?? rates.input) +
    tokens.cacheWrite5m * (rates.cacheWrite ?? rates.input) +
    tokens.cacheWrite1h * (rates.cacheWrite1h ?? HOUR_WRITES * rates.input) +
    (tokens.webSearches ?? 0) * (price.webSearches ?? 0) * 1e3
  return microUsd / 1e6
}

/** Of the base rate: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#pricing */
const HOUR_WRITES = 2

/** Those of the highest tier that the input is over; they hold for all tokens of the request. */
function ratesFor(input: number, price: Price): Rates {
  let rates: Rates = price
  let over = -1
  for (const tier of price.tiers ?? []) {
    if (input <= tier.over || tier.over <= over) continue
    rates = tier
    over = tier.over
  }
  return rates
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

import { describe, expect, it } from 'vitest'
import type { FinalUsage } from '../messages/events.ts'
import { costOf, isListPriced, type Price, tokensOf } from './cost.ts'

/** Claude Sonnet's list price, cache writes 1.25 and 2 times the input. */
const SONNET: Price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }
/** With the long-context rates of the 1M window: twice the input, one and a half times the output. */
const SONNET_1M: Price = {
  ...SONNET,
  tiers: [{ over: 200_000, input: 6, output: 22.5, cacheRead: 0.6, cacheWrite: 7.5 }],
}
const GEMINI_PRO: Price = {
  input: 1.25,
  output: 10,
  cacheRead: 0.125,
  tiers: [{ over: 200_000, input: 2.5, output: 15, cacheRead: 0.25 }],
}
const GPT: Price = { input: 2.5, output: 10, cacheRead: 1.25 }
/** No discount for the cache. */
const PLAIN: Price = { input: 30, output: 60 }
const HOUR_RATE: Price = { ...SONNET, cacheWrite1h: 5 }
const STAIRS: Price = {
  input: 1,
  output: 1,
  tiers: [
    { over: 1000, input: 3, output: 3 },
    { over: 100, input: 2, output: 2 },
  ],
}
const FREE: Price = { input: 0, output: 0 }

/** Usage as providers report it, as the decoders hand it on. */
function usage(
  input: number,
  output: number,
  cache: { read?: number; written?: number; hour?: number } = {},
): FinalUsage {
  const { read = 0, written = 0, hour } = cache
  const split = (long: number) => ({
    ephemeral_1h_input_tokens: long,
    ephemeral_5m_input_tokens: written - long,
  })
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    ...(hour === undefined ? {} : { cache_creation: split(hour) }),
  }
}

/** Each in USD, computed by hand from the rates above. */
const TABLE: readonly (readonly [string, Price, FinalUsage, number])[] = [
  ['nothing', SONNET, usage(0, 0), 0],
  ['input alone', SONNET, usage(1_000_000, 0), 3],
  ['output alone', SONNET, usage(0, 1_000_000), 15],
  ['one request', SONNET, usage(12_345, 678), 0.047205],
  ['cached input', SONNET, usage(1_000, 500, { read: 100_000 }), 0.0405],
  ['a write for 5 minutes', SONNET, usage(0, 0, { written: 100_000 }), 0.375],
  ['a write that is not split', SONNET, usage(10, 10, { written: 20_000 }), 0.07518],
  ['a write for an hour', SONNET, usage(0, 0, { written: 100_000, hour: 100_000 }), 0.6],
  ['both writes', SONNET, usage(100, 200, { written: 30_000, hour: 10_000 }), 0.1383],
  ['all kinds', SONNET, usage(2_000, 1_000, { read: 50_000, written: 8_000, hour: 8_000 }), 0.084],
  ['an own price of an hour', HOUR_RATE, usage(0, 0, { written: 100_000, hour: 100_000 }), 0.5],
  ['just not above the tier', SONNET_1M, usage(200_000, 1_000), 0.615],
  ['one token above the tier', SONNET_1M, usage(200_001, 1_000), 1.222506],
  ['the cache counts for the tier', SONNET_1M, usage(1, 1_000, { read: 200_000 }), 0.142506],
  [
    'an hour above the tier',
    SONNET_1M,
    usage(100_000, 0, { written: 150_000, hour: 150_000 }),
    0.6 + 1.8,
  ],
  ['Gemini below', GEMINI_PRO, usage(50_000, 2_000, { read: 150_000 }), 0.10125],
  ['Gemini above', GEMINI_PRO, usage(100_000, 2_000, { read: 150_000 }), 0.3175],
  ['OpenAI, cached', GPT, usage(1_024, 300, { read: 7_168 }), 0.01452],
  ['no discount for the cache', PLAIN, usage(1_000, 100, { read: 500, written: 500 }), 0.066],
  ['tiers in any order', STAIRS, usage(1_001, 999), 0.006],
  ['a price of nothing', FREE, usage(1_000_000, 1_000_000), 0],
]

describe('the cost of a usage', () => {
  it.each(TABLE)('%s', (_, price, reported, usd) => {
    expect(costOf(tokensOf(reported), price)).toBeCloseTo(usd, 9)
  })

  it('has the web searches of the provider', () => {
    const searched = { ...usage(1_000, 100), server_tool_use: { web_search_requests: 3 } }
    const price = { ...SONNET, webSearches: 10 }
    expect(costOf(tokensOf(searched), price)).toBeCloseTo(0.0345, 9)
  })

  it('is not that of the list for requests served in another way', () => {
    expect(isListPriced(usage(1, 1))).toBe(true)
    expect(isListPriced({ ...usage(1, 1), service_tier: 'standard', speed: null } as never)).toBe(
      true,
    )
    expect(isListPriced({ ...usage(1, 1), service_tier: 'priority' } as never)).toBe(false)
    expect(isListPriced({ ...usage(1, 1), speed: 'fast' } as never)).toBe(false)
  })

  it('is not known without a price', () => {
    expect(costOf(tokensOf(usage(1_000, 1_000)), undefined)).toBeNull()
  })

  it('takes what is no count for nothing', () => {
    const odd = { input_tokens: null, output_tokens: -3, cache_creation: null }
    expect(tokensOf(odd as unknown as FinalUsage)).toEqual({
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      webSearches: 0,
    })
  })
})

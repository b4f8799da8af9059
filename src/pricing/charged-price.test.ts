import { describe, expect, it } from 'vitest'
import { type Charge, chargedPrice } from './charged-price.ts'
import { costOf, type Price, type Tokens } from './cost.ts'

const NONE: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
const SMALL: Tokens = { ...NONE, input: 12_000, output: 300 }
const CACHED: Tokens = { ...NONE, input: 500, output: 1_200, cacheRead: 240_000, cacheWrite5m: 900 }

const LISTED: Price = {
  input: 2,
  output: 12,
  cacheRead: 0.2,
  cacheWrite: 2.5,
  webSearches: 10,
  tiers: [{ over: 200_000, input: 4, output: 18, cacheRead: 0.4, cacheWrite: 5 }],
}

const charge = (tokens: Tokens, price: Price, ratio = 1): Charge => ({
  tokens,
  usd: (costOf(tokens, price) ?? 0) * ratio,
})

describe('the price that explains what was charged', () => {
  it('is the list price where nothing was charged for yet', () => {
    expect(chargedPrice([], LISTED)).toBe(LISTED)
    expect(chargedPrice([{ tokens: NONE, usd: 0 }], LISTED)).toBe(LISTED)
    expect(chargedPrice([], undefined)).toBeUndefined()
  })

  it('is the list price where the charges confirm it, tiers included', () => {
    expect(chargedPrice([charge(SMALL, LISTED), charge(CACHED, LISTED)], LISTED)).toBe(LISTED)
    expect(chargedPrice([charge(SMALL, LISTED, 1.019)], LISTED)).toBe(LISTED)
  })

  it('is that of a cheaper or dearer seller in the proportions of the list', () => {
    const price = chargedPrice([charge(SMALL, LISTED, 0.5), charge(CACHED, LISTED, 0.5)], LISTED)
    expect(price).toEqual({
      input: 1,
      output: 6,
      cacheRead: 0.1,
      cacheWrite: 1.25,
      webSearches: 10,
      tiers: [{ over: 200_000, input: 2, output: 9, cacheRead: 0.2, cacheWrite: 2.5 }],
    })
  })

  it('is nothing where nothing was charged', () => {
    expect(chargedPrice([charge(SMALL, LISTED, 0)], LISTED)).toMatchObject({ input: 0, output: 0 })
    expect(chargedPrice([charge(SMALL, LISTED, 0)], undefined)).toMatchObject({ input: 0 })
  })

  it('adds up to the charges where there is no list price, or one of nothing', () => {
    const charges = [
      { tokens: SMALL, usd: 0.02 },
      { tokens: CACHED, usd: 0.05 },
    ]
    for (const listed of [undefined, { input: 0, output: 0 }]) {
      const price = chargedPrice(charges, listed)
      const sum = charges.reduce((usd, { tokens }) => usd + (costOf(tokens, price) ?? 0), 0)
      expect(sum).toBeCloseTo(0.07, 12)
    }
  })

  it('stays free where the list says so and nothing was charged', () => {
    const free = { input: 0, output: 0 }
    expect(chargedPrice([{ tokens: SMALL, usd: 0 }], free)).toBe(free)
  })
})

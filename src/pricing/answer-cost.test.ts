import { describe, expect, it } from 'vitest'
import { costOfAnswer } from './answer-cost.ts'

const TOKENS = { input: 1_000, output: 100, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
const TAG = { price: { input: 3, output: 15 }, source: 'list', date: '2026-11-23' }

describe('the cost of an answer', () => {
  it('is what the provider reports, whatever the price', () => {
    const reported = { usd: 0.5, source: 'provider', priceDate: null }
    expect(costOfAnswer(TOKENS, 0.5, TAG)).toEqual(reported)
    expect(costOfAnswer(null, 0.5, undefined)).toEqual(reported)
    expect(costOfAnswer(TOKENS, 0, TAG)).toEqual({ ...reported, usd: 0 })
  })

  it('is that of its tokens at the price, with the source and date of the price', () => {
    const cost = costOfAnswer(TOKENS, null, TAG)
    expect(cost).toMatchObject({ source: 'list', priceDate: '2026-11-23' })
    expect(cost?.usd).toBeCloseTo(0.0045, 12)
  })

  it('is null where tokens or price are unknown', () => {
    expect(costOfAnswer(null, null, TAG)).toBeNull()
    expect(costOfAnswer(TOKENS, null, undefined)).toBeNull()
  })
})

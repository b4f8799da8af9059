import { expect, it } from 'vitest'
import { reportedCost } from './reported-cost.ts'

// Hand-written usages in the shape of OpenRouter's and xAI's documentation.
const BYOK = { cost: 0.0005, is_byok: true, cost_details: { upstream_inference_cost: 0.01 } }

it.each([
  ['what was charged', 'cost', { cost: 0.95, is_byok: false }, 0.95],
  ['nothing, which is a fact too', 'cost', { cost: 0 }, 0],
  [
    'what the provider behind took of that is not charged again',
    'cost',
    { cost: 0.002, is_byok: false, cost_details: { upstream_inference_cost: 0.002 } },
    0.002,
  ],
  ['the fee and what the own key was charged', 'cost', BYOK, 0.0105],
  ['ticks', 'cost_in_usd_ticks', { cost_in_usd_ticks: 37_756_000 }, 0.0037756],
  ['no ticks', 'cost_in_usd_ticks', { cost_in_usd_ticks: 0, cost: 5 }, 0],
] as const)('reads in USD what an answer cost: %s', (_, field, usage, usd) => {
  expect(reportedCost(usage, field)).toBeCloseTo(usd, 12)
})

it.each([
  ['no such field', { prompt_tokens: 3 }],
  ['text', { cost: '0.95' }],
  ['below zero', { cost: -1 }],
  ['no number', { cost: Number.NaN }],
  ['without end', { cost: Number.POSITIVE_INFINITY }],
  ['parts', { cost: { total_cost: 1 } }],
  ['only the fee for a key of the own', { ...BYOK, cost_details: null }],
  ['a broken charge of the own key', { ...BYOK, cost_details: { upstream_inference_cost: -1 } }],
  ['nothing', null],
  ['a number', 3],
])('knows no cost: %s', (_, usage) => {
  expect(reportedCost(usage, 'cost')).toBeUndefined()
})

it('believes nobody who is not known to say it', () => {
  expect(reportedCost({ cost: 1, cost_in_usd_ticks: 1 }, undefined)).toBeUndefined()
})

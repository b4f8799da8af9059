/** The schema of `Prices`: what tokens cost, where the built-in catalogue does not apply. */
import * as v from 'valibot'

const USD = 'US dollars per million tokens, such as 2.5'
const usd = v.pipe(v.number(USD), v.minValue(0, USD))

const PRICE = 'a price in US dollars per million tokens, such as { "input": 2.5, "output": 10 }'

function rate(description: string) {
  return v.optional(v.pipe(usd, v.description(description)))
}

const rates = {
  input: v.pipe(usd, v.description('Input tokens that are not cached.')),
  output: v.pipe(usd, v.description('Output tokens, including reasoning.')),
  cacheRead: rate('Input tokens read from a cache (as input).'),
  cacheWrite: rate('Input tokens written to a cache for 5 minutes (as input).'),
  cacheWrite1h: rate('Input tokens written to a cache for an hour (twice input).'),
}

const OVER = 'input tokens as a whole number, such as 200000'
const tier = v.strictObject(
  { over: v.pipe(v.number(OVER), v.integer(OVER), v.minValue(0, OVER)), ...rates },
  'a price with "over", such as { "over": 200000, "input": 5, "output": 15 }',
)

export const price = v.strictObject(
  {
    ...rates,
    tiers: v.optional(
      v.pipe(
        v.array(tier, 'a list of prices, each with "over"'),
        v.description('Other prices for requests with more input tokens than "over".'),
      ),
    ),
    date: v.optional(
      v.pipe(
        v.string('a day, such as "2026-11-01"'),
        v.description('The day on which the price was valid.'),
      ),
    ),
  },
  PRICE,
)

export const prices = v.record(
  v.string(),
  price,
  'an object of prices, such as { "openrouter,openai/gpt-4o": { "input": 2.5, "output": 10 } }',
)

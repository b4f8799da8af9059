/** The schema of `Budgets`: how much may be spent per day or month, by provider or session. */
import * as v from 'valibot'

const USD = 'US dollars, such as 20'
const usd = v.pipe(v.number(USD), v.minValue(0, USD))
const NAME = 'a name as text, or "*" for each on its own'
const PER = '"day" or "month"'

const budget = v.strictObject(
  {
    per: v.optional(
      v.pipe(
        v.picklist(['day', 'month'], PER),
        v.description('The period that the budget is for ("day").'),
      ),
    ),
    limit: v.optional(
      v.pipe(usd, v.description('Once this much is spent, further requests are refused, in USD.')),
    ),
    warn: v.optional(
      v.pipe(
        usd,
        v.description('Once this much is spent, a warning is shown, in USD (80 % of the limit).'),
      ),
    ),
    provider: v.optional(
      v.pipe(
        v.string(NAME),
        v.description(
          'Counts only what this provider costs; "*" makes a budget for each provider.',
        ),
      ),
    ),
    session: v.optional(
      v.pipe(
        v.string(NAME),
        v.description(
          'Counts only what the session of this preference spends; "*" makes a budget for each session.',
        ),
      ),
    ),
    strict: v.optional(
      v.pipe(
        v.boolean('true or false'),
        v.description('Whether to refuse requests while the amount spent is unknown (false).'),
      ),
    ),
  },
  'a budget, such as { "limit": 20, "per": "day" }',
)

export const budgets = v.array(budget, 'a list of budgets, such as [{ "limit": 20, "per": "day" }]')

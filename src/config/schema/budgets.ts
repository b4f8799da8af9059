/** `Budgets`: how much may be spent, by whom, in which time. */
import * as v from 'valibot'

const USD = 'US dollars, such as 20'
const usd = v.pipe(v.number(USD), v.minValue(0, USD))
const NAME = 'a name as text, or "*" for each on its own'
const PER = '"day" or "month"'

const budget = v.strictObject(
  {
    per: v.optional(
      v.pipe(v.picklist(['day', 'month'], PER), v.description('The time it is for ("day").')),
    ),
    limit: v.optional(v.pipe(usd, v.description('Nothing more is spent from here on, in USD.'))),
    warn: v.optional(
      v.pipe(usd, v.description('It is told from here on, in USD (80 % of the limit).')),
    ),
    provider: v.optional(
      v.pipe(v.string(NAME), v.description('Only what this provider takes; "*": each provider.')),
    ),
    session: v.optional(
      v.pipe(
        v.string(NAME),
        v.description('Only what the session of this preference spends; "*": each session.'),
      ),
    ),
    strict: v.optional(
      v.pipe(
        v.boolean('true or false'),
        v.description('Refuse requests while nobody can say what was spent (false).'),
      ),
    ),
  },
  'a budget, such as { "limit": 20, "per": "day" }',
)

export const budgets = v.array(budget, 'a list of budgets, such as [{ "limit": 20, "per": "day" }]')

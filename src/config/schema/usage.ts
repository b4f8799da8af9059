/** The schema of `Usage`: what is recorded about requests, and for how long. */
import * as v from 'valibot'

const DAYS = 'days as a whole number, such as 365; 0 keeps all'
const YES = 'true or false'

export const usage = v.strictObject(
  {
    record: v.optional(
      v.pipe(
        v.boolean(YES),
        v.description('Whether to record the tokens and times of each request in usage.db (true).'),
      ),
    ),
    keepDays: v.optional(
      v.pipe(
        v.number(DAYS),
        v.integer(DAYS),
        v.minValue(0, DAYS),
        v.description('The number of days after which a record is deleted (365; 0 for never).'),
      ),
    ),
  },
  'an object, such as { "record": true, "keepDays": 365 }',
)

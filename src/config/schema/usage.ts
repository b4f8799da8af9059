/** `Usage`: what is kept of the requests. */
import * as v from 'valibot'

const DAYS = 'days as a whole number, such as 365; 0 keeps all'
const YES = 'true or false'

export const usage = v.strictObject(
  {
    record: v.optional(
      v.pipe(v.boolean(YES), v.description('Keep what each request took in usage.db (true).')),
    ),
    keepDays: v.optional(
      v.pipe(
        v.number(DAYS),
        v.integer(DAYS),
        v.minValue(0, DAYS),
        v.description('Days after which a request is forgotten (365; 0: never).'),
      ),
    ),
  },
  'an object, such as { "record": true, "keepDays": 365 }',
)

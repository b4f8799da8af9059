/**
 * Prices of a model out of several sources (pure). Rates are USD per million tokens, 0 where a
 * source names none: such tokens cost `input`.
 */

export const FIELDS = ['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWrite1h']

/** No model on sale asks more for a token it writes than so many times one it reads. */
const MOST_RATIO = 20

/** Sources round differently. */
const TOLERANCE = 0.035

/**
 * What most sources say, field by field; the first source where they do not outvote it.
 * @param first the rates of the source that lists the model, with its tiers.
 * @param others rates of other sources for the same model, each with the tiers it knows.
 * @returns undefined where nothing believable is said; else `{rates, tiers, mark}`, mark `=`: two
 * sources agree on input and output, `1`: one source alone says so, `~`: the sources differ.
 */
export function agreedPrice(first, others) {
  const all = [first, ...others].filter(({ rates }) => isBelievable(rates))
  if (all.length === 0) return undefined
  // The source that lists the model says nonsense: only two others that agree replace it.
  if (all[0] !== first && !all.some((one, n) => all.slice(n + 1).some((two) => agree(one, two)))) {
    return undefined
  }
  const rates = Object.fromEntries(FIELDS.map((field) => [field, vote(all, field)]))
  const backers = all.filter((one) => agree(one, { rates }))
  const mark = backers.length > 1 ? '=' : all.length === 1 ? '1' : '~'
  const tiers = backers.find(({ tiers }) => tiers.length > 0)?.tiers ?? []
  return { rates, tiers, mark }
}

function isBelievable({ input, output, cacheRead }) {
  if (!(input > 0) || !(output > 0)) return false
  return output <= MOST_RATIO * input && cacheRead <= input * (1 + TOLERANCE)
}

function agree(one, two) {
  return same(one.rates.input, two.rates.input) && same(one.rates.output, two.rates.output)
}

/** The value that most sources give, the earliest of equals; a source without one has no vote. */
function vote(all, field) {
  const values = all.map(({ rates }) => rates[field]).filter((value) => value > 0)
  const votes = values.map((value) => values.filter((other) => same(value, other)).length)
  return values[votes.indexOf(Math.max(...votes))] ?? 0
}

function same(a, b) {
  return Math.abs(a - b) <= TOLERANCE * Math.max(a, b)
}

/** As words of a catalogue line: `= 3 15 0.3 3.75 6 >200000 6 22.5 0.6 7.5 12`. */
export function priceWords({ rates, tiers, mark }) {
  const steps = tiers.flatMap((tier) => [`>${tier.over}`, ...rateWords(tier)])
  return [mark, ...rateWords(rates), ...steps]
}

/** Prices come from sums in binary: 0.30000000000000004. */
function rateWords(rates) {
  return FIELDS.map((field) => String(Number((rates[field] ?? 0).toFixed(6))))
}

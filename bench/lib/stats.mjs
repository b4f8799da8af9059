/** Small statistics over rounds. */

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

export function median(values) {
  return quantile(values, 0.5)
}

/**
 * Measures all contestants in turn, round after round, so that a slow moment of the machine affects
 * all of them; the first round is the warm-up. Gives `{ name: [measurement, …] }`.
 * @param measure `(contestant, round)`.
 */
export async function rounds(count, contestants, measure) {
  const measured = Object.fromEntries(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round <= count; round += 1) {
    for (const contestant of contestants) {
      const value = await measure(contestant, round)
      if (round > 0) measured[contestant.name].push(value)
    }
  }
  return measured
}

/** The medians of the fields of measurements. */
export function medians(measurements) {
  const fields = Object.keys(measurements[0])
  return Object.fromEntries(
    fields.map((field) => [field, median(measurements.map((m) => m[field]))]),
  )
}

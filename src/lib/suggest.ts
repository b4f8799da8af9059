/** "Did you mean": the words of a list that are nearest to a word that is not in it. */

/** Longer words are no typing mistakes, and the comparison costs length x length. */
const LONGEST = 200
const SHORTEST_PREFIX = 3

/**
 * The candidates that `word` may be a slip of, nearest first, at most `limit` (3). Upper and lower
 * case count as the same; so does a candidate of which `word` is the beginning (3 letters or more).
 */
export function suggest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.trim().toLowerCase()
  if (wanted === '' || wanted.length > LONGEST) return []
  const near: { candidate: string; distance: number }[] = []
  for (const candidate of new Set(candidates)) {
    const distance = slip(wanted, candidate.toLowerCase())
    if (distance !== undefined) near.push({ candidate, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

/** How far `candidate` is from `asked`; undefined when too far to be a slip. */
function slip(wanted: string, candidate: string): number | undefined {
  if (candidate.length > LONGEST) return undefined
  const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))
  if (Math.abs(wanted.length - candidate.length) <= allowed) {
    const distance = editDistance(wanted, candidate)
    if (distance <= allowed && distance < Math.min(wanted.length, candidate.length)) return distance
  }
  const begun = wanted.length >= SHORTEST_PREFIX && candidate.startsWith(wanted)
  return begun ? allowed + 1 : undefined
}

/**
 * The least number of letters to insert, delete, replace or swap with their neighbour to turn one
 * word into the other (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const changed = Math.min(at(last, column) + 1, at(current, column - 1) + 1)
      const kept = at(last, column - 1) + (same ? 0 : 1)
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const turned = swapped ? at(beforeLast, column - 2) + 1 : kept
      current[column] = Math.min(changed, kept, turned)
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

/** A cell of the row; one outside it is out of reach. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}

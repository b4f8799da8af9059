/**
 * The candidates that look most like `word` (near misspellings, shared beginnings), best first,
 * at most three. Case is ignored.
 */
export function suggest(word: string, candidates: readonly string[]): string[] {
  const wanted = word.toLowerCase()
  return candidates
    .map((candidate) => ({ candidate, score: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, score }) => near(wanted, candidate.toLowerCase(), score))
    .sort((a, b) => a.score - b.score)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

function near(wanted: string, candidate: string, score: number): boolean {
  if (score <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) return true
  return wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))
}

/** Edits (insert, delete, replace) that turn `a` into `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

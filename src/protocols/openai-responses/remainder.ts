/** What is missing of parts that are told whole after their text came in pieces. */
export interface Remainder {
  /** For each part the end of it that did not come yet. */
  readonly missing: readonly string[]
  /** The end of the text that is in none of the parts. */
  readonly left: string
}

/**
 * Holds whole parts against all the text that came, wherever it was cut; undefined if they differ.
 * @example remainder(['Hel', 'lo.'], 'Hello') // { missing: ['', '.'], left: '' }
 */
export function remainder(parts: readonly string[], text: string): Remainder | undefined {
  const missing: string[] = []
  let left = text
  for (const part of parts) {
    if (left.startsWith(part)) {
      missing.push('')
      left = left.slice(part.length)
    } else if (part.startsWith(left)) {
      missing.push(part.slice(left.length))
      left = ''
    } else return undefined
  }
  return { missing, left }
}

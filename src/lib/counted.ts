/** A number with its noun, in the singular for 1. */

/** `1 file`, `2 files`; of a number that is written already, such as `1,234`, the noun of what it counts. */
export function counted(number: number, noun: string, written = String(number)): string {
  return `${written} ${noun}${number === 1 ? '' : 's'}`
}

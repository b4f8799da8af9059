/** The longest delay that a timer can wait, in ms: 24.8 days. Asked for more it fires at once. */
export const LONGEST_DELAY_MS = 2_147_483_647

/** A delay that a timer can wait: the given one, in ms, or the longest. */
export function timerDelay(ms: number): number {
  return Math.min(ms, LONGEST_DELAY_MS)
}

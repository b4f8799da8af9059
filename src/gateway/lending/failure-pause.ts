/** How long a model that failed to lend is left alone: every request of a conversation would wait for it again. */

export interface FailurePause {
  /** Whether it is left alone now. */
  isPaused(key: string): boolean
  /** It failed. Gives the pause, ms; undefined if it is paused already. */
  failed(key: string): number | undefined
  succeeded(key: string): void
}

interface Pause {
  readonly ms: number
  readonly since: number
}

/** The first pause; each further one is twice as long. */
const FIRST_MS = 60_000
const LONGEST_MS = 15 * 60_000
/** What is remembered: the client may show any number of images. */
const MOST = 1_000

/** @param now ms, from any fixed moment. */
export function createFailurePause(now: () => number): FailurePause {
  const pauses = new Map<string, Pause>()
  const isPaused = (key: string): boolean => {
    const pause = pauses.get(key)
    return pause !== undefined && now() - pause.since < pause.ms
  }
  return {
    isPaused,
    failed(key) {
      if (isPaused(key)) return undefined
      const before = pauses.get(key)?.ms ?? FIRST_MS / 2
      const ms = Math.min(2 * before, LONGEST_MS)
      pauses.delete(key)
      pauses.set(key, { ms, since: now() })
      const [oldest] = pauses.keys()
      if (pauses.size > MOST && oldest !== undefined) pauses.delete(oldest)
      return ms
    },
    succeeded: (key) => void pauses.delete(key),
  }
}

/**
 * Targets whose servers leave a stream open behind the end of an answer. Waiting for words that may
 * still come would hold each of their answers back, so it is done once an hour.
 */
export interface OpenStreams {
  /** @param target `provider,model` */
  learn(target: string): void
  has(target: string): boolean
}

const LASTS_MS = 3_600_000
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500

/** @param now ms, from any fixed moment. */
export function createOpenStreams(now: () => number): OpenStreams {
  const seen = new Map<string, number>()
  return {
    learn(target) {
      seen.delete(target)
      seen.set(target, now())
      const [oldest] = seen.keys()
      if (seen.size > MOST_TARGETS && oldest !== undefined) seen.delete(oldest)
    },
    has(target) {
      const at = seen.get(target)
      return at !== undefined && Math.abs(now() - at) < LASTS_MS
    },
  }
}

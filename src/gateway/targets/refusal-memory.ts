/**
 * What targets refused and then answered without: fields that a server or a model does not know. They
 * are left out for an hour, since nearly every request of the client has them and would be asked twice.
 */
export interface RefusalMemory {
  /** @param target `provider,model` */
  learn(target: string, what: string): void
  /** What it refused, as `x-ccr-dropped` names it. */
  of(target: string): readonly string[]
}

const LASTS_MS = 3_600_000
const NOTHING: readonly string[] = []
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500
/** What is remembered of one target: a server may name another limit each time. */
const MOST_NAMES = 100

/** @param now ms since 1970. */
export function createRefusalMemory(now: () => number): RefusalMemory {
  const known = new Map<string, Map<string, number>>()
  return {
    learn(target, what) {
      const refused = known.get(target) ?? new Map<string, number>()
      refused.set(what, now())
      const [first] = refused.keys()
      if (refused.size > MOST_NAMES && first !== undefined) refused.delete(first)
      known.set(target, refused)
      const [oldest] = known.keys()
      if (known.size > MOST_TARGETS && oldest !== undefined) known.delete(oldest)
    },
    of(target) {
      const refused = known.get(target)
      if (refused === undefined) return NOTHING
      for (const [what, at] of refused) if (Math.abs(now() - at) > LASTS_MS) refused.delete(what)
      return [...refused.keys()]
    },
  }
}

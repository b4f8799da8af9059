import type { MessagesRequest } from '../messages/request.ts'
import { goingWithout, isLasting } from '../messages/second-try.ts'
import type { Without } from '../messages/second-try.ts'

/**
 * What targets refused and then answered without: fields that a server or a model does not know. They
 * are left out for an hour, since nearly every request of the client has them and would be asked twice.
 */
export interface Refusals {
  /** @param target `provider,model` */
  learn(target: string, what: string): void
  without(target: string, request: MessagesRequest): Without
}

const LASTS_MS = 3_600_000
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500

/** @param now ms since 1970. */
export function createRefusals(now: () => number): Refusals {
  const known = new Map<string, Map<string, number>>()
  return {
    learn(target, what) {
      if (!isLasting(what)) return
      const refused = known.get(target) ?? new Map<string, number>()
      refused.set(what, now())
      known.set(target, refused)
      const [oldest] = known.keys()
      if (known.size > MOST_TARGETS && oldest !== undefined) known.delete(oldest)
    },
    without(target, request) {
      const refused = known.get(target)
      if (refused === undefined) return { request, dropped: [] }
      for (const [what, at] of refused) if (Math.abs(now() - at) > LASTS_MS) refused.delete(what)
      return goingWithout(request, refused.keys())
    },
  }
}

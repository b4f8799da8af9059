/**
 * Keeps a conversation on the lane that served it last, so that the provider's prompt cache and
 * the reasoning it sealed stay of use.
 */
export interface ConversationAffinity<L extends { readonly name: string }> {
  /** The lanes with the conversation's own first. */
  order(conversation: string | undefined, lanes: readonly [L, ...L[]]): readonly [L, ...L[]]
  /** The lane answered to the end, for a request whose lanes these were, in their own order. */
  keep(conversation: string | undefined, lanes: readonly [L, ...L[]], lane: string): void
}

/** Conversations that are remembered; the one unused for longest is forgotten. */
const MOST = 1_000

export function createConversationAffinity<
  L extends { readonly name: string },
>(): ConversationAffinity<L> {
  const kept = new Map<string, string>()
  // A conversation's auxiliary requests have a model of their own, and may not loosen its hold.
  const nameOf = (conversation: string, [first]: readonly [L, ...L[]]): string =>
    `${conversation} ${first.name}`
  return {
    order(conversation, all) {
      if (conversation === undefined) return all
      const own = all.find(({ name }) => name === kept.get(nameOf(conversation, all)))
      return own === undefined ? all : [own, ...all.filter((lane) => lane !== own)]
    },
    keep(conversation, lanes, lane) {
      if (conversation === undefined) return
      const name = nameOf(conversation, lanes)
      kept.delete(name)
      // What would be tried first anyway needs no memory.
      if (lanes[0].name === lane) return
      kept.set(name, lane)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
    },
  }
}

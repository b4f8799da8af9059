/** Keeps a conversation with the candidate that served it last. */

/**
 * Which candidate served a conversation last, so that the provider's prompt cache and the reasoning
 * it sealed stay of use.
 */
export interface ConversationAffinity<C extends { readonly name: string }> {
  /** The candidates, the one that served the conversation last in front. */
  order(conversation: string | undefined, candidates: readonly [C, ...C[]]): readonly [C, ...C[]]
  /**
   * Remembers the candidate that answered to the end.
   * @param candidates of the request, in the order before `order`.
   * @param name of the candidate that answered; nothing changes if something else did.
   */
  keep(conversation: string | undefined, candidates: readonly [C, ...C[]], name: string): void
}

/** Conversations that are remembered; the one unused for longest is forgotten. */
const MOST = 1_000

export function createConversationAffinity<
  C extends { readonly name: string },
>(): ConversationAffinity<C> {
  const kept = new Map<string, string>()
  // Auxiliary requests of a conversation have another model, and must not loosen its hold.
  const keyOf = (conversation: string, [first]: readonly [C, ...C[]]): string =>
    `${conversation} ${first.name}`
  return {
    order(conversation, all) {
      if (conversation === undefined) return all
      const last = kept.get(keyOf(conversation, all))
      const preferred = all.find(({ name }) => name === last)
      if (preferred === undefined) return all
      return [preferred, ...all.filter((candidate) => candidate !== preferred)]
    },
    keep(conversation, candidates, name) {
      if (conversation === undefined || !candidates.some((one) => one.name === name)) return
      const key = keyOf(conversation, candidates)
      kept.delete(key)
      // The candidate that is tried first anyway needs no memory.
      if (candidates[0].name === name) return
      kept.set(key, name)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
    },
  }
}

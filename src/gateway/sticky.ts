/**
 * Keeps a conversation on the lane that served it last, so that the provider's prompt cache and
 * the reasoning it sealed stay of use.
 */
export interface Sticky<L extends { readonly name: string }> {
  /** The lanes with the conversation's own first. */
  order(conversation: string | undefined, lanes: readonly [L, ...L[]]): readonly [L, ...L[]]
  /** The lane answered to the end. */
  keep(conversation: string | undefined, lane: string): void
}

/** Conversations that are remembered; the one unused for longest is forgotten. */
const MOST = 1_000

export function createSticky<L extends { readonly name: string }>(): Sticky<L> {
  const lanes = new Map<string, string>()
  return {
    order(conversation, all) {
      const kept = conversation === undefined ? undefined : lanes.get(conversation)
      const own = all.find(({ name }) => name === kept)
      return own === undefined ? all : [own, ...all.filter((lane) => lane !== own)]
    },
    keep(conversation, lane) {
      if (conversation === undefined) return
      lanes.delete(conversation)
      lanes.set(conversation, lane)
      const [oldest] = lanes.keys()
      if (lanes.size > MOST && oldest !== undefined) lanes.delete(oldest)
    },
  }
}

/** Keeps descriptions of images, so that each image is described once: in memory, bounded. */

/** By the model that described and the hash of the image; the one unused for longest goes first. */
export interface Descriptions {
  get(key: string): string | undefined
  set(key: string, text: string): void
}

interface Limits {
  readonly entries: number
  /** Of all texts together, UTF-16 units. */
  readonly length: number
}

/** A description has a few thousand characters; a daemon may live for weeks. */
const LIMITS: Limits = { entries: 1_000, length: 4_000_000 }

export function createDescriptions(limits = LIMITS): Descriptions {
  const kept = new Map<string, string>()
  let length = 0
  const remove = (key: string): void => {
    length -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }
  return {
    get(key) {
      const text = kept.get(key)
      if (text === undefined) return undefined
      kept.delete(key)
      kept.set(key, text)
      return text
    },
    set(key, text) {
      remove(key)
      kept.set(key, text)
      length += text.length
      for (const oldest of kept.keys()) {
        if (kept.size <= limits.entries && length <= limits.length) return
        remove(oldest)
      }
    },
  }
}

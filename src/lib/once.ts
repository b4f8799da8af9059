/** Passes each text on once. */

/** Texts that are remembered: a client may name any number of models. */
const MOST_TEXTS = 1_000

/** Passes a text on the first time that it comes. */
export function once(report: (text: string) => void): (text: string) => void {
  const texts = new Set<string>()
  return (text) => {
    if (texts.has(text) || texts.size >= MOST_TEXTS) return
    texts.add(text)
    report(text)
  }
}

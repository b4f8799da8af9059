/** Reads the beginning of a body under a size and a time limit. */
import { within } from './within.ts'

export interface TextLimits {
  /** After so many characters the rest is left unread. */
  readonly length: number
  readonly ms: number
}

/**
 * The text that a body begins with: all of it unless it is too long, takes too long or breaks off.
 * Whoever gives the body closes it.
 */
export async function limitedText(
  body: AsyncIterable<Uint8Array>,
  { length, ms }: TextLimits,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const readAll = async (): Promise<void> => {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > length) break
    }
  }
  await within(
    readAll().catch(() => undefined),
    ms,
  )
  return text
}

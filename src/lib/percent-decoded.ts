/** Text of a URL or a header as it was meant. */

/** The text with its `%XX` decoded; as it stands where they are no UTF-8. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

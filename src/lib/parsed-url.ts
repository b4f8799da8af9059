/** Parses URLs that come again and again: those of providers, with each request. */

const parsed = new Map<string, URL>()
/** Clients may add any query to a URL. */
const MOST_PARSED = 100

/** @throws TypeError for a text that is no URL. */
export function parsedUrl(text: string): Readonly<URL> {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const url = new URL(text)
  if (parsed.size === MOST_PARSED) parsed.clear()
  parsed.set(text, url)
  return url
}

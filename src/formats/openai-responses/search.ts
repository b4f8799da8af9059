import type { Annotation, SearchAction } from './wire.ts'

/** The server's own web search, as far as a client sees it. */

/** One line on what a search did; '' for an action that says nothing. */
export function searchLine(action: SearchAction | null | undefined): string {
  switch (action?.type) {
    case 'search':
      return action.query ? `Searched the web: ${action.query}` : ''
    case 'open_page':
      return action.url ? `Opened ${action.url}` : ''
    case 'find_in_page':
      return `Looked for "${action.pattern ?? ''}" in ${action.url ?? 'a page'}`
    default:
      return ''
  }
}

/** The pages that an answer cites. */
export class Citations {
  readonly #titles = new Map<string, string>()

  add(annotation: Annotation | null | undefined): void {
    if (!annotation?.url || this.#titles.has(annotation.url)) return
    this.#titles.set(annotation.url, annotation.title ?? annotation.url)
  }

  /** A list of those that the answer's text does not link to itself; '' if there are none. */
  missingFrom(text: string): string {
    const missing = [...this.#titles].filter(([url]) => !text.includes(url))
    if (missing.length === 0) return ''
    return `\n\nSources:\n${missing.map(([url, title]) => `- [${title}](${url})\n`).join('')}`
  }
}

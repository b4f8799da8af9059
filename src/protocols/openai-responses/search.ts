import type { Page } from '../../messages/search.ts'
import { Pages } from '../server-tools.ts'
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
  readonly #pages = new Pages()
  readonly #found = new Pages()

  add(annotation: Annotation | null | undefined): void {
    this.#pages.add(annotation?.url, annotation?.title)
  }

  /** What a search found, where it says so; the title comes with the citation. */
  found(action: SearchAction | null | undefined): void {
    for (const { url } of action?.sources ?? []) this.#found.add(url, undefined)
  }

  /** Pages found, the cited ones first. */
  get pages(): readonly Page[] {
    const cited = this.#pages.all
    const others = this.#found.all.filter(({ url }) => !cited.some((page) => isSame(page.url, url)))
    return [...cited, ...others]
  }

  /** A list of those that the answer's text does not link to itself; '' if there are none. */
  missingFrom(text: string): string {
    const missing = this.#pages.all.filter(({ url }) => !text.includes(url))
    if (missing.length === 0) return ''
    return `\n\nSources:\n${missing.map(({ url, title }) => `- [${title}](${url})\n`).join('')}`
  }
}

/** Citations carry a mark of who cites: `?utm_source=openai`. */
function isSame(cited: string, found: string): boolean {
  return cited === found || cited.replace(/[?&]utm_source=openai$/, '') === found
}

import type { ServerToolUsage, StreamEvent } from './events.ts'
import { type RequestedSearch, type Page, searchEvents } from './search.ts'

/** What an answer's server searched the web for, and what it found. */
export class Searches {
  readonly #queries: string[] = []
  pages: readonly Page[] = []

  /** @param query '' where the server does not say it. */
  add(query: string): void {
    this.#queries.push(query)
  }

  /** The two blocks that show a search to a client that asked for one; none where there was none. */
  events(
    {
      search: asked,
      model,
    }: { readonly search?: RequestedSearch | undefined; readonly model: string },
    index: number,
  ): readonly StreamEvent[] {
    if (asked === undefined || this.#count() === 0) return []
    const queries = this.#queries.filter(Boolean)
    return searchEvents({ asked, queries, pages: this.pages, model }, index)
  }

  usage(): { readonly server_tool_use?: ServerToolUsage } {
    const count = this.#count()
    if (count === 0) return {}
    return { server_tool_use: { web_search_requests: count, web_fetch_requests: 0 } }
  }

  #count(): number {
    return Math.max(this.#queries.length, this.pages.length > 0 ? 1 : 0)
  }
}

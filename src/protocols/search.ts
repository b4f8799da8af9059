import { isWebSearch, type Page } from '../messages/search.ts'
import type { Message, MessagesRequest, Tool } from '../messages/request.ts'

/** What formats share of Anthropic's web search, where a target has one of its own and where not. */

/** Limits of a search that a target cannot keep, each named where the request sets it. */
export function nameLimits(tool: Tool, fields: readonly string[], dropped: Set<string>): void {
  for (const field of fields) {
    const value = tool[field]
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null
    if (isSet) dropped.add(`tools.web_search.${field}`)
  }
}

/** A list of domains; an empty one, which would forbid everything, is none. */
export function domains(list: unknown): readonly string[] | undefined {
  const named = Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
  return named.length > 0 ? named : undefined
}

const NOTICE =
  '[Web search is not available with this model: the search tool was left out. Say that you could not search; do not present what you remember as search results.]'

/**
 * A request whose only tool is a web search that the target does not have: the model is told, so
 * that it does not make results up.
 */
export function withoutSearch(request: MessagesRequest): MessagesRequest {
  const tools = request.tools ?? []
  if (tools.length === 0 || !tools.every(isWebSearch)) return request
  const told: Message = { role: 'user', content: NOTICE }
  return { ...request, messages: [...request.messages, told] }
}

/** The pages that an answer rests on, each once. */
export class Pages {
  readonly #titles = new Map<string, string>()

  add(url: string | null | undefined, title?: string | null): void {
    if (!url) return
    const known = this.#titles.get(url)
    if (known === undefined || known === url) this.#titles.set(url, title || url)
  }

  get all(): readonly Page[] {
    return [...this.#titles].map(([url, title]) => ({ url, title }))
  }
}

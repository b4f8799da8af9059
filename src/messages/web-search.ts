/** Shows a provider's web search as Anthropic's blocks, which the client turns into links. */

import { parseModelRef } from '../lib/model-ref.ts'
import type { ServerToolUsage, StreamEvent, WebSearchResult } from './events.ts'
import { encodeSignature } from './reasoning-signature.ts'
import { blocksOf, type MessagesRequest, type Tool } from './request.ts'
import { wellFormed } from './sanitize.ts'

/** A page that an answer is based on. */
export interface Page {
  readonly url: string
  readonly title: string
  /** How old it is, in any words; absent or null if that is not known. */
  readonly age?: string | null
}

/** The search that the client requested. */
export interface RequestedSearch {
  /** Shown if the server does not say what it searched for. */
  readonly query: string
  readonly id: string
}

/** `web_search_20250305` and later ones. */
export function isWebSearch(tool: Tool): boolean {
  return tool.type?.startsWith('web_search') === true
}

/** The prompt of the client's web search. */
const SEARCH_PROMPT = /^Perform a web search for the query: ([^]+)$/

/** In UTF-16 units: it is only shown. */
const LONGEST_QUERY = 400

/** The search that a request wants; undefined if it offers no web search. */
export function requestedSearch(
  request: MessagesRequest,
  newId: () => string,
): RequestedSearch | undefined {
  if (request.tools?.some(isWebSearch) !== true) return undefined
  const { query } = queryIn(request)
  return { query: wellFormed(query.slice(0, LONGEST_QUERY)), id: newId() }
}

interface Query {
  /** '' if there is no text. */
  readonly query: string
  /** Whether it stood in the words of the client's web search. */
  readonly isClients: boolean
}

/** What the user wants to know. */
function queryIn({ messages }: MessagesRequest): Query {
  const question = messages.filter(({ role }) => role === 'user').at(-1)
  const text = blocksOf(question?.content)
    .map((block) => block['text'])
    .findLast((one) => typeof one === 'string')
  const query = typeof text === 'string' ? text : ''
  const [, inside] = SEARCH_PROMPT.exec(query) ?? []
  return { query: inside ?? query, isClients: inside !== undefined }
}

/** A request for nothing but one search, which may be done by other means than its model. */
export interface PureSearch {
  readonly query: string
  readonly allowed: readonly string[] | undefined
  readonly blocked: readonly string[] | undefined
}

/**
 * The search of a request that wants nothing else: its only tool is a web search, and its only message
 * is the query, in the client's words around it or alone. Undefined for any other request: a
 * conversation, other tools beside the search, a text that is longer than a query.
 */
export function pureSearch(request: MessagesRequest): PureSearch | undefined {
  const { tools = [], messages } = request
  const [tool] = tools
  const turns = messages.filter(({ role }) => role !== 'system')
  if (tool === undefined || tools.length > 1 || !isWebSearch(tool) || tool['max_uses'] === 0)
    return undefined
  if (turns.length !== 1 || turns[0]?.role !== 'user') return undefined
  const { query, isClients } = queryIn(request)
  if (query.trim() === '' || (query.length > LONGEST_QUERY && !isClients)) return undefined
  return {
    query: wellFormed(query.trim().slice(0, LONGEST_QUERY)),
    allowed: domains(tool['allowed_domains']),
    blocked: domains(tool['blocked_domains']),
  }
}

/** A list of domains; an empty one, which would forbid everything, is none. */
export function domains(list: unknown): readonly string[] | undefined {
  const named = Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
  return named.length > 0 ? named : undefined
}

interface Found {
  readonly requested: RequestedSearch
  readonly queries: readonly string[]
  readonly pages: readonly Page[]
  /** Who searched: it marks a result as not Anthropic's. */
  readonly model: string
}

/** The two blocks of a search, the first with this index. */
function searchEvents({ requested, queries, pages, model }: Found, index: number): StreamEvent[] {
  const { id } = requested
  const query = [...new Set(queries)].join('; ') || requested.query
  const caller = { type: 'direct' } as const
  return [
    {
      type: 'content_block_start',
      index,
      content_block: { type: 'server_tool_use', id, name: 'web_search', input: {}, caller },
    },
    {
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify({ query }) },
    },
    { type: 'content_block_stop', index },
    {
      type: 'content_block_start',
      index: index + 1,
      content_block: {
        type: 'web_search_tool_result',
        tool_use_id: id,
        content: pages.map((page) => resultOf(page, model)),
        caller,
      },
    },
    { type: 'content_block_stop', index: index + 1 },
  ]
}

/** @param model `provider,model` */
function resultOf({ url, title, age = null }: Page, model: string): WebSearchResult {
  const ref = parseModelRef(model) ?? { provider: model, model: '' }
  return {
    type: 'web_search_result',
    url,
    title,
    encrypted_content: encodeSignature(ref),
    page_age: age,
  }
}

/** Collects what an answer's provider searched for and what it found. */
export class Searches {
  readonly #queries: string[] = []
  pages: readonly Page[] = []
  #isShown = false

  /** @param query '' if the server does not say it. */
  add(query: string): void {
    this.#queries.push(query)
  }

  /** The two blocks that show a search to a client that requested one, once; none without a search. */
  events(
    {
      search: requested,
      model,
    }: { readonly search?: RequestedSearch | undefined; readonly model: string },
    index: number,
  ): readonly StreamEvent[] {
    if (requested === undefined || this.#count() === 0 || this.#isShown) return []
    this.#isShown = true
    const queries = this.#queries.filter(Boolean)
    return searchEvents({ requested, queries, pages: this.pages, model }, index)
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

import { parseModelRef } from '../lib/model-ref.ts'
import { encodeSignature } from './reasoning-signature.ts'
import type { StreamEvent, WebSearchResult } from './events.ts'
import { blocksOf, type MessagesRequest, type Tool } from './request.ts'
import { wellFormed } from './lone-surrogates.ts'

/**
 * A server's own web search as Anthropic's blocks: the client makes links of them. Only where it
 * asked for a search; elsewhere it does not expect them and prints nothing that stands before them.
 */

/** A page that an answer rests on. */
export interface Page {
  readonly url: string
  readonly title: string
}

/** What the client asked to have searched. */
export interface RequestedSearch {
  /** Shown where the server does not say what it searched for. */
  readonly query: string
  readonly id: string
}

/** `web_search_20250305` and later ones. */
export function isWebSearch(tool: Tool): boolean {
  return tool.type?.startsWith('web_search') === true
}

/** Today's client says `Perform a web search for the query: …`. */
const ASKED = /^Perform a web search for the query: ([^]+)$/

/** In UTF-16 units: it is only shown. */
const LONGEST_QUERY = 400

/** What a request wants searched; undefined where it offers no web search. */
export function requestedSearch(
  request: MessagesRequest,
  newId: () => string,
): RequestedSearch | undefined {
  if (request.tools?.some(isWebSearch) !== true) return undefined
  const said = request.messages.filter(({ role }) => role === 'user').at(-1)
  const text = blocksOf(said?.content)
    .map((block) => block['text'])
    .findLast((one) => typeof one === 'string')
  const query = typeof text === 'string' ? (ASKED.exec(text)?.[1] ?? text) : ''
  return { query: wellFormed(query.slice(0, LONGEST_QUERY)), id: newId() }
}

export interface Found {
  readonly asked: RequestedSearch
  readonly queries: readonly string[]
  readonly pages: readonly Page[]
  /** Who searched: the mark by which a result is known as not Anthropic's own. */
  readonly model: string
}

/** The two blocks of a search, the first with this index. */
export function searchEvents(
  { asked, queries, pages, model }: Found,
  index: number,
): StreamEvent[] {
  const { id } = asked
  const query = [...new Set(queries)].join('; ') || asked.query
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
function resultOf({ url, title }: Page, model: string): WebSearchResult {
  const ref = parseModelRef(model) ?? { provider: model, model: '' }
  return {
    type: 'web_search_result',
    url,
    title,
    encrypted_content: encodeSignature(ref),
    page_age: null,
  }
}

/** Tools that a provider's server runs itself, web search above all: what the protocols share of them. */

import { SIGNATURE_PREFIX } from '../messages/reasoning-signature.ts'
import type { Block, Message, MessagesRequest, Tool } from '../messages/request.ts'
import { textOr } from '../messages/sanitize.ts'
import { isWebSearch, type Page } from '../messages/web-search.ts'

// --- Earlier calls, as text for a server that knows nothing of them ---

const CALL = /^(?:server|mcp)_tool_use$/
const RESULT = /_tool_result$/

/** Whether a block is a call of a server's own tool, or what came of it. */
function isServerTool({ type }: Block): boolean {
  return CALL.test(type) || RESULT.test(type)
}

/** The blocks, with text in place of every call and result of a server tool. */
export function serverToolsAsText(blocks: readonly Block[]): readonly Block[] {
  if (!blocks.some(isServerTool)) return blocks
  return blocks.map((block) => (isServerTool(block) ? asText(block) : block))
}

/** The same, of the advisor's alone: other APIs than Anthropic's know no such blocks. */
export function advisorAsText(blocks: readonly Block[]): readonly Block[] {
  return blocks.some(isAdvisor)
    ? blocks.map((block) => (isAdvisor(block) ? asText(block) : block))
    : blocks
}

function isAdvisor({ type, name }: Block): boolean {
  return type === 'advisor_tool_result' || (type === 'server_tool_use' && name === 'advisor')
}

/** The same, of searches that ccr wrote into an answer: Anthropic refuses what it has not sealed. */
export function foreignSearchesAsText(blocks: readonly Block[]): readonly Block[] {
  const foreign = new Set(blocks.filter(isForeignResult).map((block) => block['tool_use_id']))
  if (foreign.size === 0) return blocks
  return blocks.map((block) =>
    isServerTool(block) && foreign.has(block['tool_use_id'] ?? block['id']) ? asText(block) : block,
  )
}

interface SearchResult {
  readonly type?: unknown
  readonly url?: unknown
  readonly title?: unknown
  readonly encrypted_content?: unknown
}

/** Whether a block holds search results that ccr wrote. */
export function isForeignResult(block: Block): boolean {
  return resultsIn(block).some(
    ({ encrypted_content: sealed }) =>
      typeof sealed === 'string' && sealed.startsWith(SIGNATURE_PREFIX),
  )
}

function resultsIn({ content }: Block): readonly SearchResult[] {
  if (!Array.isArray(content)) return []
  return content.filter((one): one is SearchResult => typeof one === 'object' && one !== null)
}

function asText(block: Block): Block {
  return { type: 'text', text: CALL.test(block.type) ? callText(block) : resultText(block) }
}

function callText({ name, input }: Block): string {
  return `[the server called ${textOr(name)}: ${JSON.stringify(input ?? {})}]`
}

function resultText(block: Block): string {
  const name = block.type.replace(RESULT, '')
  const results = resultsIn(block)
  const isSearch = results.every(({ type }) => type === 'web_search_result')
  const found =
    Array.isArray(block['content']) && isSearch
      ? results.map(({ title, url }) => `- [${textOr(title)}](${textOr(url)})`)
      : [JSON.stringify(block['content'] ?? null, withoutSealed)]
  return [`[result of ${name}]`, ...found].join('\n')
}

/** State that only its maker reads, and files, say nothing to another model. */
function withoutSealed(key: string, value: unknown): unknown {
  return key.startsWith('encrypted_') || key === 'data' ? undefined : value
}

// --- Web search ---

/** Limits of a search that a target cannot keep, each named where the request sets it. */
export function reportSearchLimits(
  tool: Tool,
  fields: readonly string[],
  dropped: Set<string>,
): void {
  for (const field of fields) {
    const value = tool[field]
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null
    if (isSet) dropped.add(`tools.web_search.${field}`)
  }
}

const NOTICE =
  '[Web search is not available with this model: the search tool was left out. Say that you could not search; do not present what you remember as search results.]'

/**
 * A request whose only tool is a web search that the target does not have: a note tells the model, so
 * that it does not make up results.
 */
export function withoutSearch(request: MessagesRequest): MessagesRequest {
  const tools = request.tools ?? []
  if (tools.length === 0 || !tools.every(isWebSearch)) return request
  const notice: Message = { role: 'user', content: NOTICE }
  return { ...request, messages: [...request.messages, notice] }
}

/** The pages that an answer is based on, each once. */
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

import { textOr } from '../messages/sanitize.ts'
import { SIGNATURE_PREFIX } from '../messages/reasoning-signature.ts'
import type { Block } from '../messages/request.ts'

/** Tools that a server ran in an earlier answer, for a server that knows nothing of them: as text. */

const CALL = /^(?:server|mcp)_tool_use$/
const RESULT = /_tool_result$/

/** Whether a block is a call of a server's own tool, or what came of it. */
export function isServerTool({ type }: Block): boolean {
  return CALL.test(type) || RESULT.test(type)
}

/** The blocks with every server tool said in words. */
export function serverToolsAsText(blocks: readonly Block[]): readonly Block[] {
  if (!blocks.some(isServerTool)) return blocks
  return blocks.map((block) => (isServerTool(block) ? said(block) : block))
}

/** The same, of searches that ccr wrote into an answer: Anthropic refuses what it has not sealed. */
export function foreignSearchesAsText(blocks: readonly Block[]): readonly Block[] {
  const foreign = new Set(blocks.filter(isForeignResult).map((block) => block['tool_use_id']))
  if (foreign.size === 0) return blocks
  return blocks.map((block) =>
    isServerTool(block) && foreign.has(block['tool_use_id'] ?? block['id']) ? said(block) : block,
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

function said(block: Block): Block {
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

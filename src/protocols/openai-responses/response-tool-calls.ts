/** Tool calls in Responses answers: calls that hold others, tools that the server ran, and its web search. */

import type { Page } from '../../messages/web-search.ts'
import { Pages } from '../server-tools.ts'
import type { Annotation, OutputItem, SearchAction } from './types.ts'

// --- Calls that hold others ---

/**
 * OpenAI's models now and then write several calls as one call of a tool that was not offered:
 * `parallel` or `multi_tool_use.parallel`, with `tool_uses: [{recipient_name, parameters}]`
 * (seen in recorded answers). Each use becomes a separate call.
 */
const WRAPPERS: ReadonlySet<unknown> = new Set([
  'parallel',
  'multi_tool_use.parallel',
  'multi_tool_use_parallel',
])

interface Call {
  readonly name: string
  readonly args: string
}

/** Whether a call of this name may hold others, so that its arguments must be seen whole first. */
export function mayWrap(name: string | null | undefined): boolean {
  return WRAPPERS.has(name)
}

/** The calls inside a whole call; the call itself where it is not of the wrapper's form. */
export function unwrapped(call: Call): readonly Call[] {
  try {
    const { tool_uses: uses } = JSON.parse(call.args) as { tool_uses: readonly unknown[] }
    const calls = uses.filter(isToolUse).map(({ recipient_name: name, parameters }) => ({
      name: typeof name === 'string' ? name.replace(/^functions\./, '') : '',
      args: JSON.stringify(parameters ?? {}),
    }))
    return calls.length === 0 || calls.some(({ name }) => name === '') ? [call] : calls
  } catch {
    // No JSON, or no list of uses in it.
    return [call]
  }
}

interface ToolUse {
  readonly recipient_name?: unknown
  readonly parameters?: unknown
}

function isToolUse(use: unknown): use is ToolUse {
  return typeof use === 'object' && use !== null
}

// --- Calls that the server ran ---

/**
 * What OpenAI's tools did, as far as a client can see it. Only a user's transformer can ask for them.
 * https://platform.openai.com/docs/api-reference/responses/object#responses/object-output
 */
const LINES: ReadonlyMap<string | undefined, (item: OutputItem) => string> = new Map([
  [
    'code_interpreter_call',
    ({ code, outputs }: OutputItem) =>
      [code, ...(outputs ?? []).map(({ logs }) => logs)].flatMap((text) => fenced(text)).join('\n'),
  ],
  [
    'file_search_call',
    ({ queries }: OutputItem) => `Searched the files: ${(queries ?? []).join(', ')}`,
  ],
  [
    'mcp_call',
    ({ server_label: server, name, arguments: args, output, error }: OutputItem) => {
      const called = `Called ${server ?? ''}.${name ?? ''}(${typeof args === 'string' ? args : ''})`
      return [called, ...fenced(error ? JSON.stringify(error) : output)].join('\n')
    },
  ],
  ['x_search_call', ({ action }: OutputItem) => `Searched X: ${action?.query ?? ''}`],
  ['custom_tool_call', ({ name, input }: OutputItem) => `Called ${name ?? ''}(${input ?? ''})`],
  ['local_shell_call', ({ action }: OutputItem) => `Ran ${JSON.stringify(action ?? {})}`],
])

function fenced(text: string | null | undefined): readonly string[] {
  return text ? [`\`\`\`\n${text}\n\`\`\``] : []
}

/** Lines on what a server's tool did; '' for an item that is no tool call, or has no content. */
export function servedText(item: OutputItem): string {
  return LINES.get(item.type)?.(item) ?? ''
}

/** Stands for an image, which cannot be shown. */
export const IMAGE_NOTE = '[the model answered with an image that cannot be shown]'

/**
 * xAI's names for the tools of its own servers, whose calls it lists as those of a custom tool.
 * https://docs.x.ai/docs/guides/tools/overview
 */
const SERVED_NAMES =
  /^(?:x_(?:keyword|semantic|user)_search|x_thread_fetch|view_x_video|view_image|web_search(?:_with_snippets)?|browse_page|open_page(?:_with_find)?|code_execution|(?:collections|file)_search)$/

/** Whether the server itself ran a custom tool's call, so that nothing is left for the client. */
export function isServedCall({ name, call_id: id }: OutputItem): boolean {
  return SERVED_NAMES.test(name ?? '') || id?.startsWith('xs_call_') === true
}

// --- Web search ---

/** One line on what a search did; '' for an action without content. */
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

  /** What a search found, where the server sends it; the title comes with the citation. */
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

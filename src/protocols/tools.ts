import type { MessagesRequest, Tool } from '../messages/request.ts'

/** The tools of a request, and which of them the model may or must call. */

/** The client's marker for tools that are not loaded yet: "never call this tool". */
const PLACEHOLDER = 'DeferredToolPlaceholder'

export interface OfferedTools {
  /** Tools that the client runs; deferred ones that are in the list are loaded. */
  readonly functions: readonly Tool[]
  /** Tools that Anthropic's server would run (`type: web_search_20250305` and the like). */
  readonly server: readonly Tool[]
}

export function offeredTools(request: MessagesRequest): OfferedTools {
  const tools = (request.tools ?? []).filter((tool) => !isPlaceholder(tool))
  return {
    functions: tools.filter(isFunction),
    server: tools.filter((tool) => !isFunction(tool)),
  }
}

export function isPlaceholder(tool: Tool): boolean {
  return tool.name === PLACEHOLDER
}

function isFunction(tool: Tool): boolean {
  return tool.type === undefined || tool.type === 'custom'
}

/** What `tool_choice` says, read once for all formats. */
export interface ToolChoice {
  /** Undefined: not said. */
  readonly mode: 'auto' | 'any' | 'none' | 'tool' | undefined
  /** The tool to call, with mode `tool`. */
  readonly name: string
  /** Whether several calls in one answer are unwanted. */
  readonly single: boolean
}

interface WireChoice {
  readonly type?: unknown
  readonly name?: unknown
  readonly disable_parallel_tool_use?: unknown
}

/** The tool choice; a named tool that is not offered, or an unknown word, is named in `dropped`. */
export function toolChoiceOf(
  request: MessagesRequest,
  offered: readonly Tool[],
  dropped: Set<string>,
): ToolChoice {
  const choice = (request['tool_choice'] ?? {}) as WireChoice
  const mode = modeOf(choice, offered)
  if (mode === undefined && choice.type !== undefined) dropped.add('tool_choice')
  return {
    mode,
    name: mode === 'tool' ? String(choice.name) : '',
    single: choice.disable_parallel_tool_use === true,
  }
}

function modeOf(choice: WireChoice, offered: readonly Tool[]): ToolChoice['mode'] {
  switch (choice.type) {
    case 'auto':
    case 'any':
    case 'none':
      return choice.type
    case 'tool':
      return offered.some((tool) => tool.name === choice.name) ? 'tool' : undefined
    default:
      return undefined
  }
}

interface Unparsed {
  readonly __unparsedToolInput?: { readonly raw?: unknown }
}

/**
 * A call's arguments as JSON text of an object: servers that read their history refuse anything
 * else. The client keeps arguments that it could not parse as a string or in
 * `__unparsedToolInput`; those stand under `raw`, so that the model sees what it once wrote.
 */
export function argumentsText(input: unknown): string {
  const text = writtenText(input)
  return objectIn(text) === undefined ? JSON.stringify(argumentsObject(input)) : text
}

/** The same as an object. */
export function argumentsObject(input: unknown): Readonly<Record<string, unknown>> {
  const text = writtenText(input)
  return objectIn(text) ?? (text === '' ? {} : { raw: text })
}

function writtenText(input: unknown): string {
  if (typeof input === 'string') return input
  const raw = (input as Unparsed | null | undefined)?.__unparsedToolInput?.raw
  return typeof raw === 'string' ? raw : JSON.stringify(input ?? {})
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

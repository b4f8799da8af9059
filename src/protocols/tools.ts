/** Tools: which of them a request offers, their choice, and the names, ids and arguments of calls. */

import { createHash } from 'node:crypto'
import { isObject } from '../lib/json.ts'
import type { Block, Content, Message, MessagesRequest, Tool } from '../messages/request.ts'

// --- Offered tools ---

/** The client's marker for tools that are not loaded yet: "never call this tool". */
const PLACEHOLDER = 'DeferredToolPlaceholder'

interface OfferedTools {
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

// --- Tool choice ---

/** What `tool_choice` says, read once for all protocols. */
export interface ToolChoice {
  /** Undefined where the request has none. */
  readonly mode: 'auto' | 'any' | 'none' | 'tool' | undefined
  /** The tool to call, with mode `tool`. */
  readonly name: string
  /** Whether an answer may hold one call at most. */
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

// --- Arguments ---

interface Unparsed {
  readonly __unparsedToolInput?: { readonly raw?: unknown }
}

/**
 * A call's arguments as JSON text of an object: servers that read their history refuse anything
 * else. The client keeps arguments that it could not parse as a string or in
 * `__unparsedToolInput`; those stand under `raw`, so that the model sees what it once wrote.
 */
export function argumentsText(input: unknown): string {
  if (isParsed(input)) return objectText(input)
  const text = writtenText(input)
  return objectIn(text) === undefined ? JSON.stringify(argumentsObject(input)) : text
}

/** The same as an object. */
export function argumentsObject(input: unknown): Readonly<Record<string, unknown>> {
  if (isParsed(input)) return input
  const text = writtenText(input)
  return objectIn(text) ?? (text === '' ? {} : { raw: text })
}

/** A conversation's earlier calls come again with every request, as the same objects. */
const objectTexts = new WeakMap<object, string>()

function objectText(input: object): string {
  const known = objectTexts.get(input)
  if (known !== undefined) return known
  const text = JSON.stringify(input)
  objectTexts.set(input, text)
  return text
}

function isParsed(input: unknown): input is Readonly<Record<string, unknown>> {
  return isObject(input) && rawIn(input) === undefined
}

function writtenText(input: unknown): string {
  if (typeof input === 'string') return input
  return rawIn(input) ?? JSON.stringify(input ?? {})
}

function rawIn(input: unknown): string | undefined {
  const raw = (input as Unparsed | null | undefined)?.__unparsedToolInput?.raw
  return typeof raw === 'string' ? raw : undefined
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

// --- Ids ---

/** What a provider demands of the ids of tool calls. */
export interface IdShape {
  /** Ids that it takes as they are. */
  readonly fits: RegExp
  /** Length of the ids that stand for others, in letters and digits. */
  readonly length: number
}

/** Mistral: "must be a-z, A-Z, 0-9, with a length of 9". */
export const MISTRAL_ID: IdShape = { fits: /^[a-zA-Z0-9]{9}$/, length: 9 }

/** OpenAI: "string too long. Expected a string with maximum length 64". */
export const OPENAI_ID: IdShape = { fits: /^.{1,64}$/su, length: 24 }

/** Bedrock's `toolUseId`, and Anthropic's ids but for their length. */
export const BEDROCK_ID: IdShape = { fits: /^[a-zA-Z0-9_-]{1,64}$/, length: 24 }

/**
 * The id under which a call and its result go to a provider: the client's own if it fits, else one
 * made from it, always the same for the same id.
 */
export function shapedId(id: string, shape: IdShape | undefined): string {
  if (shape === undefined || shape.fits.test(id)) return id
  const digest = createHash('sha256').update(id).digest('base64')
  return digest.replace(/[^a-zA-Z0-9]/g, 'x').slice(0, shape.length)
}

// --- Names ---

/**
 * Names of tools that every provider takes: OpenAI's 64 letters, digits, `_` and `-`, that begin as
 * Gemini and Moonshot demand it. Names of MCP tools are longer now and then, or hold dots.
 * https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools
 * https://ai.google.dev/api/caching#FunctionDeclaration
 */
const FITS = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/

const MOST = 64
/** Letters of the digest that keeps rewritten names apart. */
const DIGEST = 8

/** A request whose tools have names that fit, and the way back. */
interface NamedTools {
  /** The very same request where all names fit. */
  readonly request: MessagesRequest
  /** The client's name for a tool that a model calls by `name`. */
  readonly clientName: (name: string) => string
}

/**
 * Rewrites tool names that a provider would refuse, in the same way wherever the request mentions a
 * tool: its definition, the tool choice, calls and references.
 */
export function namedTools(request: MessagesRequest): NamedTools {
  const hasUnfitTool = request.tools?.some(({ name }) => !FITS.test(name))
  const hasUnfitCall = request.messages.some(hasUnfit)
  const fitting = hasUnfitTool || hasUnfitCall ? withFittingNames(request) : request
  return { request: fitting, clientName: (name) => clientName(name, request.tools ?? []) }
}

/** The name under which a tool goes to a provider: its own if it fits, else one made from it. */
export function fittingName(name: string): string {
  if (FITS.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST)
  const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^(?![a-zA-Z_])/, '_')
  return `${plain.slice(0, MOST - DIGEST - 1)}_${digest}`
}

/** Prefixes that Gemini and OpenAI's models now and then write before a name. */
const NAMESPACE = /^(?:default_api|functions)[.:]/

/** Marks of gpt-oss that servers leave behind a name: `Bash<|channel|>commentary`. */
const MARKS = /<\|.*/s

function clientName(name: string, tools: readonly Tool[]): string {
  const plain = name.replace(NAMESPACE, '').replace(MARKS, '').trim()
  for (const wanted of plain === name ? [name] : [name, plain]) {
    const tool = tools.find((tool) => tool.name === wanted || fittingName(tool.name) === wanted)
    if (tool !== undefined) return tool.name
  }
  return name
}

/** The field in which a block holds a tool's name. */
const NAME_FIELD: Readonly<Record<string, string | undefined>> = {
  tool_use: 'name',
  tool_reference: 'tool_name',
}

function nameIn(block: Block): string | undefined {
  const field = NAME_FIELD[block.type]
  const name = field === undefined ? undefined : block[field]
  return typeof name === 'string' ? name : undefined
}

function hasUnfit({ content }: { readonly content: Content }): boolean {
  return typeof content !== 'string' && content.some(isUnfit)
}

function isUnfit(block: Block): boolean {
  const name = nameIn(block)
  if (name !== undefined) return !FITS.test(name)
  return block.type === 'tool_result' && hasUnfit({ content: resultContent(block) })
}

function resultContent({ content }: Block): Content {
  return Array.isArray(content) ? (content as readonly Block[]) : ''
}

function withFittingNames(request: MessagesRequest): MessagesRequest {
  const { tools } = request
  const choice = request['tool_choice'] as { name?: unknown } | undefined
  return {
    ...request,
    messages: request.messages.map(renamed),
    ...(tools === undefined
      ? {}
      : { tools: tools.map((tool) => ({ ...tool, name: fittingName(tool.name) })) }),
    ...(typeof choice?.name === 'string'
      ? { tool_choice: { ...choice, name: fittingName(choice.name) } }
      : {}),
  }
}

function renamed<T extends Message | Block>(holder: T): T {
  const { content } = holder
  if (!Array.isArray(content)) return holder
  return { ...holder, content: (content as readonly Block[]).map(renamedBlock) }
}

function renamedBlock(block: Block): Block {
  const name = nameIn(block)
  if (name !== undefined) return { ...block, [NAME_FIELD[block.type] ?? '']: fittingName(name) }
  return block.type === 'tool_result' ? renamed(block) : block
}

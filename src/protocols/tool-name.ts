import { createHash } from 'node:crypto'
import type { Block, Content, Message, MessagesRequest, Tool } from '../messages/request.ts'

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
export interface NamedTools {
  /** The very same request where all names fit. */
  readonly request: MessagesRequest
  /** The client's name for a tool that a model calls by `name`. */
  readonly clientName: (name: string) => string
}

/**
 * Writes tool names that a provider would refuse in another way, alike where a tool is offered,
 * demanded, called and spoken of.
 */
export function namedTools(request: MessagesRequest): NamedTools {
  const written = request.tools?.some(({ name }) => !FITS.test(name))
  const said = request.messages.some(hasUnfit)
  const fitting = written || said ? withFittingNames(request) : request
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

/** Where a block says the name of a tool. */
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

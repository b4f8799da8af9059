/**
 * The request side of the representation: the body of an Anthropic Messages request, loosely typed.
 * Unknown fields and blocks survive; only what the router reads is guarded.
 * https://docs.anthropic.com/en/api/messages
 */

import { isTooDeep, MOST_LEVELS } from '../lib/depth.ts'
import { isObject } from '../lib/json.ts'
import { GatewayError } from './error.ts'

/** A content block of any type; `knownBlock` narrows those that encoders understand. */
export interface Block {
  readonly type: string
  readonly [field: string]: unknown
}

export type Content = string | readonly Block[]

export interface Message {
  /** `user`, `assistant`, or `system` (today's client sends system messages in mid-conversation). */
  readonly role: string
  readonly content: Content
  readonly [field: string]: unknown
}

export interface Tool {
  readonly name: string
  /** Absent for a client tool; `web_search_20250305` and the like for a server tool. */
  readonly type?: string
  readonly description?: string
  readonly input_schema?: object
  readonly defer_loading?: boolean
  readonly [field: string]: unknown
}

export interface MessagesRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly system?: Content
  readonly tools?: readonly Tool[]
  readonly max_tokens?: number
  readonly stream?: boolean
  readonly [field: string]: unknown
}

export interface TextBlock {
  readonly type: 'text'
  readonly text: string
}
export interface ImageBlock {
  readonly type: 'image'
  readonly source:
    | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
    | { readonly type: 'url'; readonly url: string }
}
export interface DocumentBlock {
  readonly type: 'document'
  readonly source:
    | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
    | { readonly type: 'text'; readonly data: string }
    | { readonly type: 'url'; readonly url: string }
    | { readonly type: 'content'; readonly content: Content }
  readonly title?: string | null
  readonly context?: string | null
}
export interface ToolUseBlock {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly input: unknown
}
export interface ToolResultBlock {
  readonly type: 'tool_result'
  readonly tool_use_id: string
  readonly content?: Content
  readonly is_error?: boolean
}
export interface ThinkingBlock {
  readonly type: 'thinking'
  readonly thinking: string
  readonly signature?: string
}
export interface ToolReferenceBlock {
  readonly type: 'tool_reference'
  readonly tool_name: string
}
/** A page or passage that the client looked up, as a source to cite. */
export interface SearchResultBlock {
  readonly type: 'search_result'
  readonly source: string
  readonly title: string
  readonly content: Content
}

/** The blocks that foreign encoders understand. */
export type KnownBlock =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | ToolUseBlock
  | ToolResultBlock
  | ThinkingBlock
  | ToolReferenceBlock
  | SearchResultBlock

type Guards = Readonly<Record<KnownBlock['type'], (block: Block) => boolean>>

const GUARDS: Guards = {
  text: (b) => typeof b['text'] === 'string',
  image: (b) => isImageSource(b['source']),
  document: (b) => isDocumentSource(b['source']),
  tool_use: (b) => typeof b['id'] === 'string' && typeof b['name'] === 'string',
  tool_result: (b) =>
    typeof b['tool_use_id'] === 'string' && (!isSet(b['content']) || isContent(b['content'])),
  thinking: (b) =>
    typeof b['thinking'] === 'string' &&
    (!isSet(b['signature']) || typeof b['signature'] === 'string'),
  tool_reference: (b) => typeof b['tool_name'] === 'string',
  search_result: (b) =>
    typeof b['source'] === 'string' && typeof b['title'] === 'string' && isContent(b['content']),
}

/** The block as one that encoders understand, or undefined: an unknown or malformed one. */
export function knownBlock(block: Block): KnownBlock | undefined {
  if (!Object.hasOwn(GUARDS, block.type)) return undefined
  const guard = GUARDS[block.type as KnownBlock['type']]
  return guard(block) ? (block as unknown as KnownBlock) : undefined
}

/** Content as blocks: a string is one text block, an empty string none. */
export function blocksOf(content: Content | null | undefined): readonly Block[] {
  if (content === undefined || content === null) return []
  if (typeof content !== 'string') return content
  return content === '' ? [] : [{ type: 'text', text: content }]
}

/**
 * Reads a request body.
 * @throws GatewayError `invalid_request_error` naming what is wrong, if it is not JSON or lacks
 * `model` or `messages`.
 */
export function parseRequest(body: string): MessagesRequest {
  const request = parseJson(body)
  if (!isObject(request)) throw invalid('the body must be a JSON object')
  if (typeof request['model'] !== 'string' || request['model'] === '') {
    throw invalid('model: a non-empty string is required')
  }
  const { messages } = request
  if (!Array.isArray(messages) || (messages.length === 0 && !continuesThread(request))) {
    throw invalid('messages: at least one message is required')
  }
  messages.forEach(requireMessage)
  for (const [field, { is, wanted }] of Object.entries(OPTIONAL)) {
    const value = request[field]
    if (isSet(value) && !is(value)) throw invalid(`${field}: ${wanted} is required`)
  }
  const parsed = withoutNulls(request) as unknown as MessagesRequest
  return parsed.tools?.some(hasNull)
    ? { ...parsed, tools: parsed.tools.map((tool) => withoutNulls(tool) as unknown as Tool) }
    : parsed
}

/**
 * Reads the list of messages of a request alone.
 * @throws GatewayError `invalid_request_error` where it is none.
 */
export function parseMessages(list: string): readonly Message[] {
  const messages = parseJson(list, MOST_LEVELS - 1)
  if (!Array.isArray(messages)) throw invalid('messages: a list is required')
  messages.forEach(requireMessage)
  return messages as readonly Message[]
}

/**
 * Whether the request goes on in a message thread: the server has the conversation, and `messages` holds
 * only what is new, which may be nothing (beta `message-threads-2026-08-12`).
 */
export function continuesThread({ thread }: Readonly<Record<string, unknown>>): boolean {
  return isObject(thread) && thread['type'] === 'continue'
}

interface Shape {
  readonly is: (value: unknown) => boolean
  readonly wanted: string
}

/** The optional fields of a request that ccr reads. */
const OPTIONAL: Readonly<Record<string, Shape>> = {
  system: { is: isContent, wanted: 'a string or an array of blocks' },
  tools: {
    is: isTools,
    wanted: 'an array of objects with a name (and, if any, a text as type, an object as schema)',
  },
  stream: { is: (value) => typeof value === 'boolean', wanted: 'true or false' },
}

/** Some clients write null for a field that they leave out. */
function withoutNulls(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

function hasNull(object: object): boolean {
  return Object.values(object).includes(null)
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

function parseJson(body: string, levels = MOST_LEVELS): unknown {
  const value = jsonIn(body)
  if (!isTooDeep(value, levels)) return value
  throw invalid(`The request body is nested too deeply: at most ${MOST_LEVELS} levels are read.`)
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch (cause) {
    // The parser's message quotes the body, which may be the user's prompt: neither the answer nor
    // the log, which tells causes, gets that part.
    const detail = (cause as SyntaxError).message.replace(/,? ?"[^]*/, '')
    throw invalid(`The request body is not JSON (${detail}).`)
  }
}

function requireMessage(message: unknown, index: number): void {
  const at = `messages.${String(index)}`
  if (!isObject(message)) throw invalid(`${at}: an object is required`)
  if (typeof message['role'] !== 'string') throw invalid(`${at}.role: a string is required`)
  if (!isContent(message['content'])) {
    throw invalid(`${at}.content: a string or an array of blocks is required`)
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message)
}

/** Whether it is content: a string, or blocks of any type. */
export function isContent(value: unknown): value is Content {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((b) => isObject(b) && typeof b['type'] === 'string')
}

function isTools(value: unknown): boolean {
  return Array.isArray(value) && value.every(isTool)
}

function isTool(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string') return false
  const { type, input_schema: schema } = value
  return (!isSet(type) || typeof type === 'string') && (!isSet(schema) || isObject(schema))
}

function isImageSource(value: unknown): boolean {
  if (!isObject(value)) return false
  if (value['type'] === 'url') return typeof value['url'] === 'string'
  return typeof value['media_type'] === 'string' && typeof value['data'] === 'string'
}

function isDocumentSource(value: unknown): boolean {
  if (!isObject(value)) return false
  switch (value['type']) {
    case 'text':
      return typeof value['data'] === 'string'
    case 'content':
      return isContent(value['content'])
    default:
      return isImageSource(value)
  }
}

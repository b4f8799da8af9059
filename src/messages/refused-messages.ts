/**
 * Recognises errors about the messages of a request (blocks of an unknown kind, the order of turns,
 * the system prompt), and rewrites them.
 */

import { mapBlocks } from './map-blocks.ts'
import { isInvalid, type Refusal, type Rule } from './refusal.ts'
import {
  type Block,
  blocksOf,
  type Content,
  type DocumentBlock,
  isContent,
  knownBlock,
  type Message,
  type MessagesRequest,
} from './request.ts'

/** Blocks of Anthropic's that other servers may not know, and models may not read. */
const KINDS = ['image', 'document', 'tool_reference', 'search_result'] as const
type Kind = (typeof KINDS)[number]

/** "unknown variant `image`, expected one of …" (DeepSeek), "Input tag 'tool_reference' found using 'type' does not match" (pydantic) */
const UNKNOWN_BLOCK =
  /unknown variant|input tag|unsupported content|(unknown|unexpected|invalid|unsupported)[^.]{0,30} type/i

/** `image_url` and `input_image` are what images are called elsewhere. */
const NAMED: Readonly<Record<Kind, RegExp>> = {
  image: /['"`](input_)?image(_url)?['"`]/,
  document: /['"`](document|file|input_file)['"`]/,
  tool_reference: /['"`]tool_reference['"`]/,
  search_result: /['"`]search_result['"`]/,
}

const MEDIA =
  /\bimages?\b[^.]{0,60}(not|n't) (be )?(support|accept|allow|enabled)|(not|n't) (support|accept|have|allow)[^.]{0,40}\b(images?|vision|multimodal|multi-modal)\b|not a (multimodal|vision)|at most 0 image|support image input|mmproj|\b(text|string)[- ]only\b|content[^.]{0,20} must be a string|expected a string|\bvision is not/i

/** Of one image that is broken, too large or of a kind that is not read: others are taken. */
const ONE_IMAGE =
  /format|media[ _]?type|mime|\bsize|dimension|resolution|pixel|corrupt|damaged|decode|base64|too (large|big|many)|exceed|\burls?\b|image\/|download|fetch/i

/**
 * "m is not a multimodal model" (vLLM), "No endpoints found that support image input" (OpenRouter),
 * "image input is not supported … mmproj" (llama.cpp, as a 500).
 */
function isMediaRefused({ message }: Refusal): boolean {
  return MEDIA.test(message) && !ONE_IMAGE.test(message)
}

/** Blocks of a kind that the server does not know as text. */
export const BLOCK_RULES: readonly Rule[] = KINDS.map((kind) => ({
  without: `messages.${kind}`,
  isLasting: true,
  isRefused: (refusal) => {
    const unknown = isInvalid(refusal) ? UNKNOWN_BLOCK.exec(refusal.message) : null
    return unknown !== null && NAMED[kind].test(refusal.message.slice(unknown.index))
  },
  bare: (request) => withoutBlocks(request, kind),
}))

/** What a target is remembered by that takes no images. */
export const NO_IMAGES = 'messages.image'

/** Images as text, for models that see none. */
export const MEDIA_RULE: Rule = {
  without: NO_IMAGES,
  isLasting: true,
  isRefused: isMediaRefused,
  bare: (request) => withoutBlocks(request, 'image'),
}

/** The request with blocks of this kind as text; the very same object if there are none. */
export function withoutBlocks(request: MessagesRequest, kind: Kind): MessagesRequest {
  return mapBlocks(request, (block) => (block.type === kind ? textOf(block) : block))
}

function textOf(block: Block): Block {
  return { type: 'text', text: wordsOf(block) }
}

function wordsOf(block: Block): string {
  const known = knownBlock(block)
  switch (known?.type) {
    case 'tool_reference':
      return `Tool loaded: ${known.tool_name}`
    case 'search_result':
      return [known.title, known.source, textIn(known.content)].join('\n')
    case 'document':
      return documentWords(known)
    default:
      return leftOut(block)
  }
}

function documentWords(document: DocumentBlock): string {
  const { source } = document
  if (source.type === 'text') return source.data
  return source.type === 'content' ? textIn(source.content) : leftOut(document)
}

function leftOut(block: Pick<Block, 'type'>): string {
  return `[${block.type} left out, because this model cannot take it]`
}

function textIn(content: Content): string {
  return blocksOf(content)
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
    .join('\n')
}

/**
 * "`tool_use` ids were found without `tool_result` blocks immediately after", "unexpected `tool_use_id`
 * found in `tool_result` blocks", "each tool_use must have a single result", "`tool_use` ids must be
 * unique", "text content blocks must be non-empty", "cache_control cannot be set for empty text
 * blocks": a client that was interrupted sends such a conversation for good.
 */
const ORDER_REFUSED =
  /tool_use.{1,80}tool_result|tool_use_id|each tool_use|tool_use['"`]? ids must be unique|must be non-empty|must have non-empty content|must contain non-whitespace|for empty text blocks|text\.text: field required/i

/** One result for each call, a unique id for each call, and no empty text. */
export const HISTORY_RULES: readonly Rule[] = [
  {
    without: 'messages.history',
    isLasting: true,
    isRefused: isOrderRefused,
    bare: withMendedHistory,
  },
]

function isOrderRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && ORDER_REFUSED.test(refusal.message)
}

/** The very same object if there is nothing to repair. */
function withMendedHistory(request: MessagesRequest): MessagesRequest {
  const messages = request.messages.map((message): Message => ({
    ...message,
    content: withoutEmptyTexts(blocksOf(message.content)),
  }))
  const newId = idChooser(messages)
  const turns = stepsOf(messages).flatMap(({ assistant, others }) => {
    const blocks = blocksOf(assistant?.content)
    const calls = blocks.filter(isCall).map((block) => ({ id: block.id, newId: newId(block.id) }))
    const names = calls.values()
    const content = blocks.map((block) => {
      const id = isCall(block) ? names.next().value?.newId : undefined
      return id === undefined ? block : { ...block, id }
    })
    return [...(assistant ? [{ ...assistant, content }] : []), ...answered(others, calls)]
  })
  const mended = { ...request, messages: turns.filter(({ content }) => content.length > 0) }
  return JSON.stringify(inBlocks(mended)) === JSON.stringify(inBlocks(request)) ? request : mended
}

function inBlocks({ messages }: MessagesRequest): unknown {
  return messages.map(({ role, content }) => [role, blocksOf(content)])
}

function withoutEmptyTexts(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(isNoEmptyText).map((block) => {
    const { type, content } = block
    if (type !== 'tool_result' || !Array.isArray(content) || !isContent(content)) return block
    return { ...block, content: content.filter(isNoEmptyText) }
  })
}

function isNoEmptyText({ type, text }: Block): boolean {
  return type !== 'text' || typeof text !== 'string' || text.trim() !== ''
}

/** A turn of the assistant, and the messages up to its next one. */
interface Step {
  readonly assistant: Message | undefined
  readonly others: readonly Message[]
}

function stepsOf(messages: readonly Message[]): readonly Step[] {
  const steps: { assistant: Message | undefined; others: Message[] }[] = [
    { assistant: undefined, others: [] },
  ]
  for (const message of messages) {
    if (message.role === 'assistant') steps.push({ assistant: message, others: [] })
    else steps.at(-1)?.others.push(message)
  }
  return steps
}

type CallBlock = Block & { readonly id: string }

function isCall(block: Block): block is CallBlock {
  return block.type === 'tool_use' && typeof block['id'] === 'string'
}

/** Gives each call its id, or another one if an earlier call has it. */
function idChooser(messages: readonly Message[]): (id: string) => string {
  const ids = messages.flatMap(({ content }) => blocksOf(content).filter(isCall))
  const all = new Set(ids.map(({ id }) => id))
  const given = new Set<string>()
  return (id) => {
    let chosen = id
    for (let n = 2; given.has(chosen) || (chosen !== id && all.has(chosen)); n += 1) {
      chosen = `${id}_${String(n)}`
    }
    given.add(chosen)
    return chosen
  }
}

interface Call {
  readonly id: string
  /** Under which it goes on. */
  readonly newId: string
}

/** The user's turns, the first with one result for each call; a result without a call becomes text. */
function answered(messages: readonly Message[], calls: readonly Call[]): readonly Message[] {
  const all = messages.flatMap(({ role, content }) => (role === 'user' ? blocksOf(content) : []))
  const found = all.filter(({ type }) => type === 'tool_result')
  const results = calls.map(({ id, newId }): Block => {
    const at = found.findIndex((block) => block['tool_use_id'] === id)
    const [result] = at === -1 ? [] : found.splice(at, 1)
    return { ...(result ?? NO_RESULT), tool_use_id: newId }
  })
  const first = messages.findIndex(({ role }) => role === 'user')
  const turns = messages.map((message, at) => {
    if (message.role !== 'user') return message
    const others = blocksOf(message.content).flatMap((block) => {
      if (block.type !== 'tool_result') return [block]
      return calls.some(({ id }) => id === block['tool_use_id']) ? [] : contentIn(block)
    })
    return { ...message, content: at === first ? [...results, ...others] : others }
  })
  return first === -1 ? [{ role: 'user', content: results }, ...turns] : turns
}

const NO_RESULT = { type: 'tool_result', content: '(no result)', is_error: true } as const

function contentIn(result: Block): readonly Block[] {
  const content = result['content']
  return isContent(content) ? blocksOf(content) : []
}

/** A system message in mid-conversation as user text, wrapped as the client does it. */
export function systemReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`
}

/** "System role not supported" (Gemma's template), "System message must be at the beginning." (Qwen's), "System messages are not allowed" (Codex) */
const SYSTEM_REFUSED =
  /system (role|messages?|instructions?|prompts?)\b[^.]{0,40}(not (support|allow|permitt|enabled)|unsupported|must|only)|(unexpected|unknown|invalid|unsupported)[^.]{0,20} (role|variant)[^.]{0,20}(system|developer)|(system|developer) (role|message)s? [^.]{0,20}(not|un)|developer instruction|roles must alternate|role["'= ]{1,4}system|messages[.[][^:]{0,12}role: invalid/i

/**
 * What the system says in mid-conversation is said by the user; where that is not enough, its prompt
 * before the user's first words, too.
 */
export const SYSTEM_RULES: readonly Rule[] = [
  {
    without: 'messages.system',
    isLasting: true,
    isRefused: isSystemRefused,
    bare: withSystemByUser,
  },
  {
    without: 'system',
    isLasting: true,
    isRefused: isSystemRefused,
    bare: (request) => withoutSystem(withSystemByUser(request)),
  },
]

function isSystemRefused({ message }: Refusal): boolean {
  return SYSTEM_REFUSED.test(message)
}

/** The very same object if there is no system message in mid-conversation. */
function withSystemByUser(request: MessagesRequest): MessagesRequest {
  if (!request.messages.some(({ role }) => role === 'system')) return request
  const messages = request.messages.map((message): Message => {
    if (message.role !== 'system') return message
    const content = blocksOf(message.content).map((block) =>
      typeof block['text'] === 'string' ? { ...block, text: systemReminder(block['text']) } : block,
    )
    return { role: 'user', content }
  })
  return { ...request, messages: turns(messages) }
}

/** Consecutive user messages as one, tool results first. */
function turns(messages: readonly Message[]): readonly Message[] {
  const joined: Message[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role !== 'user' || message.role !== 'user') joined.push(message)
    else {
      const blocks = [...blocksOf(last.content), ...blocksOf(message.content)]
      const results = blocks.filter(({ type }) => type === 'tool_result')
      const others = blocks.filter(({ type }) => type !== 'tool_result')
      joined[joined.length - 1] = { ...last, content: [...results, ...others] }
    }
  }
  return joined
}

/** The very same object if there is no system prompt. */
function withoutSystem(request: MessagesRequest): MessagesRequest {
  const { system, ...rest } = request
  const texts = blocksOf(system).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
  if (texts.length === 0) return request
  const systemTurn: Message = {
    role: 'user',
    content: texts.map((text) => ({ type: 'text', text: systemReminder(text) })),
  }
  return { ...rest, messages: turns([systemTurn, ...request.messages]) }
}

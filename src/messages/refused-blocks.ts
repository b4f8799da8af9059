import type { Refusal } from './refusal.ts'
import {
  type Block,
  blocksOf,
  type Content,
  type DocumentBlock,
  isContent,
  knownBlock,
  type MessagesRequest,
} from './request.ts'
import { isInvalid, type Rule } from './refusal-rule.ts'

/** Blocks of Anthropic's that other servers may not know, and models may not read. */
const KINDS = ['image', 'document', 'tool_reference', 'search_result'] as const
type Kind = (typeof KINDS)[number]

/** "unknown variant `image`, expected one of …" (DeepSeek), "Input tag 'tool_reference' found using 'type' does not match" (pydantic) */
const UNKNOWN =
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
    const unknown = isInvalid(refusal) ? UNKNOWN.exec(refusal.message) : null
    return unknown !== null && NAMED[kind].test(refusal.message.slice(unknown.index))
  },
  bare: (request) => withoutBlocks(request, kind),
}))

/** Images as text where the model sees none. */
export const MEDIA_RULE: Rule = {
  without: 'messages.image',
  isLasting: true,
  isRefused: isMediaRefused,
  bare: (request) => withoutBlocks(request, 'image'),
}

/** The request with blocks of this kind as text; the very same request where there are none. */
export function withoutBlocks(request: MessagesRequest, kind: Kind): MessagesRequest {
  const messages = request.messages.map((message) => {
    const content = inText(message.content, kind)
    return content === message.content ? message : { ...message, content }
  })
  return messages.every((message, at) => message === request.messages[at])
    ? request
    : { ...request, messages }
}

function inText(content: Content, kind: Kind): Content {
  if (typeof content === 'string') return content
  const blocks = content.map((block) => {
    if (block.type === kind) return textOf(block)
    const inner = block.type === 'tool_result' ? block['content'] : undefined
    if (!isContent(inner)) return block
    const told = inText(inner, kind)
    return told === inner ? block : { ...block, content: told }
  })
  return blocks.every((block, at) => block === content[at]) ? content : blocks
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

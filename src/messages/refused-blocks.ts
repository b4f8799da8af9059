import type { GatewayError } from './error.ts'
import { blocksOf, isContent, knownBlock } from './request.ts'
import type { Block, Content, DocumentBlock, MessagesRequest } from './request.ts'
import type { SecondTry } from './without.ts'

/** Blocks of Anthropic's that other servers may not know, and models may not read. */
const KINDS = ['image', 'document', 'tool_reference', 'search_result'] as const
type Kind = (typeof KINDS)[number]

/** "unknown variant `image`, expected one of …" (DeepSeek), "Input tag 'tool_reference' found using 'type' does not match" (pydantic) */
const UNKNOWN =
  /unknown variant|input tag|unsupported content|(unknown|unexpected|invalid|unsupported)[^.]{0,30} type/i

/** The request with blocks of a kind that the server does not know as text; undefined where the error names none. */
export function refusedBlocks(
  request: MessagesRequest,
  { kind, message }: GatewayError,
): SecondTry | undefined {
  if (kind !== 'invalid_request_error') return undefined
  const refused = UNKNOWN.exec(message)
  if (refused === null) return undefined
  const named = KINDS.find((name) => message.slice(refused.index).search(NAMED[name]) !== -1)
  if (named === undefined) return undefined
  const bare = withoutBlocks(request, named)
  return bare === request ? undefined : { request: bare, without: `messages.${named}` }
}

/** `image_url` and `input_image` are what images are called elsewhere. */
const NAMED: Readonly<Record<Kind, RegExp>> = {
  image: /['"`](input_)?image(_url)?['"`]/,
  document: /['"`](document|file|input_file)['"`]/,
  tool_reference: /['"`]tool_reference['"`]/,
  search_result: /['"`]search_result['"`]/,
}

const MEDIA =
  /image[^.]{0,60}(not|n't) (be )?(support|accept|allow|enabled)|(not|n't) (support|accept|have|allow)[^.]{0,40}(image|vision|multimodal|multi-modal)|not a (multimodal|vision)|at most 0 image|support image input|mmproj|(text|string)[- ]only|content[^.]{0,20} must be a string|expected a string|vision is not/i

/**
 * "m is not a multimodal model" (vLLM), "No endpoints found that support image input" (OpenRouter),
 * "image input is not supported … mmproj" (llama.cpp, as a 500).
 */
export function isMediaRefused({ kind, message }: GatewayError): boolean {
  return (kind === 'invalid_request_error' || kind === 'api_error') && MEDIA.test(message)
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

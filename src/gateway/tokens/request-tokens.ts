/** Input tokens of a request for a model: its parts, and what each of them counts (pure but for the tokenizer). */
import type { Target } from '../../protocols/protocol.ts'
import {
  type Block,
  blocksOf,
  type Content,
  type DocumentBlock,
  type ImageBlock,
  knownBlock,
  type MessagesRequest,
  type Tool,
} from '../../messages/request.ts'
import type { TokenCounter } from './tokenizer-thread.ts'
import { familyOf } from './vendor-rules.ts'
import { isBillingHeader, isFromProvider } from '../../protocols/conversation.ts'
import { argumentsText, offeredTools } from '../../protocols/tools.ts'
import { imageSize, pdfPages, type Size } from './media.ts'

/**
 * What chat templates put around each message and each tool, and before the answer:
 * https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
 */
const PER_MESSAGE = 4
const PER_TOOL = 8
const PER_REQUEST = 3

/**
 * Input tokens of a request for a target's model: text by o200k, scaled to the vendor's
 * vocabulary, images and pages by the vendor's rules.
 * @param target undefined before the request has one.
 * @returns undefined where they could not be counted in time.
 */
export async function countTokens(
  request: MessagesRequest,
  target: Target | undefined,
  { counter, withinMs }: { readonly counter: TokenCounter; readonly withinMs: number },
): Promise<number | undefined> {
  const pieces = piecesOf(request, target)
  const counts = await counter.count(pieces.texts, withinMs)
  if (counts === undefined) return undefined
  const family = familyOf(target?.model ?? '')
  const text =
    counts.reduce((sum, count) => sum + count, 0) +
    PER_MESSAGE * pieces.messages +
    PER_TOOL * pieces.tools +
    PER_REQUEST
  return Math.ceil(
    family.perToken * text +
      (pieces.tools > 0 ? family.toolPrompt : 0) +
      pieces.images.reduce((sum, size) => sum + family.image(size), 0) +
      pieces.pdfPages * family.pdfPage,
  )
}

/** What of a request costs tokens (pure). */
interface Pieces {
  /** What the model reads, block by block, so that each is counted once in a conversation. */
  readonly texts: readonly string[]
  /** Pixels of each image, undefined where they are not known. */
  readonly images: readonly (Size | undefined)[]
  readonly pdfPages: number
  readonly messages: number
  readonly tools: number
}

/** @param target whose reasoning goes back to it; undefined before there is one. */
export function piecesOf(request: MessagesRequest, target: Target | undefined): Pieces {
  const texts: string[] = []
  const images: (Size | undefined)[] = []
  let pages = 0

  function addContent(content: Content | undefined): void {
    for (const block of blocksOf(content)) addBlock(block)
  }

  function addBlock(block: Block): void {
    const known = knownBlock(block)
    switch (known?.type) {
      case 'text':
        if (!isBillingHeader(known.text)) texts.push(known.text)
        return
      case 'thinking':
        if (target !== undefined && isFromProvider(known, target)) texts.push(known.thinking)
        return
      case 'tool_use':
        texts.push(`${known.name} ${argumentsText(known.input)}`)
        return
      case 'tool_result':
        return addContent(known.content)
      case 'tool_reference':
        texts.push(known.tool_name)
        return
      case 'image':
        images.push(sizeOf(known))
        return
      case 'document':
        return addDocument(known)
      default:
        texts.push(JSON.stringify(block, withoutOpaque))
    }
  }

  function addDocument({ source, title, context }: DocumentBlock): void {
    texts.push([title, context].filter(Boolean).join('\n'))
    if (source.type === 'content') addContent(source.content)
    else if (source.type === 'text') texts.push(source.data)
    else if (source.type === 'url') pages += 1
    else if (source.media_type.startsWith('text/')) {
      texts.push(Buffer.from(source.data, 'base64').toString('utf8'))
    } else pages += pdfPages(source.data)
  }

  addContent(request.system)
  for (const message of request.messages) addContent(message.content)
  const { functions } = offeredTools(request)
  texts.push(...functions.map(toolText))
  const { format } = (request['output_config'] ?? {}) as { format?: unknown }
  if (format) texts.push(JSON.stringify(format))
  return {
    texts: texts.filter((text) => text !== ''),
    images,
    pdfPages: pages,
    messages: request.messages.length,
    tools: functions.length,
  }
}

function sizeOf({ source }: ImageBlock): Size | undefined {
  return source.type === 'base64' ? imageSize(source.data) : undefined
}

function toolText({ name, description, input_schema: schema = {} }: Tool): string {
  return JSON.stringify({ name, description, parameters: { ...schema, $schema: undefined } })
}

/** State that only its maker reads, and files in base64, are no text. */
function withoutOpaque(key: string, value: unknown): unknown {
  return /^(?:encrypted_|signature$|data$)/.test(key) ? undefined : value
}

import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  ThinkingBlock,
  ToolUseBlock,
} from '../../messages/request.ts'
import {
  type AssistantBlock,
  conversationOf,
  type Part,
  resultText,
  systemText,
  type Turn,
} from '../conversation.ts'
import type { Target } from '../protocol.ts'
import { argumentsText, OPENAI_ID, shapedId } from '../tools.ts'
import { withCacheMarks } from './cache.ts'
import {
  FILLER,
  goesBack,
  reasoningFieldsOf,
  reasoningHistory,
  type ReasoningHistory,
  stateIn,
} from './reasoning-history.ts'
import { signatureHolder, signed, withSignature } from './signature.ts'
import { inToolOrder } from './tool-order.ts'
import type { ChatMessage, ChatPart, Quirks, ToolCall } from './wire.ts'

/** The system prompt and the messages as Chat Completions messages. */
export function chatMessages(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): readonly ChatMessage[] {
  const system = systemText(request.system, dropped)
  const history: History = {
    ...reasoningHistory(request, target, quirks),
    signatures: signatureHolder(request, target, quirks),
  }
  const turns = conversationOf(
    request.messages,
    {
      midSystem: quirks.midSystem,
      mediaInResults: false,
      images: target.can?.images !== false,
      document: (document) => quirks.files === true && isPdf(document),
      thinking: (block) => goesBack(block, history),
    },
    dropped,
  )
  const told = turns.flatMap((turn) => messagesOf(turn, history))
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...inToolOrder(told, target, quirks),
  ]
  const isMarked = quirks.cacheControl?.test(target.model) === true
  return isMarked ? withCacheMarks(messages, request) : messages
}

interface History extends ReasoningHistory {
  readonly signatures: ReturnType<typeof signatureHolder>
}

function messagesOf(turn: Turn, history: History): readonly ChatMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn.parts) }]
    case 'assistant':
      return assistantMessage(turn.blocks, history)
    case 'results':
      return turn.results.map((result) => ({
        role: 'tool',
        tool_call_id: shapedId(result.call.id, history.quirks.toolIds ?? OPENAI_ID),
        content: resultText(result),
      }))
  }
}

function assistantMessage(
  blocks: readonly AssistantBlock[],
  history: History,
): readonly ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const thoughts: ThinkingBlock[] = []
  for (const [index, block] of blocks.entries()) {
    if (block.type === 'text') texts.push(block.text)
    else if (block.type === 'tool_use') {
      const before = blocks[index - 1]
      const state = before?.type === 'thinking' ? stateIn(before, history) : undefined
      calls.push(withSignature(toolCall(block, history.quirks), state))
    } else thoughts.push(block)
  }
  const { content: tagged = '', ...reasoning } = reasoningFieldsOf(thoughts, history)
  const isFilled = Object.values(reasoning).some((said) => said !== FILLER)
  if (texts.length + calls.length + tagged.length === 0 && !isFilled) return []
  return [
    {
      role: 'assistant',
      content: contentField(tagged, texts, calls, history),
      ...(calls.length === 0 ? {} : { tool_calls: signed(calls, history.signatures) }),
      ...reasoning,
    },
  ]
}

function toolCall(block: ToolUseBlock, quirks: Quirks): ToolCall {
  return {
    id: shapedId(block.id, quirks.toolIds ?? OPENAI_ID),
    type: 'function',
    function: { name: block.name, arguments: argumentsText(block.input) },
  }
}

/**
 * `content: null` is refused without calls, and beside calls by DeepSeek and MiMo ("text is not
 * present"): https://github.com/XiaomiMiMo/MiMo-V2-Flash/issues/8
 */
function contentField(
  tagged: string,
  texts: readonly string[],
  calls: readonly ToolCall[],
  { filled }: History,
): string | null {
  if (tagged !== '' || texts.length > 0) return `${tagged}${texts.join('\n\n')}`
  return filled === undefined && calls.length > 0 ? null : ''
}

/** Text alone goes as a string, which every server understands. */
function contentOf(parts: readonly Part[]): string | readonly ChatPart[] {
  const texts: string[] = []
  for (const part of parts) {
    if (part.type !== 'text') return parts.flatMap(chatPart)
    texts.push(part.text)
  }
  return texts.join('\n\n')
}

function chatPart(part: Part): readonly ChatPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: imageUrl(part) } }]
    case 'document':
      return filePart(part)
  }
}

function isPdf({ source }: DocumentBlock): boolean {
  return source.type === 'base64' && source.media_type === 'application/pdf'
}

/** https://platform.openai.com/docs/guides/pdf-files?api-mode=chat */
function filePart({ source, title }: DocumentBlock): readonly ChatPart[] {
  if (source.type !== 'base64') return []
  const file_data = `data:${source.media_type};base64,${source.data}`
  return [{ type: 'file', file: { filename: title ?? 'document.pdf', file_data } }]
}

function imageUrl({ source }: ImageBlock): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}

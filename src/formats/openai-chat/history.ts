import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  ThinkingBlock,
  ToolUseBlock,
} from '../../messages/request.ts'
import { conversationOf, isOwn, resultText } from '../conversation.ts'
import type { AssistantBlock, Turn } from '../conversation.ts'
import type { Target } from '../format.ts'
import type { Part } from '../parts.ts'
import { systemText } from '../system.ts'
import { shapedId } from '../tool-id.ts'
import { argumentsText } from '../tools.ts'
import { withCacheMarks } from './cache.ts'
import { detailsIn } from './details.ts'
import { signatureIn, signed, withSignature } from './signature.ts'
import type { ChatMessage, ChatPart, Quirks, ReasoningDetail, ToolCall } from './wire.ts'

/** The system prompt and the messages as Chat Completions messages. */
export function chatMessages(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): readonly ChatMessage[] {
  const system = systemText(request.system, dropped)
  const turns = conversationOf(
    request.messages,
    {
      midSystem: quirks.midSystem,
      mediaInResults: false,
      images: target.can?.images !== false,
      document: (document) => quirks.files === true && isPdf(document),
      thinking: (block) =>
        quirks.thoughtSignatures === true
          ? signatureIn(block, target) !== undefined
          : quirks.reasoningHistory !== undefined && isOwn(block, target),
    },
    dropped,
  )
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...turns.flatMap((turn) => messagesOf(turn, quirks, target)),
  ]
  const isMarked = quirks.cacheControl?.test(target.model) === true
  return isMarked ? withCacheMarks(messages, request) : messages
}

function messagesOf(turn: Turn, quirks: Quirks, target: Target): readonly ChatMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn.parts) }]
    case 'assistant':
      return assistantMessage(turn.blocks, quirks, target)
    case 'results':
      return turn.results.map((result) => ({
        role: 'tool',
        tool_call_id: shapedId(result.call.id, quirks.toolIds),
        content: resultText(result),
      }))
  }
}

function assistantMessage(
  blocks: readonly AssistantBlock[],
  quirks: Quirks,
  target: Target,
): readonly ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const thoughts: ThinkingBlock[] = []
  for (const [index, block] of blocks.entries()) {
    if (block.type === 'text') texts.push(block.text)
    else if (block.type === 'tool_use') {
      const before = blocks[index - 1]
      const signature = before?.type === 'thinking' ? signatureIn(before, target) : undefined
      calls.push(withSignature(toolCall(block, quirks), signature))
    } else thoughts.push(block)
  }
  const reasoning = thoughts.flatMap(({ thinking }) => thinking || [])
  const details = detailsOf(thoughts, quirks, target)
  if (texts.length + calls.length + reasoning.length + details.length === 0) return []
  return [
    {
      role: 'assistant',
      content: contentField(texts, calls, quirks),
      ...(calls.length === 0
        ? {}
        : { tool_calls: quirks.thoughtSignatures === true ? signed(calls, target) : calls }),
      ...(details.length === 0
        ? reasoningField(reasoning, quirks)
        : { reasoning_details: details }),
    },
  ]
}

function detailsOf(
  thoughts: readonly ThinkingBlock[],
  { reasoningDetails }: Quirks,
  target: Target,
): readonly ReasoningDetail[] {
  if (reasoningDetails !== true) return []
  return thoughts.flatMap((block) => detailsIn(block, target) ?? [])
}

function toolCall(block: ToolUseBlock, quirks: Quirks): ToolCall {
  return {
    id: shapedId(block.id, quirks.toolIds),
    type: 'function',
    function: { name: block.name, arguments: argumentsText(block.input) },
  }
}

function reasoningField(reasoning: readonly string[], quirks: Quirks): object {
  const { reasoningHistory: field, reasoningFiller: filler } = quirks
  const text = reasoning.length === 0 ? filler : reasoning.join('\n\n')
  return field === undefined || text === undefined ? {} : { [field]: text }
}

/** `content: null` is refused without calls, and by DeepSeek beside reasoning. */
function contentField(
  texts: readonly string[],
  calls: readonly ToolCall[],
  quirks: Quirks,
): string | null {
  if (texts.length > 0) return texts.join('\n\n')
  return quirks.reasoningFiller === undefined && calls.length > 0 ? null : ''
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

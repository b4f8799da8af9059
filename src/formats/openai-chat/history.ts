import type { ImageBlock, MessagesRequest, ToolUseBlock } from '../../messages/request.ts'
import { conversationOf, isOwn, resultText } from '../conversation.ts'
import type { AssistantBlock, Turn } from '../conversation.ts'
import type { Target } from '../format.ts'
import type { Part } from '../parts.ts'
import { systemText } from '../system.ts'
import { argumentsText } from '../tools.ts'
import type { ChatMessage, ChatPart, Quirks, ToolCall } from './wire.ts'

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
      document: () => false,
      thinking: (block) => quirks.reasoningHistory !== undefined && isOwn(block, target),
    },
    dropped,
  )
  return [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...turns.flatMap((turn) => messagesOf(turn, quirks)),
  ]
}

function messagesOf(turn: Turn, quirks: Quirks): readonly ChatMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn.parts) }]
    case 'assistant':
      return assistantMessage(turn.blocks, quirks)
    case 'results':
      return turn.results.map((result) => ({
        role: 'tool',
        tool_call_id: result.call.id,
        content: resultText(result),
      }))
  }
}

function assistantMessage(
  blocks: readonly AssistantBlock[],
  quirks: Quirks,
): readonly ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const reasoning: string[] = []
  for (const block of blocks) {
    if (block.type === 'text') texts.push(block.text)
    else if (block.type === 'tool_use') calls.push(toolCall(block))
    else if (block.thinking !== '') reasoning.push(block.thinking)
  }
  if (texts.length + calls.length + reasoning.length === 0) return []
  return [
    {
      role: 'assistant',
      content: texts.length === 0 ? null : texts.join('\n\n'),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...reasoningField(reasoning, quirks),
    },
  ]
}

function toolCall(block: ToolUseBlock): ToolCall {
  return {
    id: block.id,
    type: 'function',
    function: { name: block.name, arguments: argumentsText(block.input) },
  }
}

function reasoningField(reasoning: readonly string[], quirks: Quirks): object {
  const field = quirks.reasoningHistory
  return reasoning.length === 0 || field === undefined ? {} : { [field]: reasoning.join('\n\n') }
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
      return []
  }
}

function imageUrl({ source }: ImageBlock): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}

import { type Block, blocksOf, type MessagesRequest } from '../../messages/request.ts'
import type { ChatMessage, TextPart } from './wire.ts'

/**
 * Marks of the prompt cache, for gateways that pass them on to Claude and Gemini. They stand where
 * the client's own do most of their work: behind the system prompt (and the tools before it), and
 * behind the newest two turns that are not the assistant's, so that each request finds what the one
 * before it wrote. Without any mark of the client's there are none.
 */
export function withCacheMarks(
  messages: readonly ChatMessage[],
  request: MessagesRequest,
): readonly ChatMessage[] {
  const mark = markIn(request)
  if (mark === undefined) return messages
  const marked = new Set([
    messages.findIndex(({ role }) => role === 'system'),
    ...turnEnds(messages).slice(-2),
  ])
  return messages.map((message, at) => (marked.has(at) ? withMark(message, mark) : message))
}

function markIn({ system, messages }: MessagesRequest): object | undefined {
  const all = [system, ...messages.map(({ content }) => content)].flatMap(blocksOf)
  return all.map(ownMark).find((mark) => mark !== undefined)
}

function ownMark({ cache_control: mark }: Block): object | undefined {
  return typeof mark === 'object' && mark !== null ? mark : undefined
}

/** The places of the last messages before the assistant speaks, and of the very last. */
function turnEnds(messages: readonly ChatMessage[]): readonly number[] {
  return messages.flatMap(({ role }, at) => {
    const isEnd = (messages[at + 1]?.role ?? 'assistant') === 'assistant'
    return isEnd && (role === 'user' || role === 'tool') ? [at] : []
  })
}

function withMark(message: ChatMessage, cache_control: object): ChatMessage {
  switch (message.role) {
    case 'assistant':
      return message
    case 'tool':
      return { ...message, cache_control }
    case 'system':
      return typeof message.content === 'string'
        ? { ...message, content: [{ type: 'text', text: message.content, cache_control }] }
        : message
    case 'user': {
      const parts = partsOf(message)
      const last = parts.at(-1)
      if (last === undefined) return message
      return { ...message, content: [...parts.slice(0, -1), { ...last, cache_control }] }
    }
  }
}

function partsOf({ content }: Extract<ChatMessage, { role: 'user' }>) {
  const text = (said: string): TextPart => ({ type: 'text', text: said })
  return typeof content === 'string' ? [text(content)] : content
}

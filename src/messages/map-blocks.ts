/** Replaces blocks of a request, also those inside of tool results. */
import { type Block, type Content, isContent, type MessagesRequest } from './request.ts'

/** The request with each block of its messages changed; the very same object if none is. */
export function mapBlocks(
  request: MessagesRequest,
  change: (block: Block) => Block,
): MessagesRequest {
  const messages = request.messages.map((message) => {
    const content = mapped(message.content, change)
    return content === message.content ? message : { ...message, content }
  })
  return messages.every((message, at) => message === request.messages[at])
    ? request
    : { ...request, messages }
}

function mapped(content: Content, change: (block: Block) => Block): Content {
  if (typeof content === 'string') return content
  const blocks = content.map((block) => {
    const changed = change(block)
    const inner = changed.type === 'tool_result' ? changed['content'] : undefined
    if (!isContent(inner)) return changed
    const replaced = mapped(inner, change)
    return replaced === inner ? changed : { ...changed, content: replaced }
  })
  return blocks.every((block, at) => block === content[at]) ? content : blocks
}

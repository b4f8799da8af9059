import { topLevelSpan } from '../../lib/json-span.ts'
import { ENVELOPE_PREFIX } from '../../messages/opaque.ts'
import type { Block, Message, MessagesRequest } from '../../messages/request.ts'

/**
 * The body for an Anthropic upstream: the client's own bytes with the model replaced. Only where a
 * scan finds a signature that Anthropic refuses (an empty one, or our envelope around another
 * vendor's reasoning) is the body taken apart, and those thinking blocks left out.
 */
export function patchBody(body: string, request: MessagesRequest, model: string): string {
  if (/"signature"\s*:\s*""/.test(body) || body.includes(`"${ENVELOPE_PREFIX}`)) {
    return JSON.stringify({ ...request, model, messages: withoutForeignThinking(request.messages) })
  }
  const span = topLevelSpan(body, 'model')
  if (span === undefined) return JSON.stringify({ ...request, model })
  return body.slice(0, span.start) + JSON.stringify(model) + body.slice(span.end)
}

function withoutForeignThinking(messages: readonly Message[]): readonly Message[] {
  return messages.flatMap((message) => {
    if (message.role !== 'assistant' || typeof message.content === 'string') return [message]
    const content = message.content.filter((block) => !isForeignThinking(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
}

function isForeignThinking(block: Block): boolean {
  if (block.type !== 'thinking') return false
  const signature = block['signature']
  return typeof signature !== 'string' || signature === '' || signature.startsWith(ENVELOPE_PREFIX)
}

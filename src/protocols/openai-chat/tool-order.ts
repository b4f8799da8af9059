import type { Target } from '../protocol.ts'
import type { ChatMessage, Quirks } from './wire.ts'

/**
 * Mistral's templates refuse a user's message behind a tool's ("Unexpected role 'user' after role
 * 'tool'", 3230), its own API and servers that run them: https://github.com/onyx-dot-app/onyx/issues/6458
 */
const MISTRAL = /(mi[sx]tral|devstral|magistral|codestral|pixtral)/i

type Text = Extract<ChatMessage, { role: 'user' }> & { readonly content: string }

/**
 * The messages in the order that they take. What is said beside tool results (reminders, for the most
 * part) stands in the last of them; a turn with images, which no result holds, comes behind a short
 * word of the model.
 */
export function inToolOrder(
  messages: readonly ChatMessage[],
  target: Target,
  quirks: Quirks,
): readonly ChatMessage[] {
  const isBound = quirks.noUserBehindTool ?? MISTRAL.test(target.model)
  if (!isBound) return messages
  const ordered: ChatMessage[] = []
  for (const message of messages) {
    const last = ordered.at(-1)
    if (message.role !== 'user' || last?.role !== 'tool') ordered.push(message)
    else if (isText(message)) {
      ordered.pop()
      ordered.push({ ...last, content: `${last.content}\n\n${message.content}` })
    } else ordered.push({ role: 'assistant', content: 'I see the result.' }, message)
  }
  return ordered
}

function isText(message: Extract<ChatMessage, { role: 'user' }>): message is Text {
  return typeof message.content === 'string'
}

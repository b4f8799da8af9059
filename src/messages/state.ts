import { decodeSignature, signatureFrom } from './reasoning-signature.ts'
import type { Refusal } from './refusal.ts'
import type { Block, Message, MessagesRequest } from './request.ts'
import { isInvalid } from './refusal-rule.ts'

/**
 * Vendors refuse reasoning state that they can no longer read: the account, the region or the
 * model behind a name has changed. Then the request is sent once more without it.
 */

/**
 * How Gemini ("Invalid thought signature"), Claude elsewhere ("Invalid `signature` in `thinking`
 * block") and OpenAI ("The encrypted content … could not be verified") say so.
 */
const REFUSED =
  /(thought|thinking)[^.]{0,40}signature|signature[^.]{0,40}(thought|thinking)|encrypted[ _]content/i

export function isStateRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && REFUSED.test(refusal.message)
}

/**
 * The request without the state that only a vendor can read; the text of thinking stays. The very
 * same request where it holds none.
 */
export function withoutState(request: MessagesRequest): MessagesRequest {
  const messages = request.messages.map(bare)
  return messages.every((message, at) => message === request.messages[at])
    ? request
    : { ...request, messages }
}

function bare(message: Message): Message {
  if (typeof message.content === 'string') return message
  const content = message.content.map(bareBlock)
  return content.every((block, at) => block === message.content[at])
    ? message
    : { ...message, content }
}

function bareBlock(block: Block): Block {
  const signature = block['signature']
  if (block.type !== 'thinking' || typeof signature !== 'string') return block
  const sealed = decodeSignature(signature)
  if (sealed?.payload === undefined) return block
  const { textField } = sealed
  return {
    ...block,
    signature: signatureFrom(sealed, textField === undefined ? {} : { textField }),
  }
}

/**
 * Servers that know no reasoning in the history: "property 'reasoning_content' is unsupported"
 * (Groq, Cerebras), "Extra inputs are not permitted" (Mistral), "Unrecognized request argument". One
 * that misses it says that it "must be passed back".
 */
const FIELD =
  /\b(reasoning(_content|_details|_text|_opaque)?|thinking_blocks|extra_content)\b(?!\.(effort|summary|enabled|exclude|max_tokens))/i
const UNKNOWN =
  /not (supported|permitted|allowed)|unsupported|unexpected|unknown|unrecognized|extra inputs/i
const REASONING_MISSED = /passed back|required|missing/i

export function isReasoningRefused(refusal: Refusal): boolean {
  const { message } = refusal
  return (
    isInvalid(refusal) &&
    FIELD.test(message) &&
    UNKNOWN.test(message) &&
    !REASONING_MISSED.test(message)
  )
}

/** The request without the thinking of earlier answers; the very same request where it holds none. */
export function withoutThinking(request: MessagesRequest): MessagesRequest {
  const messages = request.messages.map(unthinking)
  return messages.every((message, at) => message === request.messages[at])
    ? request
    : { ...request, messages }
}

function unthinking(message: Message): Message {
  if (typeof message.content === 'string') return message
  const content = message.content.filter(({ type }) => !THOUGHT.has(type))
  return content.length === message.content.length ? message : { ...message, content }
}

const THOUGHT: ReadonlySet<string> = new Set(['thinking', 'redacted_thinking'])

import { reasoningOf } from '../messages/reasoning.ts'
import {
  type Block,
  blocksOf,
  knownBlock,
  type Message,
  type MessagesRequest,
} from '../messages/request.ts'
import { thinkTag } from './think-tag.ts'
import { both, onRequest, onResponse, type Transform } from './transform.ts'

const TAG = { open: '<reasoning_content>', close: '</reasoning_content>' }

const ASK = `Think before you answer. Begin each answer, also one that only calls tools, with your thoughts inside ${TAG.open} and ${TAG.close}; whatever the user is to read stands behind them.`

/** Turns whose thoughts the model sees again. */
const REMEMBERED = 10

/** Makes a model think that has no thinking of its own: it is asked to, in tags that are taken out. */
export const forceReasoning: Transform = both(
  onRequest(askedToThink),
  onResponse((writer, target) => thinkTag(writer, target, TAG)),
)

function askedToThink(request: MessagesRequest): MessagesRequest {
  if (reasoningOf(request).mode === 'off') return request
  const turns = request.messages.filter(hasThoughts).slice(-REMEMBERED)
  return {
    ...request,
    system: [...blocksOf(request.system), { type: 'text', text: ASK }],
    messages: request.messages.map((message) =>
      turns.includes(message) ? thinkingAloud(message) : message,
    ),
  }
}

function hasThoughts(message: Message): boolean {
  return message.role === 'assistant' && blocksOf(message.content).some(isThought)
}

function isThought(block: Block): boolean {
  const known = knownBlock(block)
  return known?.type === 'thinking' && known.thinking !== ''
}

function thinkingAloud(message: Message): Message {
  const content = blocksOf(message.content).map((block) => {
    const known = isThought(block) ? knownBlock(block) : undefined
    if (known?.type !== 'thinking') return block
    return { type: 'text', text: `${TAG.open}${known.thinking}${TAG.close}` }
  })
  return { ...message, content }
}

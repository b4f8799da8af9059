/** The transformers `reasoning` and `forcereasoning`. */
import { reasoningOf } from '../messages/reasoning.ts'
import {
  chained,
  onBody,
  onRequest,
  onResponse,
  type Transform,
  type TransformOptions,
  unchanged,
} from './transform.ts'
import {
  type Block,
  blocksOf,
  knownBlock,
  type Message,
  type MessagesRequest,
} from '../messages/request.ts'
import { thinkTag } from './think-tag.ts'

/** Switches thinking off on servers of open models; a budget of -1 means no budget. */
const OFF = { thinking: { type: 'disabled', budget_tokens: -1 }, enable_thinking: false }

/**
 * Switches thinking by `thinking` and `enable_thinking`: on if the client requests it, always off with
 * `enable: false`.
 */
export function reasoning(options: TransformOptions, protocolName: string): Transform {
  if (protocolName !== 'openai-chat') return unchanged
  if (options['enable'] === false) return onBody((body) => ({ ...body, ...OFF }))
  return onBody((body, request) => {
    const { mode, budget } = reasoningOf(request)
    if (mode !== 'on' && mode !== 'budget') return body
    const thinking = { type: 'enabled', ...(budget === undefined ? {} : { budget_tokens: budget }) }
    return { ...body, thinking, enable_thinking: true }
  })
}

const REASONING_TAG = { open: '<reasoning_content>', close: '</reasoning_content>' }

const PROMPT = `Think before you answer. Begin each answer, also one that only calls tools, with your thoughts inside ${REASONING_TAG.open} and ${REASONING_TAG.close}; whatever the user is to read stands behind them.`

/** How many turns keep their thoughts in the history. */
const REMEMBERED = 10

/** Makes a model without built-in reasoning think: a prompt asks for thoughts in tags, which become thinking blocks. */
export const forceReasoning: Transform = chained(
  onRequest(withThinkingPrompt),
  onResponse((writer, target) => thinkTag(writer, target, REASONING_TAG)),
)

function withThinkingPrompt(request: MessagesRequest): MessagesRequest {
  if (reasoningOf(request).mode === 'off') return request
  const turns = request.messages.filter(hasThoughts).slice(-REMEMBERED)
  return {
    ...request,
    system: [...blocksOf(request.system), { type: 'text', text: PROMPT }],
    messages: request.messages.map((message) =>
      turns.includes(message) ? withTaggedThoughts(message) : message,
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

function withTaggedThoughts(message: Message): Message {
  const content = blocksOf(message.content).map((block) => {
    const known = isThought(block) ? knownBlock(block) : undefined
    if (known?.type !== 'thinking') return block
    return { type: 'text', text: `${REASONING_TAG.open}${known.thinking}${REASONING_TAG.close}` }
  })
  return { ...message, content }
}

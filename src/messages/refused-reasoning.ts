/**
 * Recognises errors about reasoning (state that a vendor can no longer read, thinking and effort
 * that a model does not know), and removes it from the request.
 */

import { decodeSignature, signatureFrom } from './reasoning-signature.ts'
import { isInvalid, type Refusal, type Rule } from './refusal.ts'
import type { Block, Message, MessagesRequest } from './request.ts'

/** Reasoning state that its vendor cannot read any more; then all thinking of earlier answers. */
export const STATE_RULES: readonly Rule[] = [
  {
    without: 'assistant.thinking.signature',
    isLasting: false,
    isRefused: isStateRefused,
    bare: withoutState,
  },
  {
    without: 'assistant.thinking',
    isLasting: false,
    isRefused: isStateRefused,
    bare: withoutThinking,
  },
]

/** Thinking that a server does not know, or does not take of this model or in this place. */
export const THINKING_RULES: readonly Rule[] = [
  {
    without: 'assistant.thinking',
    isLasting: true,
    isRefused: isReasoningRefused,
    bare: withoutThinking,
  },
  {
    without: 'thinking.adaptive',
    isLasting: true,
    isRefused: isAdaptiveRefused,
    bare: withoutAdaptive,
  },
  {
    without: 'thinking.disabled',
    isLasting: true,
    isRefused: isDisabledRefused,
    bare: withLeastThinking,
  },
  {
    without: 'output_config.effort',
    isLasting: true,
    isRefused: isWordRefused,
    bare: withHighEffort,
  },
  { without: 'thinking', isLasting: false, isRefused: isThinkingMisplaced, bare: withoutEffort },
  { without: 'thinking', isLasting: true, isRefused: isEffortRefused, bare: withoutEffort },
]

/** "Input tag 'adaptive' found using 'type' does not match any of the expected tags" */
function isAdaptiveRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && /['"`]adaptive['"`]/.test(refusal.message)
}

/** Thinking with a budget, the older form; none if the output limit leaves no room for it. */
function withoutAdaptive(request: MessagesRequest): MessagesRequest {
  const { thinking, max_tokens: most = 0, ...rest } = request
  if ((thinking as { type?: unknown } | undefined)?.type !== 'adaptive') return request
  const budget = Math.floor(most / 2)
  const enabled = { type: 'enabled', budget_tokens: budget }
  return { ...rest, max_tokens: most, ...(budget < LEAST_BUDGET ? {} : { thinking: enabled }) }
}

/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking */
const LEAST_BUDGET = 1024

/**
 * "Reasoning is mandatory for this endpoint and cannot be disabled." (OpenRouter:
 * https://github.com/musistudio/claude-code-router/issues/1238)
 */
const MANDATORY =
  /(reasoning|thinking) is (mandatory|required)|(reasoning|thinking)[^.]{0,60}cannot be (disabled|turned off)/i

function isDisabledRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && MANDATORY.test(refusal.message)
}

/** With the lowest effort, unless the request names one. */
function withLeastThinking(request: MessagesRequest): MessagesRequest {
  const { thinking, output_config: output, ...rest } = request
  if ((thinking as { type?: unknown } | undefined)?.type !== 'disabled') return request
  const effort = effortIn(output) ?? 'low'
  return { ...rest, output_config: { ...(output as object | undefined), effort } }
}

/**
 * "Expected `thinking` or `redacted_thinking`, but found `tool_use`": another model made the calls
 * that are being answered. A budget for which the answer has no room. "Thinking may not be enabled
 * when tool_choice forces tool use", "Thinking mode does not support this tool_choice".
 */
const MISPLACED_THINKING =
  /expected ['"`]?thinking|greater than ['"`]?thinking\.budget_tokens|thinking[^.]{0,60}(tool_choice|forc(e|es|ed|ing)\b)|tool_choice[^.]{0,60}thinking/i

function isThinkingMisplaced(refusal: Refusal): boolean {
  return isInvalid(refusal) && MISPLACED_THINKING.test(refusal.message)
}

/** "Unsupported parameter: 'reasoning_effort'", "Unsupported value", "Extra inputs are not permitted". */
const EFFORT = /reasoning[_.]?effort|\beffort\b|enable_thinking|\bthinking\b|thinking_budget/i
const THINKING_REFUSED =
  /not? (support|permitted|allowed|valid)|may not|unsupported|unexpected|unknown|unrecognized|invalid|extra inputs|only /i
const OTHER_REASON = /passed back|signature|budget_tokens|max_tokens/i

function isEffortRefused(refusal: Refusal): boolean {
  const { message } = refusal
  if (!isInvalid(refusal) || OTHER_REASON.test(message)) return false
  if (EFFORT_WORD.test(message)) return true
  return EFFORT.test(message) && THINKING_REFUSED.test(message)
}

/** "Invalid value: 'xhigh'. Supported values are: …", "effort: Input should be 'low', 'medium' or 'high'" */
const EFFORT_WORD =
  /invalid value: ['"`](none|minimal|low|medium|high|xhigh|max)['"`]|effort: input should be/i

/** Efforts that are younger than the words of many models. */
const HIGHEST: ReadonlySet<unknown> = new Set(['xhigh', 'max'])

function isWordRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && EFFORT_WORD.test(refusal.message)
}

/** With the highest effort that all models know; the very same object if it wants no more. */
function withHighEffort(request: MessagesRequest): MessagesRequest {
  const { output_config: output } = request
  if (!HIGHEST.has(effortIn(output))) return request
  return { ...request, output_config: { ...(output as object), effort: 'high' } }
}

/** The very same object if it has neither thinking nor effort. */
export function withoutEffort(request: MessagesRequest): MessagesRequest {
  const { thinking, output_config: output, ...rest } = request
  const hasEffort = thinking !== undefined || effortIn(output) !== undefined
  const messages = request.messages.map((message) => {
    const { output_config: effort, ...others } = message
    return effort === undefined
      ? message
      : { ...others, role: message.role, content: message.content }
  })
  if (!hasEffort && messages.every((message, at) => message === request.messages[at]))
    return request
  const kept = Object.entries(output ?? {}).filter(([name]) => name !== 'effort')
  const config = kept.length === 0 ? {} : { output_config: Object.fromEntries(kept) as object }
  return { ...rest, ...config, model: request.model, messages }
}

function effortIn(output: unknown): unknown {
  return ((output ?? {}) as { effort?: unknown }).effort
}

// --- Reasoning in the history ---

/**
 * How Gemini ("Invalid thought signature"), Claude elsewhere ("Invalid `signature` in `thinking`
 * block") and OpenAI ("The encrypted content … could not be verified") say so.
 */
const STATE_REFUSED =
  /(thought|thinking)[^.]{0,40}signature|signature[^.]{0,40}(thought|thinking)|encrypted[ _]content/i

export function isStateRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && STATE_REFUSED.test(refusal.message)
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
const UNKNOWN_FIELD =
  /not (supported|permitted|allowed)|unsupported|unexpected|unknown|unrecognized|extra inputs/i
const REASONING_MISSED = /passed back|required|missing/i

export function isReasoningRefused(refusal: Refusal): boolean {
  const { message } = refusal
  return (
    isInvalid(refusal) &&
    FIELD.test(message) &&
    UNKNOWN_FIELD.test(message) &&
    !REASONING_MISSED.test(message)
  )
}

/** The request without the thinking of earlier answers; the very same object if it has none. */
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

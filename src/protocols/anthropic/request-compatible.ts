/** Translates a request for Messages APIs of other vendors, which know less than Anthropic's. */

import { isObject } from '../../lib/json.ts'
import { SIGNATURE_PREFIX } from '../../messages/reasoning-signature.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import { systemReminder } from '../../messages/refused-messages.ts'
import {
  type Block,
  blocksOf,
  type Content,
  isContent,
  type Message,
  type MessagesRequest,
  type Tool,
} from '../../messages/request.ts'
import { isBillingHeader } from '../conversation.ts'
import { modelEffort } from '../reasoning.ts'
import { advisorAsText, foreignSearchesAsText } from '../server-tools.ts'
import { argumentsObject, isPlaceholder } from '../tools.ts'

/**
 * A request for another vendor's Messages API, which follows an earlier version of Anthropic's: newer
 * fields are translated, or dropped and reported.
 */
export interface Compatible {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

/** Fields that mean something to Anthropic's API alone: its conversations, its bill. */
const ANTHROPIC_ONLY: readonly string[] = ['tags', 'thread', 'resumption']

/** Fields that only Anthropic's API supports. */
const NEW_FIELDS: readonly string[] = [
  ...ANTHROPIC_ONLY,
  ...['safeguards', 'context_management', 'compaction', 'fallbacks', 'diagnostics'],
]

const TOOL_FIELDS: readonly string[] = ['tools', 'tool_choice']

export function compatible(request: MessagesRequest, model: string): Compatible {
  const dropped = new Set<string>()
  const { system } = request
  const tools = withoutAdvisor(loadedTools(request.tools ?? []), dropped)
  const kept = Object.entries(request).filter(([field]) => {
    // Some servers refuse an empty list, and a choice among none.
    if (TOOL_FIELDS.includes(field)) return tools.length > 0
    if (!NEW_FIELDS.includes(field)) return true
    dropped.add(field)
    return false
  })
  return {
    request: {
      ...(Object.fromEntries(kept) as unknown as MessagesRequest),
      ...(system === undefined ? {} : { system: withoutBillingHeader(system) }),
      ...(tools.length === 0 ? {} : { tools }),
      ...effortField(request, model),
      messages: oldMessages(request.messages, dropped),
    },
    dropped: [...dropped],
  }
}

// --- Fields ---

function withoutBillingHeader(system: Content): Content {
  if (typeof system === 'string') return system
  return system.filter((block) => !isBillingHeader(block['text']))
}

/** A tool of Anthropic's server, which asks another Claude for advice. */
const ADVISOR = /^advisor_\d/

/** The tools without the advisor; the very same list if it has none. */
function withoutAdvisor(tools: readonly Tool[], dropped: Set<string>): readonly Tool[] {
  const kept = tools.filter(({ type = '' }) => {
    if (!ADVISOR.test(type)) return true
    dropped.add(`tools.${type}`)
    return false
  })
  return kept.length === tools.length ? tools : kept
}

/**
 * A request for an unknown server, without what only Anthropic's API knows: the group that pays for it,
 * the thread that it begins, and, for models other than Claude, the advisor. The very same object if it
 * has nothing of it.
 */
export function withoutAnthropicOnly(request: MessagesRequest, isClaude: boolean): Compatible {
  const dropped = new Set(ANTHROPIC_ONLY.filter((field) => request[field] !== undefined))
  const { tools = [] } = request
  const offered = isClaude ? tools : withoutAdvisor(tools, dropped)
  const messages = isClaude ? request.messages : withoutAdvice(request.messages)
  if (dropped.size === 0 && messages === request.messages) return { request, dropped: [] }
  const left = Object.entries(request).filter(([field]) => {
    if (TOOL_FIELDS.includes(field)) return offered.length > 0
    return !ANTHROPIC_ONLY.includes(field)
  })
  const bare = { ...(Object.fromEntries(left) as unknown as MessagesRequest), messages }
  return {
    request: offered === tools ? bare : { ...bare, tools: offered },
    dropped: [...dropped],
  }
}

/** The very same list if there is no advice in it. */
function withoutAdvice(messages: readonly Message[]): readonly Message[] {
  const plain = messages.map((message) => {
    if (typeof message.content === 'string') return message
    const content = advisorAsText(message.content)
    return content === message.content ? message : { ...message, content }
  })
  return plain.every((message, at) => message === messages[at]) ? messages : plain
}

/** Deferred tools in the list are loaded by now; the placeholder stands for the others. */
function loadedTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => !isPlaceholder(tool)).map(withoutDeferral)
}

function withoutDeferral(tool: Tool): Tool {
  if (tool.defer_loading === undefined) return tool
  const fields = Object.entries(tool).filter(([field]) => field !== 'defer_loading')
  return { ...Object.fromEntries(fields), name: tool.name }
}

/**
 * Effort set by a system message in mid-conversation moves to the top-level field, as a word that the
 * model knows: servers pass it to the model's template, which may fail for other words.
 */
function effortField(request: MessagesRequest, model: string): object {
  const isMoved = request.messages.some((m) => m.role === 'system' && m['output_config'])
  const { effort } = reasoningOf(request)
  if (effort === undefined) return {}
  const word = modelEffort(model)?.words?.[effort] ?? effort
  if (!isMoved && word === effort) return {}
  return { output_config: { ...(request['output_config'] as object | undefined), effort: word } }
}

// --- Messages ---

/**
 * A request for an unknown server that speaks the Messages API: system messages and efforts, which only
 * Anthropic accepts in this form, are translated; everything else stays as it came. The very same
 * object if there is nothing to translate.
 */
export function withoutSystemTurns(request: MessagesRequest, model: string): MessagesRequest {
  const effort = effortField(request, model)
  const hasSystem = request.messages.some(({ role }) => role === 'system')
  if (!hasSystem) return Object.keys(effort).length === 0 ? request : { ...request, ...effort }
  const turns: Message[] = []
  for (const message of request.messages) {
    const turn = message.role === 'system' ? systemTurn(message) : message
    // One that only sets an effort is empty.
    if (turn === message || turn.content.length > 0) addTurn(turn, turns)
  }
  return { ...request, ...effort, messages: turns }
}

function systemTurn({ content }: Message): Message {
  return { role: 'user', content: reminders(content) }
}

/** Alternating turns of user and assistant; system messages join the user's, after any tool results. */
function oldMessages(messages: readonly Message[], dropped: Set<string>): readonly Message[] {
  const turns: Message[] = []
  for (const message of messages) {
    const turn = oldMessage(message, dropped)
    if (turn.content.length > 0) addTurn(turn, turns)
  }
  const hasUser = turns.some(({ role }) => role === 'user')
  return hasUser ? turns : [{ role: 'user', content: '(empty)' }, ...turns]
}

function addTurn(turn: Message, turns: Message[]): void {
  const last = turns.at(-1)
  if (last?.role === 'user' && turn.role === 'user') {
    turns.pop()
    turns.push({ ...last, content: merged(last.content, turn.content) })
  } else turns.push(turn)
}

function oldMessage(message: Message, dropped: Set<string>): Message {
  const turn = oldTurn(message, dropped)
  if (typeof turn.content === 'string') return turn
  return { ...turn, content: turn.content.filter(hasContent).map(withObjectInput) }
}

/** "text content blocks must be non-empty" */
function hasContent({ type, text }: Block): boolean {
  return type !== 'text' || text !== ''
}

/** Arguments must be an object; the client keeps those that it could not parse as text. */
function withObjectInput(block: Block): Block {
  if (block.type !== 'tool_use') return block
  const { input } = block
  return isObject(input) ? block : { ...block, input: argumentsObject(input) }
}

function oldTurn(message: Message, dropped: Set<string>): Message {
  switch (message.role) {
    case 'system':
      return systemTurn(message)
    case 'assistant':
      return { ...message, content: withoutForeignThinking(message.content, dropped) }
    default:
      return { ...message, content: withoutReferences(message.content) }
  }
}

/** Each text of a system message as a reminder; `cache_control` stays. */
function reminders(content: Content): readonly Block[] {
  return blocksOf(content).map((block) =>
    typeof block['text'] === 'string' ? { ...block, text: systemReminder(block['text']) } : block,
  )
}

/** Tool results must come first. */
function merged(before: Content, after: Content): Content {
  const blocks = [...blocksOf(before), ...blocksOf(after)]
  const isResult = (block: Block): boolean => block.type === 'tool_result'
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))]
}

/** Drops reasoning with another provider's state; this vendor's reasoning may be unsigned. */
function withoutForeignThinking(content: Content, dropped: Set<string>): Content {
  if (typeof content === 'string') return content
  return advisorAsText(foreignSearchesAsText(content)).filter((block) => {
    const { signature } = block
    const foreign = typeof signature === 'string' && signature.startsWith(SIGNATURE_PREFIX)
    if (foreign) dropped.add(`assistant.${block.type}`)
    return !foreign
  })
}

/** `tool_reference`, which names a tool that was just loaded, as text. */
function withoutReferences(content: Content): Content {
  if (typeof content === 'string') return content
  return content.map((block) => {
    if (block.type === 'tool_reference') return referenceText(block)
    const inner = block.type === 'tool_result' ? block['content'] : undefined
    return isContent(inner) ? { ...block, content: withoutReferences(inner) } : block
  })
}

function referenceText(block: Block): Block {
  return { type: 'text', text: `Tool loaded: ${String(block['tool_name'])}` }
}

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
import { foreignSearchesAsText } from '../server-tools.ts'
import { argumentsObject, isPlaceholder } from '../tools.ts'

/**
 * A request for another vendor's Messages API, which follows an earlier version of Anthropic's: newer
 * fields are translated, or dropped and reported.
 */
export interface Compatible {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

/** Fields that only Anthropic's API supports. */
const NEW_FIELDS: readonly string[] = ['safeguards', 'context_management']

const TOOL_FIELDS: readonly string[] = ['tools', 'tool_choice']

export function compatible(request: MessagesRequest, model: string): Compatible {
  const dropped = new Set<string>()
  const { system } = request
  const tools = loadedTools(request.tools ?? [])
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
    addTurn(message.role === 'system' ? systemTurn(message) : message, turns)
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
  return foreignSearchesAsText(content).filter((block) => {
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

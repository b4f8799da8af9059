import { SIGNATURE_PREFIX } from '../../messages/reasoning-signature.ts'
import { systemReminder } from '../../messages/refused-system.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import {
  type Block,
  blocksOf,
  type Content,
  isContent,
  type Message,
  type MessagesRequest,
  type Tool,
} from '../../messages/request.ts'
import { foreignSearchesAsText } from '../server-tools.ts'
import { isBillingHeader } from '../conversation.ts'
import { modelEffort } from '../reasoning.ts'
import { argumentsObject, isPlaceholder } from '../tools.ts'

/**
 * A request for another maker's Messages API, which knows Anthropic's as it was: what is new since
 * is said in old words, or left out and named.
 */
export interface Compatible {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

/** Fields that only Anthropic's own API answers. */
const NEW_FIELDS: readonly string[] = ['safeguards', 'context_management']

const TOOL_FIELDS: readonly string[] = ['tools', 'tool_choice']

export function compatible(request: MessagesRequest, model: string): Compatible {
  const dropped = new Set<string>()
  const { system } = request
  const tools = loadedTools(request.tools ?? [])
  const kept = Object.entries(request).filter(([field]) => {
    // An empty list, and a choice among none, are refused by some.
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

function withoutBillingHeader(system: Content): Content {
  if (typeof system === 'string') return system
  return system.filter((block) => !isBillingHeader(block['text']))
}

/** Deferred tools that are in the list are loaded; the placeholder stands for the others. */
function loadedTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => !isPlaceholder(tool)).map(withoutDeferral)
}

function withoutDeferral(tool: Tool): Tool {
  if (tool.defer_loading === undefined) return tool
  const fields = Object.entries(tool).filter(([field]) => field !== 'defer_loading')
  return { ...Object.fromEntries(fields), name: tool.name }
}

/**
 * Effort that a system message in mid-conversation sets moves to where it was first known, in a word
 * that the model knows: servers hand it to the model's template, which may raise an error for others.
 */
function effortField(request: MessagesRequest, model: string): object {
  const isMoved = request.messages.some((m) => m.role === 'system' && m['output_config'])
  const { effort } = reasoningOf(request)
  if (effort === undefined) return {}
  const word = modelEffort(model)?.words?.[effort] ?? effort
  if (!isMoved && word === effort) return {}
  return { output_config: { ...(request['output_config'] as object | undefined), effort: word } }
}

/**
 * A request for a server of which nothing is known but that it speaks the Messages API: what would be
 * an error for any but Anthropic itself is said in old words, everything else stays as it came. The
 * very same request where there is nothing of that.
 */
export function folded(request: MessagesRequest, model: string): MessagesRequest {
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

/** User and assistant in turns; system messages are said by the user, after any tool results. */
function oldMessages(messages: readonly Message[], dropped: Set<string>): readonly Message[] {
  const turns: Message[] = []
  for (const message of messages) {
    const turn = oldMessage(message, dropped)
    if (turn.content.length > 0) addTurn(turn, turns)
  }
  const isAsked = turns.some(({ role }) => role === 'user')
  return isAsked ? turns : [{ role: 'user', content: '(empty)' }, ...turns]
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
  return { ...turn, content: turn.content.filter(isSaid).map(withObjectInput) }
}

/** "text content blocks must be non-empty" */
function isSaid({ type, text }: Block): boolean {
  return type !== 'text' || text !== ''
}

/** Arguments must be an object; the client keeps those that it could not parse as they were. */
function withObjectInput(block: Block): Block {
  if (block.type !== 'tool_use') return block
  const { input } = block
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  return isObject ? block : { ...block, input: argumentsObject(input) }
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

/** Each text of a system message as a reminder; marks for the prompt cache stay where they were. */
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

/** Another provider's sealed reasoning means nothing here; this maker's own may be unsigned. */
function withoutForeignThinking(content: Content, dropped: Set<string>): Content {
  if (typeof content === 'string') return content
  return foreignSearchesAsText(content).filter((block) => {
    const { signature } = block
    const foreign = typeof signature === 'string' && signature.startsWith(SIGNATURE_PREFIX)
    if (foreign) dropped.add(`assistant.${block.type}`)
    return !foreign
  })
}

/** `tool_reference`, which stands for a tool that was just loaded, as text. */
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

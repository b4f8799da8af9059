import type { Refusal } from './refusal.ts'
import { type Block, blocksOf, isContent, type Message, type MessagesRequest } from './request.ts'
import { isInvalid, type Rule } from './refusal-rule.ts'

/**
 * "`tool_use` ids were found without `tool_result` blocks immediately after", "unexpected `tool_use_id`
 * found in `tool_result` blocks", "each tool_use must have a single result", "`tool_use` ids must be
 * unique", "text content blocks must be non-empty", "cache_control cannot be set for empty text
 * blocks": a client that was interrupted sends such a conversation for good.
 */
const REFUSED =
  /tool_use.{1,80}tool_result|tool_use_id|each tool_use|tool_use['"`]? ids must be unique|must be non-empty|must have non-empty content|must contain non-whitespace|for empty text blocks|text\.text: field required/i

/** One result for each call, each call under an id of its own, and no empty text. */
export const HISTORY_RULES: readonly Rule[] = [
  { without: 'messages.history', isLasting: true, isRefused, bare: withMendedHistory },
]

function isRefused(refusal: Refusal): boolean {
  return isInvalid(refusal) && REFUSED.test(refusal.message)
}

/** The very same request where nothing is to be mended. */
function withMendedHistory(request: MessagesRequest): MessagesRequest {
  const messages = request.messages.map((message): Message => ({
    ...message,
    content: withoutEmptyTexts(blocksOf(message.content)),
  }))
  const newId = idChooser(messages)
  const turns = stepsOf(messages).flatMap(({ assistant, others }) => {
    const blocks = blocksOf(assistant?.content)
    const calls = blocks.filter(isCall).map((block) => ({ id: block.id, newId: newId(block.id) }))
    const names = calls.values()
    const content = blocks.map((block) => {
      const id = isCall(block) ? names.next().value?.newId : undefined
      return id === undefined ? block : { ...block, id }
    })
    return [...(assistant ? [{ ...assistant, content }] : []), ...answered(others, calls)]
  })
  const mended = { ...request, messages: turns.filter(({ content }) => content.length > 0) }
  return JSON.stringify(inBlocks(mended)) === JSON.stringify(inBlocks(request)) ? request : mended
}

function inBlocks({ messages }: MessagesRequest): unknown {
  return messages.map(({ role, content }) => [role, blocksOf(content)])
}

function withoutEmptyTexts(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(isNoEmptyText).map((block) => {
    const { type, content } = block
    if (type !== 'tool_result' || !Array.isArray(content) || !isContent(content)) return block
    return { ...block, content: content.filter(isNoEmptyText) }
  })
}

function isNoEmptyText({ type, text }: Block): boolean {
  return type !== 'text' || typeof text !== 'string' || text.trim() !== ''
}

/** What the assistant says, and what is said up to its next turn. */
interface Step {
  readonly assistant: Message | undefined
  readonly others: readonly Message[]
}

function stepsOf(messages: readonly Message[]): readonly Step[] {
  const steps: { assistant: Message | undefined; others: Message[] }[] = [
    { assistant: undefined, others: [] },
  ]
  for (const message of messages) {
    if (message.role === 'assistant') steps.push({ assistant: message, others: [] })
    else steps.at(-1)?.others.push(message)
  }
  return steps
}

type CallBlock = Block & { readonly id: string }

function isCall(block: Block): block is CallBlock {
  return block.type === 'tool_use' && typeof block['id'] === 'string'
}

/** Gives each call its id, and another one where an earlier call has it. */
function idChooser(messages: readonly Message[]): (id: string) => string {
  const ids = messages.flatMap(({ content }) => blocksOf(content).filter(isCall))
  const all = new Set(ids.map(({ id }) => id))
  const given = new Set<string>()
  return (id) => {
    let chosen = id
    for (let n = 2; given.has(chosen) || (chosen !== id && all.has(chosen)); n += 1) {
      chosen = `${id}_${String(n)}`
    }
    given.add(chosen)
    return chosen
  }
}

interface Call {
  readonly id: string
  /** Under which it goes on. */
  readonly newId: string
}

/** The user's turns, the first with one result for each call; a result of no call is said as text. */
function answered(messages: readonly Message[], calls: readonly Call[]): readonly Message[] {
  const all = messages.flatMap(({ role, content }) => (role === 'user' ? blocksOf(content) : []))
  const found = all.filter(({ type }) => type === 'tool_result')
  const results = calls.map(({ id, newId }): Block => {
    const at = found.findIndex((block) => block['tool_use_id'] === id)
    const [result] = at === -1 ? [] : found.splice(at, 1)
    return { ...(result ?? NO_RESULT), tool_use_id: newId }
  })
  const first = messages.findIndex(({ role }) => role === 'user')
  const turns = messages.map((message, at) => {
    if (message.role !== 'user') return message
    const others = blocksOf(message.content).flatMap((block) => {
      if (block.type !== 'tool_result') return [block]
      return calls.some(({ id }) => id === block['tool_use_id']) ? [] : saidIn(block)
    })
    return { ...message, content: at === first ? [...results, ...others] : others }
  })
  return first === -1 ? [{ role: 'user', content: results }, ...turns] : turns
}

const NO_RESULT = { type: 'tool_result', content: '(no result)', is_error: true } as const

function saidIn(result: Block): readonly Block[] {
  const content = result['content']
  return isContent(content) ? blocksOf(content) : []
}

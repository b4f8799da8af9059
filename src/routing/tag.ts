/** The tag in a sub-agent's prompt that names its model. */
import {
  type Block,
  blocksOf,
  type Content,
  type Message,
  type MessagesRequest,
} from '../messages/request.ts'
import { isSubagent } from './subagent.ts'

/**
 * `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>`: how the prompt of a sub-agent names
 * its model. It is an order only where the sub-agent's caller or its definition speaks: in a
 * request of a sub-agent, at the beginning of a system block, or at the beginning of a line of the
 * task, which stands before the first answer and outside of every `<system-reminder>` (CLAUDE.md,
 * the state of git and files are in those). Everywhere else it is text and stays untouched.
 */

export const TAG = '<CCR-SUBAGENT-MODEL>'
const END = '</CCR-SUBAGENT-MODEL>'
/** Characters of the longest name of a model that is read. */
const LONGEST = 500
/** User messages in which the task may stand. */
const MESSAGES = 2

const REMINDER = '<system-reminder>'
const REMINDER_END = '</system-reminder>'

/** What is known of the client of a request besides the body. */
export interface Sender {
  /** `x-claude-code-agent-id` */
  readonly agentId?: string | undefined
  /** `x-ccr-model`: the model that the user has named to the client himself, and the config had. */
  readonly namedModel?: string | undefined
  /** `x-ccr-unmatched-model`: the same of a model that the config did not have. */
  readonly unmatchedModel?: string | undefined
}

export interface Tagged {
  readonly model: string
  /** The request without the tag. */
  readonly request: MessagesRequest
}

/** The model that a sub-agent's tag names; undefined for a request without one that counts. */
export function takeTag(request: MessagesRequest, { agentId }: Sender): Tagged | undefined {
  const found = findTag(request)
  if (found === undefined || !isSubagent(request, agentId)) return undefined
  const { tag, index } = found
  if (index === undefined) {
    return { model: tag.model, request: { ...request, system: tag.content } }
  }
  const message = { ...(request.messages[index] as Message), content: tag.content }
  return {
    model: tag.model,
    request: { ...request, messages: request.messages.with(index, message) },
  }
}

interface FoundTag {
  readonly tag: Found
  /** Of the message; undefined for the system prompt. */
  readonly index: number | undefined
}

/** Where a sub-agent's tag would count. */
function findTag(request: MessagesRequest): FoundTag | undefined {
  const inSystem = takeFrom(request.system, atBeginning)
  if (inSystem) return { tag: inSystem, index: undefined }
  let users = 0
  for (const [index, message] of request.messages.entries()) {
    // What comes after an answer is what tools and files say.
    if (message.role === 'assistant') return undefined
    if (message.role !== 'user') continue
    users += 1
    if (users > MESSAGES) return undefined
    const tag = takeFrom(message.content, inTask)
    if (tag) return { tag, index }
  }
  return undefined
}

interface Found {
  readonly model: string
  readonly content: Content
}

interface Span {
  readonly model: string
  readonly start: number
  readonly end: number
}

type Finder = (text: string) => Span | undefined

function takeFrom(content: Content | undefined, find: Finder): Found | undefined {
  if (content === undefined) return undefined
  if (typeof content === 'string') {
    const span = find(content)
    return span && { model: span.model, content: without(content, span) }
  }
  for (const [index, block] of content.entries()) {
    const written = textOf(block)
    const span = find(written)
    if (span === undefined) continue
    const text = without(written, span)
    // An empty text block is refused by providers.
    const rest = text === '' ? content.toSpliced(index, 1) : content.with(index, { ...block, text })
    return { model: span.model, content: rest }
  }
  return undefined
}

function without(text: string, { start, end }: Span): string {
  return text.slice(0, start) + text.slice(end).trimStart()
}

/** Behind the beginning of a system block stands what others wrote: commits, MCP servers, notes. */
function atBeginning(text: string): Span | undefined {
  if (!text.includes(TAG)) return undefined
  const [first] = tagsIn(text)
  return first !== undefined && text.slice(0, first.start).trim() === '' ? first : undefined
}

/** A tag within a sentence or a block of code is talked about. */
function inTask(text: string): Span | undefined {
  if (!text.includes(TAG)) return undefined
  const [from, to] = taskIn(text)
  for (const tag of tagsIn(text)) {
    if (tag.start < from || tag.end > to) continue
    const line = text.lastIndexOf('\n', tag.start - 1) + 1
    const begins = tag.start === 0 || text.slice(Math.max(line, from), tag.start).trim() === ''
    if (begins && !isFenced(text.slice(from, tag.start))) return tag
  }
  return undefined
}

/**
 * The part of a text that is not the client's reminders. A file may hold the end of a reminder, so
 * one that begins the text goes as far as the last end.
 */
function taskIn(text: string): readonly [number, number] {
  if (text.trimStart().startsWith(REMINDER)) {
    const end = text.lastIndexOf(REMINDER_END)
    return [end === -1 ? text.length : end + REMINDER_END.length, text.length]
  }
  const reminder = text.indexOf(REMINDER)
  return [0, reminder === -1 ? text.length : reminder]
}

function isFenced(before: string): boolean {
  return `\n${before}`.split('\n```').length % 2 === 0
}

/** Tags of a text that are looked at. */
const MOST = 20

function tagsIn(text: string): Span[] {
  const found: Span[] = []
  let start = text.indexOf(TAG)
  while (start !== -1 && found.length < MOST) {
    const from = start + TAG.length
    const inside = text.slice(from, from + LONGEST + END.length)
    const length = inside.indexOf(END)
    const end = length === -1 ? from : from + length + END.length
    if (length !== -1) found.push({ model: inside.slice(0, length).trim(), start, end })
    start = text.indexOf(TAG, end)
  }
  return found
}

/** A tag that chooses nothing. */
export interface Mention {
  readonly model: string
  readonly location: 'the system prompt' | 'a reminder of the client' | 'a prompt' | 'a tool result'
}

/** How many mentions of a request are reported. */
const MOST_MENTIONS = 5

/**
 * The tags of a request that are text, the first few of them. What the model itself wrote is left
 * out: there the tags of its tasks stand.
 */
export function mentionsOf(request: MessagesRequest, sender: Sender): readonly Mention[] {
  const rest = takeTag(request, sender)?.request ?? request
  const found = new Map<string, Mention>()
  for (const mention of allIn(rest)) {
    if (!found.has(mention.model)) found.set(mention.model, mention)
    if (found.size === MOST_MENTIONS) break
  }
  return [...found.values()]
}

function* allIn({ system, messages }: MessagesRequest): Generator<Mention> {
  for (const block of blocksOf(system)) yield* mentions(textOf(block), 'the system prompt')
  for (const { role, content } of messages) {
    if (role === 'assistant') continue
    for (const block of blocksOf(content)) yield* inBlock(block)
  }
}

function* inBlock(block: Block | null): Generator<Mention> {
  if (block === null) return
  if (block.type !== 'tool_result') {
    const text = textOf(block)
    const reminds = text.trimStart().startsWith(REMINDER)
    yield* mentions(text, reminds ? 'a reminder of the client' : 'a prompt')
    return
  }
  const inner = block['content']
  if (typeof inner === 'string') yield* mentions(inner, 'a tool result')
  if (!Array.isArray(inner)) return
  for (const one of inner as (Block | null)[]) yield* mentions(textOf(one), 'a tool result')
}

function* mentions(text: string, location: Mention['location']): Generator<Mention> {
  for (const { model } of tagsIn(text)) yield { model, location }
}

function textOf(block: Block | null | undefined): string {
  const text = block?.['text']
  return typeof text === 'string' ? text : ''
}

/**
 * A Messages conversation as the turns that every other protocol demands, with what a target cannot
 * take converted to text or reported as dropped.
 */

import { decodeSignature } from '../messages/reasoning-signature.ts'
import { systemReminder } from '../messages/refused-messages.ts'
import {
  type Block,
  blocksOf,
  type Content,
  type DocumentBlock,
  type ImageBlock,
  knownBlock,
  type Message,
  type SearchResultBlock,
  type TextBlock,
  type ThinkingBlock,
  type ToolResultBlock,
  type ToolUseBlock,
} from '../messages/request.ts'
import type { Target } from './protocol.ts'
import { serverToolsAsText } from './server-tools.ts'

/**
 * The turn after an assistant's calls holds exactly one result for each; what the user or the system
 * says meanwhile follows. Neither user nor assistant turns stand beside each other.
 */
export type Turn =
  | { readonly role: 'user'; readonly parts: readonly Part[] }
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'assistant'; readonly blocks: readonly AssistantBlock[] }
  | { readonly role: 'results'; readonly results: readonly Result[] }

export type AssistantBlock = TextBlock | ThinkingBlock | ToolUseBlock

/** The result of one call. */
export interface Result {
  readonly call: ToolUseBlock
  readonly isError: boolean
  readonly content: readonly Part[]
}

/** What a target takes in its conversation. */
export interface Accepts extends Media {
  /**
   * What a system message in mid-conversation becomes: a system turn, or a <system-reminder> in a
   * user turn for protocols and templates that know only a first one.
   */
  readonly midSystem: 'system' | 'user'
  /** Whether results hold images and documents; else these go into the user turn that follows. */
  readonly mediaInResults: boolean
  /** Whether an earlier thinking block goes back; see `isFromProvider`. */
  readonly thinking: (block: ThinkingBlock) => boolean
}

/** Whether a thinking block was made by this provider: reasoning goes back to it and to no other. */
export function isFromProvider(block: ThinkingBlock, target: Target): boolean {
  return decodeSignature(block.signature)?.provider === target.provider
}

interface Context {
  readonly accepts: Accepts
  readonly dropped: Set<string>
  readonly turns: Turn[]
  /** The newest calls that have no result yet, by id. */
  readonly calls: Map<string, ToolUseBlock>
  readonly results: Result[]
  /** Turns since the newest assistant turn: they follow the results of that turn's calls. */
  readonly pending: PendingTurn[]
}

type PendingTurn = Extract<Turn, { role: 'user' | 'system' }>

// --- Turns ---

/** The turns of a conversation; what the target does not take is reported in `dropped`. */
export function turnsOf(
  messages: readonly Message[],
  accepts: Accepts,
  dropped: Set<string>,
): readonly Turn[] {
  const context: Context = {
    accepts,
    dropped,
    turns: [],
    calls: new Map(),
    results: [],
    pending: [],
  }
  for (const message of messages) addMessage(message, context)
  settle(context)
  return withUserTurn(context.turns)
}

/** Put first where a protocol demands that the user begins, and the assistant does. */
export const OPENING = '[The conversation goes on.]'

/** A conversation without any message of the user is refused everywhere: it gets one. */
function withUserTurn(turns: readonly Turn[]): readonly Turn[] {
  if (turns.some(({ role }) => role === 'user' || role === 'results')) return turns
  const at = turns.findIndex(({ role }) => role === 'assistant')
  const opening: Turn = { role: 'user', parts: [textPart('(empty)')] }
  return turns.toSpliced(at === -1 ? turns.length : at, 0, opening)
}

function addMessage(message: Message, context: Context): void {
  switch (message.role) {
    case 'assistant':
      return addAssistant(serverToolsAsText(blocksOf(message.content)), context)
    case 'system':
      return addSystem(message, context)
    default:
      return addUser(blocksOf(message.content), context)
  }
}

function addSystem(message: Message, { accepts, dropped, pending }: Context): void {
  const text = systemText(message.content, dropped)
  if (text === '') return
  if (accepts.midSystem === 'system') pending.push({ role: 'system', text })
  else pending.push({ role: 'user', parts: [textPart(systemReminder(text))] })
}

function addAssistant(blocks: readonly Block[], context: Context): void {
  const { results, pending } = context
  const goesOn = results.length === 0 && pending.length === 0
  const kept = withoutTwins(
    blocks.filter((block) => isKept(block, context)).map(knownBlock) as AssistantBlock[],
    context,
    goesOn ? context.calls.keys() : [],
  )
  if (kept.length === 0) return
  // The calls of a turn that comes in several messages are answered after the last of them.
  if (!goesOn) settle(context)
  const { turns, calls } = context
  const last = turns.at(-1)
  if (last?.role === 'assistant') {
    turns.pop()
    turns.push({ role: 'assistant', blocks: [...last.blocks, ...kept] })
  } else turns.push({ role: 'assistant', blocks: kept })
  for (const block of kept) if (block.type === 'tool_use') calls.set(block.id, block)
}

/** Two calls under one id cannot both be answered: the first one stays. */
function withoutTwins(
  blocks: AssistantBlock[],
  { dropped }: Context,
  open: Iterable<string>,
): AssistantBlock[] {
  const ids = new Set(open)
  return blocks.filter((block) => {
    if (block.type !== 'tool_use' || !ids.has(block.id)) {
      if (block.type === 'tool_use') ids.add(block.id)
      return true
    }
    dropped.add('assistant.tool_use')
    return false
  })
}

function isKept(block: Block, { accepts, dropped }: Context): boolean {
  const known = knownBlock(block)
  if (known?.type === 'tool_use') return true
  if (known?.type === 'text') return known.text !== ''
  if (known?.type === 'thinking') {
    if (accepts.thinking(known)) return true
    if (known.thinking === '' && !known.signature) return false
  }
  dropped.add(`assistant.${block.type}`)
  return false
}

function addUser(blocks: readonly Block[], context: Context): void {
  const orphaned: Part[] = []
  const beside: Part[] = []
  const dropped = droppedIn('user', context.dropped)
  for (const block of blocks) {
    const known = knownBlock(block)
    if (known?.type === 'tool_result') orphaned.push(...addResult(known, context))
    else beside.push(...partsOf(block, context.accepts, dropped))
  }
  const parts = [...orphaned, ...beside]
  if (parts.length > 0) context.pending.push({ role: 'user', parts })
}

/** Keeps the result for its call; a result whose call is gone becomes parts of the user's message. */
function addResult(block: ToolResultBlock, context: Context): readonly Part[] {
  const dropped = droppedIn('tool_result', context.dropped)
  const content = blocksOf(block.content).flatMap((b) => partsOf(b, context.accepts, dropped))
  const isError = block.is_error === true
  const call = context.calls.get(block.tool_use_id)
  if (call === undefined) {
    const [text, media] = apart(content)
    return [textPart(`[result of an earlier tool call] ${marked(text, isError)}`), ...media]
  }
  context.calls.delete(call.id)
  context.results.push({ call, isError, content })
  return []
}

/**
 * Ends the turns since the newest assistant turn. A call without a result is an error upstream;
 * the client leaves one when it was interrupted.
 */
function settle({ calls, results, pending, turns, accepts }: Context): void {
  for (const call of calls.values()) {
    results.push({ call, isError: false, content: [textPart('[no result: interrupted]')] })
  }
  calls.clear()
  const due = results.splice(0)
  const [held, lifted] = accepts.mediaInResults ? [due, []] : withoutMedia(due)
  if (held.length > 0) turns.push({ role: 'results', results: held })
  if (lifted.length > 0) say({ role: 'user', parts: lifted }, turns)
  for (const turn of pending.splice(0)) say(turn, turns)
}

/** Consecutive user turns become one: strict chat templates demand that the roles alternate. */
function say(turn: PendingTurn, turns: Turn[]): void {
  const last = turns.at(-1)
  if (turn.role === 'user' && last?.role === 'user') {
    turns.pop()
    turns.push({ role: 'user', parts: [...last.parts, ...turn.parts] })
  } else turns.push(turn)
}

function withoutMedia(results: readonly Result[]): [readonly Result[], readonly Part[]] {
  const lifted: Part[] = []
  const held = results.map((result) => {
    const [text, media] = apart(result.content)
    if (media.length === 0) return result
    lifted.push(...media)
    const note = `[${counted(media)} in the next message]`
    return { ...result, content: [textPart(text === '' ? note : `${text}\n${note}`)] }
  })
  return [held, lifted]
}

function counted(media: readonly Part[]): string {
  const images = media.filter((part) => part.type === 'image').length
  const documents = media.length - images
  return [
    ...(images > 0 ? [`${String(images)} image(s)`] : []),
    ...(documents > 0 ? [`${String(documents)} document(s)`] : []),
  ].join(' and ')
}

function apart(content: readonly Part[]): [text: string, media: readonly Part[]] {
  const media = content.filter((part) => part.type !== 'text')
  return [textOf(content), media]
}

/** The text of parts; images and documents are not in it. */
export function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}

/** A result's text, marked where the protocol has no field for an error. */
export function resultText(result: Result): string {
  return marked(textOf(result.content), result.isError)
}

function marked(text: string, isError: boolean): string {
  return isError ? `[error] ${text}` : text
}

// --- Parts ---

/** Text, images and documents of a user or of a tool, as far as a target can take them. */
export type Part = TextBlock | ImageBlock | DocumentBlock

/** What a target takes beside text. */
interface Media {
  readonly images: boolean | ((image: ImageBlock) => boolean)
  /** Whether this document goes as a part of its own: a file in base64 or under a URL. */
  readonly document: (document: DocumentBlock) => boolean
}

/**
 * A block as parts that the target takes. Documents that are text become text; what the target
 * does not take becomes a note to the model and is named in `dropped`, as is an unknown block.
 */
function partsOf(block: Block, media: Media, dropped: Dropped): readonly Part[] {
  const known = knownBlock(block)
  switch (known?.type) {
    case 'text':
      return nonEmpty(known)
    case 'tool_reference':
      return [textPart(`Tool loaded: ${known.tool_name}`)]
    case 'image':
      return takes(media, known) ? [known] : leftOut('image', known.source, dropped)
    case 'document':
      return documentParts(known, media, dropped)
    case 'search_result':
      return documentParts(documentOf(known), media, dropped)
    default:
      dropped.add(`${dropped.where}.${block.type}`)
      return isFile(block) ? [textPart(`[${block.type} left out, because it is not here]`)] : []
  }
}

function nonEmpty(text: TextBlock): readonly TextBlock[] {
  return text.text === '' ? [] : [text]
}

/** A page that the client found: its title and address stand before its content. */
function documentOf({ title, source, content }: SearchResultBlock): DocumentBlock {
  return { type: 'document', source: { type: 'content', content }, title, context: source }
}

/** An image or document that is stored at Anthropic (`source.type: file`), or malformed. */
function isFile({ type }: Block): boolean {
  return type === 'image' || type === 'document'
}

function takes({ images }: Media, image: ImageBlock): boolean {
  return typeof images === 'boolean' ? images : images(image)
}

/** Where dropped things are named, and what they were found in: `user`, `tool_result`. */
interface Dropped {
  readonly where: string
  add(name: string): unknown
}

function droppedIn(where: string, dropped: Set<string>): Dropped {
  return { where, add: (name) => dropped.add(name) }
}

export function textPart(text: string): TextBlock {
  return { type: 'text', text }
}

function documentParts(document: DocumentBlock, media: Media, dropped: Dropped): readonly Part[] {
  const { source } = document
  if (source.type === 'text') return nonEmpty(titled(document, source.data))
  if (source.type === 'content') {
    const inner = blocksOf(source.content).flatMap((block) => partsOf(block, media, dropped))
    return [...headOf(document).map(textPart), ...inner]
  }
  if (source.type === 'base64' && source.media_type.startsWith('text/')) {
    return nonEmpty(titled(document, Buffer.from(source.data, 'base64').toString('utf8')))
  }
  return media.document(document) ? [document] : leftOut('document', source, dropped)
}

function titled(document: DocumentBlock, text: string): TextBlock {
  return textPart([...headOf(document), text].join('\n'))
}

function headOf({ title, context }: DocumentBlock): string[] {
  return [...(title ? [`[document: ${title}]`] : []), ...(context ? [context] : [])]
}

type FileSource = Extract<DocumentBlock['source'], { type: 'base64' | 'url' }>

/** A note to the model on what it cannot see. */
function leftOut(kind: 'image' | 'document', source: FileSource, dropped: Dropped): TextBlock[] {
  dropped.add(`${dropped.where}.${kind}`)
  const what = source.type === 'url' ? source.url : source.media_type
  return [textPart(`[${kind} left out, because this model cannot take it: ${what}]`)]
}

// --- System prompt ---

/** The first system block of today's client: a hash that changes with every prompt. */
const BILLING_HEADER = 'x-anthropic-billing-header:'

/**
 * A system prompt as one text, without the client's billing header, which would spoil every
 * prompt cache. Blocks that are not text are named in `dropped`.
 */
export function systemText(content: Content | undefined, dropped: Set<string>): string {
  const texts: string[] = []
  for (const block of blocksOf(content)) {
    const known = knownBlock(block)
    if (known?.type !== 'text') dropped.add(`system.${block.type}`)
    else if (known.text !== '' && !isBillingHeader(known.text)) texts.push(known.text)
  }
  return texts.join('\n\n')
}

/** Whether a system block's text is the client's billing header. */
export function isBillingHeader(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(BILLING_HEADER)
}

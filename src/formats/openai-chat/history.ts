import { open } from '../../messages/opaque.ts'
import { blocksOf, knownBlock } from '../../messages/request.ts'
import type {
  Block,
  Content,
  ImageBlock,
  Message,
  MessagesRequest,
  ThinkingBlock,
  ToolResultBlock,
  ToolUseBlock,
} from '../../messages/request.ts'
import type { Target } from '../format.ts'
import type { ChatMessage, ImagePart, Part, Quirks, ToolCall } from './wire.ts'

/** What every step of the translation needs. */
interface Context {
  readonly target: Target
  readonly quirks: Quirks
  readonly dropped: Set<string>
  readonly out: ChatMessage[]
  /** Ids of the newest calls that have no result yet. */
  readonly open: Set<string>
  /** What was said while calls were open: it follows their results. */
  readonly waiting: Said[]
}

/** A user's or a system message on its way. */
type Said = { readonly system: string } | { readonly user: readonly Part[] }

/** The first system block of today's client: a hash that changes with every prompt. */
const BILLING_HEADER = 'x-anthropic-billing-header:'

/**
 * The system prompt and the messages as Chat Completions messages. The order it demands holds:
 * results directly follow their calls, before anything else of that turn.
 */
export function chatMessages(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): readonly ChatMessage[] {
  const context: Context = { target, quirks, dropped, out: [], open: new Set(), waiting: [] }
  const system = systemText(request.system, context)
  if (system !== '') context.out.push({ role: 'system', content: system })
  for (const message of request.messages) addMessage(message, context)
  answerOpenCalls(context)
  return context.out
}

function addMessage(message: Message, context: Context): void {
  switch (message.role) {
    case 'assistant':
      return addAssistant(blocksOf(message.content), context)
    case 'system':
      return addSystem(message, context)
    default:
      return addUser(blocksOf(message.content), context)
  }
}

function addSystem(message: Message, context: Context): void {
  for (const field of Object.keys(message)) {
    if (field !== 'role' && field !== 'content') context.dropped.add(`system.${field}`)
  }
  const text = systemText(message.content, context)
  if (text === '') return
  if (context.quirks.midSystem === 'system') return say({ system: text }, context)
  const reminder = `<system-reminder>\n${text}\n</system-reminder>`
  say({ user: [textPart(reminder)] }, context)
}

function systemText(content: Content | undefined, context: Context): string {
  const texts: string[] = []
  for (const block of blocksOf(content)) {
    const known = knownBlock(block)
    if (known?.type !== 'text') context.dropped.add(`system.${block.type}`)
    else if (!known.text.startsWith(BILLING_HEADER)) texts.push(known.text)
  }
  return texts.join('\n\n')
}

function addAssistant(blocks: readonly Block[], context: Context): void {
  answerOpenCalls(context)
  const texts: string[] = []
  const calls: ToolCall[] = []
  const reasoning: string[] = []
  for (const block of blocks) {
    const known = knownBlock(block)
    if (known?.type === 'text') texts.push(known.text)
    else if (known?.type === 'tool_use') calls.push(toolCall(known))
    else if (known?.type === 'thinking') reasoning.push(...ownReasoning(known, context))
    else context.dropped.add(`assistant.${block.type}`)
  }
  if (texts.length + calls.length + reasoning.length === 0) return
  context.out.push({
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join('\n\n'),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...reasoningField(reasoning, context.quirks),
  })
  for (const call of calls) context.open.add(call.id)
}

function toolCall(block: ToolUseBlock): ToolCall {
  return {
    id: block.id,
    type: 'function',
    function: { name: block.name, arguments: argumentsOf(block.input) },
  }
}

/** The client keeps arguments it could not parse as a string or in `__unparsedToolInput`. */
function argumentsOf(input: unknown): string {
  if (typeof input === 'string') return input
  const unparsed = (input as { __unparsedToolInput?: { raw?: unknown } } | null | undefined)
    ?.__unparsedToolInput?.raw
  return typeof unparsed === 'string' ? unparsed : JSON.stringify(input ?? {})
}

/** Reasoning goes back to the provider that made it and to no other. */
function ownReasoning(block: ThinkingBlock, { quirks, target, dropped }: Context): string[] {
  if (block.thinking === '') return []
  const own = open(block.signature)?.provider === target.provider
  if (own && quirks.reasoningHistory !== undefined) return [block.thinking]
  dropped.add('assistant.thinking')
  return []
}

function reasoningField(reasoning: readonly string[], quirks: Quirks): object {
  const field = quirks.reasoningHistory
  return reasoning.length === 0 || field === undefined ? {} : { [field]: reasoning.join('\n\n') }
}

/** Results first, as the wire demands; then the images inside them and what stands beside them. */
function addUser(blocks: readonly Block[], context: Context): void {
  const results: ToolResultBlock[] = []
  const beside: Part[] = []
  for (const block of blocks) {
    const known = knownBlock(block)
    if (known?.type === 'tool_result') results.push(known)
    else if (known?.type === 'text') beside.push(textPart(known.text))
    else if (known?.type === 'image') beside.push(imagePart(known))
    else context.dropped.add(`user.${block.type}`)
  }
  const parts = [...results.flatMap((result) => addResult(result, context)), ...beside]
  if (context.open.size === 0) sayWaiting(context)
  if (parts.length > 0) say({ user: parts }, context)
}

/** Adds the tool message and gives what only a user message can carry. */
function addResult(result: ToolResultBlock, context: Context): Part[] {
  const texts: string[] = []
  const images: ImagePart[] = []
  for (const block of blocksOf(result.content)) {
    const known = knownBlock(block)
    if (known?.type === 'text') texts.push(known.text)
    else if (known?.type === 'tool_reference') texts.push(`Tool loaded: ${known.tool_name}`)
    else if (known?.type === 'image') images.push(imagePart(known))
    else context.dropped.add(`tool_result.${block.type}`)
  }
  if (images.length > 0) texts.push(`[${String(images.length)} image(s) in the next message]`)
  const text = texts.join('\n')
  const content = result.is_error === true ? `[error] ${text}` : text
  if (!context.open.delete(result.tool_use_id)) {
    return [{ type: 'text', text: `[result of an earlier tool call] ${content}` }, ...images]
  }
  context.out.push({ role: 'tool', tool_call_id: result.tool_use_id, content })
  return images
}

/** A call without a result is an error upstream; the client leaves one when it was interrupted. */
function answerOpenCalls(context: Context): void {
  for (const id of context.open) {
    context.out.push({ role: 'tool', tool_call_id: id, content: '[no result: interrupted]' })
  }
  context.open.clear()
  sayWaiting(context)
}

function say(said: Said, context: Context): void {
  if (context.open.size > 0) context.waiting.push(said)
  else if ('system' in said) context.out.push({ role: 'system', content: said.system })
  else pushUser(said.user, context)
}

function sayWaiting(context: Context): void {
  for (const said of context.waiting.splice(0)) say(said, context)
}

/** Consecutive user messages become one: strict chat templates demand that the roles alternate. */
function pushUser(parts: readonly Part[], context: Context): void {
  const last = context.out.at(-1)
  const before = last?.role === 'user' ? last.content : []
  const merged = [...(typeof before === 'string' ? [textPart(before)] : before), ...parts]
  if (last?.role === 'user') context.out.pop()
  context.out.push({ role: 'user', content: plain(merged) })
}

function textPart(text: string): Part {
  return { type: 'text', text }
}

/** Text alone goes as a string, which every server understands. */
function plain(parts: readonly Part[]): string | readonly Part[] {
  const texts: string[] = []
  for (const part of parts) {
    if (part.type !== 'text') return parts
    texts.push(part.text)
  }
  return texts.join('\n\n')
}

function imagePart(block: ImageBlock): ImagePart {
  const { source } = block
  const url = source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
  return { type: 'image_url', image_url: { url } }
}

/** The conversation as Chat Completions messages, with earlier reasoning in the fields in which it came. */

import {
  decodeSignature,
  earlierSignatures,
  type ReasoningSignature,
  type ReasoningState,
  stateFrom,
} from '../../messages/reasoning-signature.ts'
import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  ThinkingBlock,
  ToolUseBlock,
} from '../../messages/request.ts'
import {
  type AssistantBlock,
  turnsOf,
  isFromProvider,
  type Part,
  resultText,
  systemText,
  type Turn,
} from '../conversation.ts'
import { familyOf, isGemini3 } from '../gemini/model.ts'
import type { Target } from '../protocol.ts'
import { requiresReasoning } from '../reasoning.ts'
import { argumentsText, OPENAI_ID, shapedId } from '../tools.ts'
import {
  type ChatMessage,
  type ChatPart,
  isListField,
  isTextField,
  type Quirks,
  type ReasoningDetail,
  SIGNATURE_HOLDERS,
  type SignatureHolder,
  signatureField,
  type TextField,
  type ToolCall,
} from './types.ts'

/** The system prompt and the messages as Chat Completions messages. */
export function chatMessages(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): readonly ChatMessage[] {
  const system = systemText(request.system, dropped)
  const history: History = {
    ...reasoningHistory(request, target, quirks),
    signatures: signatureHolder(request, target, quirks),
  }
  const turns = turnsOf(
    request.messages,
    {
      midSystem: quirks.midSystem,
      mediaInResults: false,
      images: target.can?.images !== false,
      document: (document) => quirks.files === true && isPdf(document),
      thinking: (block) => goesBack(block, history),
    },
    dropped,
  )
  const turnMessages = turns.flatMap((turn) => messagesOf(turn, history))
  return [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...inToolOrder(turnMessages, target, quirks),
  ]
}

interface History extends ReasoningHistory {
  /** Where Gemini 3 demands signatures of calls; undefined for other models. */
  readonly signatures: SignatureHolder | undefined
}

function messagesOf(turn: Turn, history: History): readonly ChatMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn.parts) }]
    case 'assistant':
      return assistantMessage(turn.blocks, history)
    case 'results':
      return turn.results.map((result) => ({
        role: 'tool',
        tool_call_id: shapedId(result.call.id, history.quirks.toolIds ?? OPENAI_ID),
        content: resultText(result),
      }))
  }
}

function assistantMessage(
  blocks: readonly AssistantBlock[],
  history: History,
): readonly ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const thoughts: ThinkingBlock[] = []
  for (const [index, block] of blocks.entries()) {
    if (block.type === 'text') texts.push(block.text)
    else if (block.type === 'tool_use') {
      const before = blocks[index - 1]
      const state = before?.type === 'thinking' ? stateIn(before, history) : undefined
      calls.push(withSignature(toolCall(block, history.quirks), state))
    } else thoughts.push(block)
  }
  const { content: tagged = '', ...reasoning } = reasoningFieldsOf(thoughts, history)
  const isFilled = Object.values(reasoning).some((value) => value !== FILLER)
  if (texts.length + calls.length + tagged.length === 0 && !isFilled) return []
  return [
    {
      role: 'assistant',
      content: contentField(tagged, texts, calls, history),
      ...(calls.length === 0 ? {} : { tool_calls: signed(calls, history.signatures) }),
      ...reasoning,
    },
  ]
}

function toolCall(block: ToolUseBlock, quirks: Quirks): ToolCall {
  return {
    id: shapedId(block.id, quirks.toolIds ?? OPENAI_ID),
    type: 'function',
    function: { name: block.name, arguments: argumentsText(block.input) },
  }
}

/**
 * `content: null` is refused without calls, and beside calls by DeepSeek and MiMo ("text is not
 * present"): https://github.com/XiaomiMiMo/MiMo-V2-Flash/issues/8
 */
function contentField(
  tagged: string,
  texts: readonly string[],
  calls: readonly ToolCall[],
  { filled }: History,
): string | null {
  if (tagged !== '' || texts.length > 0) return `${tagged}${texts.join('\n\n')}`
  return filled === undefined && calls.length > 0 ? null : ''
}

// --- Content of a user message ---

/** Text alone goes as a string, which every server understands. */
function contentOf(parts: readonly Part[]): string | readonly ChatPart[] {
  const texts: string[] = []
  for (const part of parts) {
    if (part.type !== 'text') return parts.flatMap(chatPart)
    texts.push(part.text)
  }
  return texts.join('\n\n')
}

function chatPart(part: Part): readonly ChatPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: imageUrl(part) } }]
    case 'document':
      return filePart(part)
  }
}

function isPdf({ source }: DocumentBlock): boolean {
  return source.type === 'base64' && source.media_type === 'application/pdf'
}

/** https://platform.openai.com/docs/guides/pdf-files?api-mode=chat */
function filePart({ source, title }: DocumentBlock): readonly ChatPart[] {
  if (source.type !== 'base64') return []
  const file_data = `data:${source.media_type};base64,${source.data}`
  return [{ type: 'file', file: { filename: title ?? 'document.pdf', file_data } }]
}

function imageUrl({ source }: ImageBlock): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}

// --- Order ---

/**
 * Mistral's templates refuse a user's message after a tool's ("Unexpected role 'user' after role
 * 'tool'", 3230), its own API and servers that run them: https://github.com/onyx-dot-app/onyx/issues/6458
 */
const MISTRAL = /(mi[sx]tral|devstral|magistral|codestral|pixtral)/i

type TextMessage = Extract<ChatMessage, { role: 'user' }> & { readonly content: string }

/**
 * The messages in the order that they take. Text beside tool results (reminders, for the most part)
 * goes into the last of them; a turn with images, which a result cannot hold, follows a short message
 * of the assistant.
 */
function inToolOrder(
  messages: readonly ChatMessage[],
  target: Target,
  quirks: Quirks,
): readonly ChatMessage[] {
  const isBound = quirks.noUserBehindTool ?? MISTRAL.test(target.model)
  if (!isBound) return messages
  const ordered: ChatMessage[] = []
  for (const message of messages) {
    const last = ordered.at(-1)
    if (message.role !== 'user' || last?.role !== 'tool') ordered.push(message)
    else if (isText(message)) {
      ordered.pop()
      ordered.push({ ...last, content: `${last.content}\n\n${message.content}` })
    } else ordered.push({ role: 'assistant', content: 'I see the result.' }, message)
  }
  return ordered
}

function isText(message: Extract<ChatMessage, { role: 'user' }>): message is TextMessage {
  return typeof message.content === 'string'
}

// --- Reasoning that goes back ---

/**
 * Earlier reasoning goes back to the server that made it, in the field in which it came: so unknown
 * servers get the fields that they know, and no other server gets a field that it refuses.
 */
interface ReasoningHistory {
  readonly target: Target
  readonly quirks: Quirks
  /** The field for a turn without reasoning, where the model refuses one; else undefined. */
  readonly filled: TextField | undefined
}

/** "An empty one counts as none": https://github.com/charmbracelet/crush/issues/2696 */
const FILLER = ' '

function reasoningHistory(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
): ReasoningHistory {
  const isRequired = quirks.reasoningRequired === true || requiresReasoning(target.model)
  const filled =
    isRequired && quirks.reasoningHistory !== 'refused'
      ? (quirks.reasoningHistory ?? fieldInUse(request, target) ?? 'reasoning_content')
      : undefined
  return { target, quirks, filled }
}

/** The field of the newest reasoning that this server has sent. */
function fieldInUse({ messages }: MessagesRequest, target: Target): TextField | undefined {
  for (const { textField } of earlierSignatures(messages, target.provider)) {
    if (isTextField(textField) && textField !== 'content') return textField
  }
  return undefined
}

/** Whether anything of a thinking block goes back. */
function goesBack(block: ThinkingBlock, history: ReasoningHistory): boolean {
  if (!isFromProvider(block, history.target)) return false
  return stateIn(block, history) !== undefined || textFieldOf(block, history) !== undefined
}

/** The state that this very model sealed into a thinking block, and the field in which it came. */
function stateIn(
  { signature }: ThinkingBlock,
  { target, quirks }: ReasoningHistory,
): ReasoningSignature | undefined {
  const sealed = stateFrom(signature, target)
  if (sealed === undefined || sealed.stateField !== undefined) return sealed
  // Conversations from before envelopes held the field.
  if (quirks.thoughtSignatures === true) return { ...sealed, stateField: 'extra_content.google' }
  return quirks.reasoningDetails === true
    ? { ...sealed, stateField: 'reasoning_details' }
    : undefined
}

function textFieldOf(block: ThinkingBlock, history: ReasoningHistory): TextField | undefined {
  const { quirks, filled } = history
  if (quirks.reasoningHistory === 'refused') return undefined
  const came = decodeSignature(block.signature)?.textField
  if (came === 'content') return came
  return quirks.reasoningHistory ?? (isTextField(came) ? came : filled)
}

/** The fields of an assistant message that hold its reasoning. */
type ReasoningFields = Partial<Record<TextField, string>> & {
  readonly reasoning_details?: readonly ReasoningDetail[]
}

/** The reasoning of one turn as fields of its message; `content` stands before its text. */
function reasoningFieldsOf(
  thoughts: readonly ThinkingBlock[],
  history: ReasoningHistory,
): ReasoningFields {
  const lists = listsOf(thoughts, history)
  if (Object.keys(lists).length > 0) return lists
  const withText = thoughts.filter(({ thinking }) => thinking !== '')
  const fields = { ...textsOf(withText, history), ...opaqueOf(thoughts, history) }
  const isFilled = Object.keys(fields).length > 0
  return isFilled || history.filled === undefined ? fields : { [history.filled]: FILLER }
}

function textsOf(thoughts: readonly ThinkingBlock[], history: ReasoningHistory): ReasoningFields {
  const field = thoughts
    .map((block) => textFieldOf(block, history))
    .find((name) => name !== undefined)
  if (field === undefined) return {}
  const text = thoughts.map(({ thinking }) => thinking).join('\n\n')
  return { [field]: field === 'content' ? `<think>\n${text.trim()}\n</think>\n\n` : text }
}

function listsOf(thoughts: readonly ThinkingBlock[], history: ReasoningHistory): ReasoningFields {
  const lists: Record<string, ReasoningDetail[]> = {}
  for (const block of thoughts) {
    const { payload, stateField } = stateIn(block, history) ?? {}
    if (payload === undefined || !isListField(stateField)) continue
    lists[stateField] ??= []
    lists[stateField].push(...(JSON.parse(payload) as ReasoningDetail[]))
  }
  return lists
}

/** GitHub Copilot's state beside its `reasoning_text`. */
function opaqueOf(thoughts: readonly ThinkingBlock[], history: ReasoningHistory): object {
  const states = thoughts.flatMap((block) => stateIn(block, history) ?? [])
  const last = states.findLast(({ stateField }) => stateField === 'reasoning_opaque')
  return last === undefined ? {} : { reasoning_opaque: last.payload }
}

// --- Thought signatures of Gemini ---

/** Stands for the signature of a call that Gemini did not make; Gemini 3 refuses a call with none. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

const HOLDER_OF_FIELD: ReadonlyMap<string | undefined, SignatureHolder> = new Map(
  SIGNATURE_HOLDERS.map((holder) => [signatureField(holder), holder]),
)

/** A call with the signature that it came with, where this is the state of one. */
export function withSignature(
  call: ToolCall,
  { payload, stateField }: ReasoningState = {},
): ToolCall {
  const holder = HOLDER_OF_FIELD.get(stateField)
  if (holder === undefined || payload === undefined) return call
  return { ...call, extra_content: { [holder]: { thought_signature: payload } } }
}

/**
 * Where a server wants the signatures of calls: as the quirks say, else where it has sent one itself.
 * Undefined for one that needs none.
 */
export function signatureHolder(
  { messages }: MessagesRequest,
  target: Target,
  quirks: Quirks,
): SignatureHolder | undefined {
  if (!isGemini3(familyOf(target.model))) return undefined
  if (quirks.thoughtSignatures === true) return 'google'
  for (const { stateField } of earlierSignatures(messages, target.provider)) {
    const holder = HOLDER_OF_FIELD.get(stateField)
    if (holder !== undefined) return holder
  }
  return undefined
}

/** The calls of one answer, the first of them signed where the model demands it. */
export function signed(
  calls: readonly ToolCall[],
  holder: SignatureHolder | undefined,
): readonly ToolCall[] {
  const [first, ...others] = calls
  if (first === undefined || first.extra_content) return calls
  const state = holder && { payload: NO_SIGNATURE, stateField: signatureField(holder) }
  return [withSignature(first, state), ...others]
}

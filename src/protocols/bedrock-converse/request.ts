/** Turns a Messages request into the body of Bedrock's ConverseStream. */

import { stateFrom } from '../../messages/reasoning-signature.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import {
  blocksOf,
  type DocumentBlock,
  type ImageBlock,
  type MessagesRequest,
  type ThinkingBlock,
  type Tool,
} from '../../messages/request.ts'
import { claudeVersion, needsThinkingBack, takesSchema, thinkingFields } from '../claude.ts'
import {
  type AssistantBlock,
  turnsOf,
  OPENING,
  type Part,
  type Result,
  systemText,
  textPart,
  type Turn,
} from '../conversation.ts'
import type { Encoded, Target } from '../protocol.ts'
import { reportReasoning } from '../reasoning.ts'
import {
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
  stopSequences,
} from '../request-fields.ts'
import { withoutSearch } from '../server-tools.ts'
import {
  argumentsObject,
  BEDROCK_ID,
  offeredTools,
  shapedId,
  type ToolChoice,
  toolChoiceOf,
} from '../tools.ts'
import type {
  ReasoningPiece,
  CachePoint,
  ConverseMessage,
  Media,
  Reasoning,
  TextContent,
  ToolResult,
} from './types.ts'

/** Request fields that this file reads, or that mean nothing to the provider. */
const SUPPORTED_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'output_config',
  'thinking',
])

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
const MAX_STOP_SEQUENCES = 2_500

/** Encodes a Messages request as a ConverseStream body. The URL names the model. */
export function encode(request: MessagesRequest, target: Target): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, SUPPORTED_FIELDS, dropped)
  const system = systemText(request.system, dropped)
  const turns = converseTurns(request, target, dropped)
  const checkpoints = checkpointsOf(request, target.model, dropped)
  const body = {
    ...(system === '' ? {} : { system: [{ text: system }, ...checkpoints.system] }),
    messages: checkpoints.withPoints(toMessages(turns, target)),
    ...inferenceConfig(request, target),
    ...toolFields(request, turns, { model: target.model, checkpoints: checkpoints.tools }, dropped),
    ...modelFields(request, turns, target, dropped),
    ...outputConfig(request, target, dropped),
  }
  return { body, dropped: [...dropped] }
}

// --- Parameters ---

function inferenceConfig(request: MessagesRequest, target: Target): object {
  const stops = stopSequences(request, MAX_STOP_SEQUENCES)
  const config = {
    maxTokens: outputLimit(request, target),
    temperature: numberField(request, 'temperature'),
    topP: numberField(request, 'top_p'),
    stopSequences: stops.length === 0 ? undefined : stops,
  }
  const isEmpty = Object.values(config).every((value) => value === undefined)
  return isEmpty ? {} : { inferenceConfig: config }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
function outputConfig(request: MessagesRequest, target: Target, dropped: Set<string>): object {
  const schema = outputSchema(request, dropped)
  if (schema === undefined) return {}
  if (!takesSchema(claudeVersion(target.model) ?? 0)) {
    dropped.add('output_config.format')
    return {}
  }
  const jsonSchema = { name: 'answer', schema: JSON.stringify(schema) }
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } }
}

// --- Messages ---

interface Context {
  readonly target: Target
  /** How many documents there are so far: each needs a unique name. */
  documents: number
}

type AssistantContent = Extract<ConverseMessage, { role: 'assistant' }>['content'][number]
type UserContent = Extract<ConverseMessage, { role: 'user' }>['content'][number]

function converseTurns(
  request: MessagesRequest,
  target: Target,
  dropped: Set<string>,
): readonly Turn[] {
  return turnsOf(
    withoutSearch(request).messages,
    {
      midSystem: 'user',
      mediaInResults: true,
      images: (image) => target.can?.images !== false && takesImage(image),
      document: takesDocument,
      thinking: (block) => decodePieces(block, target).length > 0,
    },
    dropped,
  )
}

/** The turns as Converse messages: user and assistant alternate; results belong to the user's. */
function toMessages(turns: readonly Turn[], target: Target): readonly ConverseMessage[] {
  const context: Context = { target, documents: 0 }
  const messages: ConverseMessage[] = []
  for (const turn of turns) addTurn(turn, messages, context)
  // "A conversation must start with a user message."
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: [{ text: OPENING }] })
  return messages
}

function addTurn(turn: Turn, messages: ConverseMessage[], context: Context): void {
  switch (turn.role) {
    case 'assistant': {
      const content = turn.blocks.flatMap((block) => assistantContent(block, context))
      if (content.length > 0) messages.push({ role: 'assistant', content })
      return
    }
    case 'results':
      return addUser(
        turn.results.map((result) => toolResult(result, context)),
        messages,
      )
    case 'user':
      return addUser(userContent(turn.parts, context), messages)
    case 'system':
      return addUser([{ text: turn.text }], messages)
  }
}

function addUser(content: readonly UserContent[], messages: ConverseMessage[]): void {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    messages.push({ role: 'user', content })
    return
  }
  messages.pop()
  messages.push({ role: 'user', content: [...last.content, ...content] })
}

/** Converse refuses a message that has a document and no text. */
function userContent(parts: readonly Part[], context: Context): readonly Media[] {
  const onlyMedia = parts.every((part) => part.type !== 'text')
  const withDocument = parts.some((part) => part.type === 'document')
  const shown = onlyMedia && withDocument ? [...parts, textPart('(document)')] : parts
  return shown.map((part) => media(part, context))
}

function media(part: Part, context: Context): Media {
  if (part.type === 'text' || part.source.type !== 'base64') return { text: textOf(part) }
  const { source } = part
  if (part.type === 'image') {
    return {
      image: { format: IMAGE_FORMAT[source.media_type] ?? 'png', source: { bytes: source.data } },
    }
  }
  context.documents += 1
  const name = `document ${String(context.documents)}`
  return { document: { format: 'pdf', name, source: { bytes: source.data } } }
}

/** Blank text is refused. */
function textOf(part: Part): string {
  return part.type === 'text' && part.text.trim() !== '' ? part.text : '(empty)'
}

/** The image formats that Converse accepts, by media type. */
const IMAGE_FORMAT: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

/** Whether Converse accepts an image: it takes no URLs. */
function takesImage({ source }: ImageBlock): boolean {
  return source.type === 'base64' && Object.hasOwn(IMAGE_FORMAT, source.media_type)
}

function takesDocument({ source }: DocumentBlock): boolean {
  return source.type === 'base64' && source.media_type === 'application/pdf'
}

function toolResult({ call, isError, content }: Result, context: Context): ToolResult {
  return {
    toolResult: {
      toolUseId: shapedId(call.id, BEDROCK_ID),
      content: content.length === 0 ? [{ text: '(empty)' }] : content.map((p) => media(p, context)),
      status: isError ? 'error' : 'success',
    },
  }
}

function assistantContent(
  block: AssistantBlock,
  { target }: Context,
): readonly (AssistantContent | TextContent)[] {
  switch (block.type) {
    case 'text':
      return block.text.trim() === '' ? [] : [{ text: block.text }]
    case 'thinking':
      return reasoningContent(block, target)
    case 'tool_use': {
      const toolUseId = shapedId(block.id, BEDROCK_ID)
      return [{ toolUse: { toolUseId, name: block.name, input: argumentsObject(block.input) } }]
    }
  }
}

// --- Tools ---

/**
 * Models that can be forced to call a tool. Others answer "This model doesn't support the
 * toolConfig.toolChoice.any field".
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
 */
const FORCED_TOOL_MODELS = /claude|anthropic|\bnova\b|mistral/

interface ToolTarget {
  readonly model: string
  /** What follows the tools. */
  readonly checkpoints: readonly CachePoint[]
}

/**
 * `toolConfig`; server tools are dropped and reported. Converse refuses a conversation with calls if no
 * tool is offered, so tools that appear only in past calls are declared as unavailable.
 */
function toolFields(
  request: MessagesRequest,
  turns: readonly Turn[],
  { model, checkpoints }: ToolTarget,
  dropped: Set<string>,
): object {
  const { functions, server } = offeredTools(request)
  for (const tool of server) dropped.add(`tools.${tool.type ?? tool.name}`)
  const called = calledTools(turns)
  const choice = toolChoiceOf(request, functions, dropped)
  if (choice.single) dropped.add('tool_choice.disable_parallel_tool_use')
  if (called.size === 0 && (functions.length === 0 || choice.mode === 'none')) return {}
  if (choice.mode === 'none') dropped.add('tool_choice')
  const tools = functions.length > 0 ? functions : [...called].map(formerTool)
  const toSpec = /\bnova\b/.test(model) ? novaSpec : toolSpec
  const specs = [...tools.map(toSpec), ...checkpoints]
  return { toolConfig: { tools: specs, ...choiceField(choice, model, dropped) } }
}

function calledTools(turns: readonly Turn[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const turn of turns) {
    if (turn.role !== 'assistant') continue
    for (const block of turn.blocks) if (block.type === 'tool_use') names.add(block.name)
  }
  return names
}

function formerTool(name: string): Tool {
  return { name, description: 'Was available earlier. Do not call it now.' }
}

function toolSpec(tool: Tool): object {
  return {
    toolSpec: {
      name: tool.name,
      ...(tool.description ? { description: tool.description } : {}),
      inputSchema: { json: tool.input_schema ?? { type: 'object', properties: {} } },
    },
  }
}

/**
 * Nova accepts only these three fields at the top level of a schema:
 * https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
 */
function novaSpec(tool: Tool): object {
  const schema = (tool.input_schema ?? {}) as { properties?: object; required?: unknown }
  const { properties = {}, required } = schema
  const plain = { type: 'object', properties, ...(Array.isArray(required) ? { required } : {}) }
  return toolSpec({ ...tool, input_schema: plain })
}

function choiceField({ mode, name }: ToolChoice, model: string, dropped: Set<string>): object {
  if ((mode === 'any' || mode === 'tool') && !FORCED_TOOL_MODELS.test(model)) {
    dropped.add('tool_choice')
    return {}
  }
  switch (mode) {
    case 'any':
      return { toolChoice: { any: {} } }
    case 'tool':
      return { toolChoice: { tool: { name } } }
    default:
      return {}
  }
}

// --- Reasoning ---

/** Fields of the model's vendor: thinking, top_k, and which stop sequence ended the answer. */
function modelFields(
  request: MessagesRequest,
  turns: readonly Turn[],
  target: Target,
  dropped: Set<string>,
): object {
  const reasoning = reasoningOf(request)
  const topK = numberField(request, 'top_k')
  const version = claudeVersion(target.model)
  if (version === undefined) {
    reportReasoning(reasoning, dropped)
    if (topK !== undefined) dropped.add('top_k')
    return {}
  }
  const canThink = !(needsThinkingBack(version) && lacksThinking(turns))
  const thinking = canThink ? thinkingFields(version, reasoning, outputLimit(request, target)) : {}
  const isLost = Object.keys(thinking).length === 0 && reasoning.mode !== 'off'
  if (isLost) reportReasoning(reasoning, dropped)
  const fields = { ...thinking, ...(topK === undefined ? {} : { top_k: topK }) }
  return {
    ...(Object.keys(fields).length === 0 ? {} : { additionalModelRequestFields: fields }),
    ...(request['stop_sequences'] === undefined
      ? {}
      : { additionalModelResponseFieldPaths: ['/delta/stop_sequence'] }),
  }
}

/**
 * Whether the calls that the request answers lack the thinking before them, since another provider made
 * them. Claude refuses to go on thinking in such a turn.
 */
function lacksThinking(turns: readonly Turn[]): boolean {
  const last = turns.findLast((turn) => turn.role === 'assistant')
  if (last === undefined || !last.blocks.some((block) => block.type === 'tool_use')) return false
  return last.blocks[0]?.type !== 'thinking'
}

/** The pieces of a thinking block from this provider and model; none if nothing was signed. */
function decodePieces(block: ThinkingBlock, target: Target): readonly ReasoningPiece[] {
  const payload = stateFrom(block.signature, target)?.payload
  return payload === undefined ? [] : (JSON.parse(payload) as ReasoningPiece[])
}

/** A thinking block as the reasoning blocks that it was made of. */
function reasoningContent(block: ThinkingBlock, target: Target): readonly Reasoning[] {
  let at = 0
  return decodePieces(block, target).flatMap((piece): readonly Reasoning[] => {
    if ('redacted' in piece) return [{ reasoningContent: { redactedContent: piece.redacted } }]
    const text = block.thinking.slice(at, at + piece.text)
    at += piece.text
    if (piece.signature === '') return []
    return [{ reasoningContent: { reasoningText: { text, signature: piece.signature } } }]
  })
}

// --- Cache ---

/**
 * Checkpoints of the prompt cache: after the tools, the system prompt and the newest two user turns, so
 * that each request finds what the one before it wrote. Bedrock accepts at most four. A request without
 * `cache_control` gets none.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
interface Checkpoints {
  readonly tools: readonly CachePoint[]
  readonly system: readonly CachePoint[]
  readonly withPoints: (messages: readonly ConverseMessage[]) => readonly ConverseMessage[]
}

const POINT: CachePoint = { cachePoint: { type: 'default' } }
/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html */
const HOUR: CachePoint = { cachePoint: { type: 'default', ttl: '1h' } }
const NO_CHECKPOINTS: Checkpoints = { tools: [], system: [], withPoints: (messages) => messages }

function checkpointsOf(request: MessagesRequest, model: string, dropped: Set<string>): Checkpoints {
  const ttls = ttlsOf(request)
  const all = [...ttls.tools, ...ttls.system, ...ttls.messages]
  if (all.length === 0) return NO_CHECKPOINTS
  const claude = supportsCaching(model)
  if (!claude && !NOVA.test(model)) return NO_CHECKPOINTS
  if (all.some((ttl) => !isSupportedTtl(ttl, model))) dropped.add('cache_control.ttl')
  if (claude) {
    const points = pointsOf(supportsHour(model) ? ttls : DEFAULT_TTLS)
    const withPoints = pointsAfter(points.messages, () => true)
    return { tools: [points.tools], system: [points.system], withPoints }
  }
  // "extraneous key [cachePoint] is not permitted" among its tools, and beside results and media.
  return { tools: [], system: [POINT], withPoints: pointsAfter(POINT, isTextAlone) }
}

/** Nova's first generation; reports about the second contradict each other. */
const NOVA = /\bnova-(?:micro|lite|pro|premier)\b/

/** Claude from 3.7 on, and 3.5 Haiku; other versions refuse checkpoints. */
function supportsCaching(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= 307 || /claude-3-5-haiku/.test(model)
}

/**
 * Claude from 4.5 on; earlier versions refuse the field ("Extra inputs are not permitted"), as does
 * Nova: https://github.com/earendil-works/pi/pull/1570
 */
function supportsHour(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= 405
}

function isSupportedTtl(ttl: unknown, model: string): boolean {
  return ttl === undefined || ttl === '5m' || (ttl === '1h' && supportsHour(model))
}

/** How long the cache keeps the marked parts (`ttl`); undefined for the default. */
interface TimesToLive {
  readonly tools: readonly unknown[]
  readonly system: readonly unknown[]
  readonly messages: readonly unknown[]
}

const DEFAULT_TTLS: TimesToLive = { tools: [], system: [], messages: [] }

function ttlsOf({ system, messages, tools = [] }: MessagesRequest): TimesToLive {
  const blocks = messages.flatMap(({ content }) => blocksOf(content))
  return { tools: ttlsIn(tools), system: ttlsIn(blocksOf(system)), messages: ttlsIn(blocks) }
}

function ttlsIn(parts: readonly { readonly [field: string]: unknown }[]): readonly unknown[] {
  return parts
    .map((part) => part['cache_control'] as { readonly ttl?: unknown } | null | undefined)
    .flatMap((mark) => (mark ? [mark.ttl ?? undefined] : []))
}

/**
 * The checkpoints with their times to live, which must not grow from tools to system to messages: each
 * gets the longest of its part and those after it.
 */
function pointsOf(ttls: TimesToLive): Readonly<Record<keyof TimesToLive, CachePoint>> {
  const messages = ttls.messages.includes('1h')
  const system = messages || ttls.system.includes('1h')
  const tools = system || ttls.tools.includes('1h')
  const point = (hour: boolean): CachePoint => (hour ? HOUR : POINT)
  return { tools: point(tools), system: point(system), messages: point(messages) }
}

function isTextAlone({ content }: ConverseMessage): boolean {
  return content.every((block) => 'text' in block)
}

function pointsAfter(
  point: CachePoint,
  takes: (message: ConverseMessage) => boolean,
): Checkpoints['withPoints'] {
  return (messages) => {
    const ends = messages.filter((message) => message.role === 'user' && takes(message)).slice(-2)
    return messages.map((message) =>
      message.role === 'user' && ends.includes(message)
        ? { ...message, content: [...message.content, point] }
        : message,
    )
  }
}

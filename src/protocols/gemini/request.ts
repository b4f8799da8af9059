/** Turns a Messages request into the body of Gemini's `streamGenerateContent`. */

import { type ReasoningSignature, stateFrom } from '../../messages/reasoning-signature.ts'
import { type Effort, type Reasoning, reasoningOf } from '../../messages/reasoning.ts'
import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  TextBlock,
  Tool,
  ToolUseBlock,
} from '../../messages/request.ts'
import { isWebSearch } from '../../messages/web-search.ts'
import {
  type AssistantBlock,
  turnsOf,
  isFromProvider,
  OPENING,
  type Part,
  type Result,
  systemText,
  textOf,
  type Turn,
} from '../conversation.ts'
import { effortOf, reportReasoning } from '../reasoning.ts'
import type { Encoded, Target } from '../protocol.ts'
import {
  numberField,
  outputLimit,
  outputSchema,
  reportUnsupported,
  ROOM_TO_THINK,
  stopSequences,
} from '../request-fields.ts'
import { reportSearchLimits } from '../server-tools.ts'
import { argumentsObject, offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'
import { type Family, familyOf, isGemini3, maxOutputTokens } from './model.ts'
import { geminiSchema } from './schema.ts'
import type { Blob, Content, GeminiQuirks, SentPart } from './types.ts'

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

/** https://ai.google.dev/api/generate-content#FIELDS.stop_sequences */
const MAX_STOP_SEQUENCES = 5

/** Encodes a Messages request as the body of `streamGenerateContent`. The URL names the model. */
export function encode(request: MessagesRequest, target: Target, quirks: GeminiQuirks): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, SUPPORTED_FIELDS, dropped)
  const system = systemText(request.system, dropped)
  const stop = stopSequences(request, MAX_STOP_SEQUENCES)
  const body = {
    ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    contents: toContents(request, target, quirks, dropped),
    ...toolFields(request, quirks, dropped),
    generationConfig: {
      ...thinkingFields(request, target, dropped),
      temperature: numberField(request, 'temperature'),
      topP: numberField(request, 'top_p'),
      topK: numberField(request, 'top_k'),
      ...(stop.length === 0 ? {} : { stopSequences: stop }),
      ...outputFields(request, target, quirks, dropped),
    },
  }
  return { body, dropped: [...dropped] }
}

// --- Parameters ---

/** The output schema. Models before Gemini 3 cannot combine JSON output with function calls. */
function outputFields(
  request: MessagesRequest,
  target: Target,
  quirks: GeminiQuirks,
  dropped: Set<string>,
): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  const { functions } = offeredTools(request)
  const onDropped = (keyword: string): unknown => dropped.add(`output_config.format.${keyword}`)
  const schemaVariant = quirks.jsonSchema ? 'json' : 'openapi'
  const schema = geminiSchema(wanted, schemaVariant, onDropped)
  if (schema === undefined || (functions.length > 0 && !isGemini3(familyOf(target.model)))) {
    dropped.add('output_config.format')
    return {}
  }
  const field = quirks.jsonSchema ? 'responseJsonSchema' : 'responseSchema'
  return { responseMimeType: 'application/json', [field]: schema }
}

// --- Messages ---

/** What every step needs to know. */
interface Context {
  readonly target: Target
  readonly quirks: GeminiQuirks
  /** Gemini 3 and later. */
  readonly isGemini3: boolean
}

/**
 * Stands in for the signature of a call that another model made: Gemini 3 refuses the first call of
 * a step without one.
 * https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
 */
const SKIP_VALIDATION = 'skip_thought_signature_validator'

/** Other types are refused: https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/heic',
  'image/heif',
])

/**
 * The messages as contents: user and model alternate; the results of a model's calls come first in
 * the user content that follows, one for each call and in the order of the calls.
 */
function toContents(
  request: MessagesRequest,
  target: Target,
  quirks: GeminiQuirks,
  dropped: Set<string>,
): readonly Content[] {
  const context: Context = { target, quirks, isGemini3: isGemini3(familyOf(target.model)) }
  const turns = turnsOf(
    request.messages,
    {
      midSystem: 'user',
      mediaInResults: context.isGemini3,
      images: (image) => target.can?.images !== false && takesImage(image),
      document: takesDocument,
      thinking: (block) => isFromProvider(block, target),
    },
    dropped,
  )
  const contents: Content[] = []
  turns.forEach((turn, at) => addContent(contentOf(turn, turns[at - 1], context), contents))
  // A function call must come after a user turn.
  if (contents[0]?.role !== 'user') contents.unshift({ role: 'user', parts: [{ text: OPENING }] })
  return contents
}

function addContent(content: Content, contents: Content[]): void {
  const last = contents.at(-1)
  if (content.parts.length === 0) return
  if (last?.role !== content.role) contents.push(content)
  else contents.splice(-1, 1, { ...last, parts: [...last.parts, ...content.parts] })
}

function contentOf(turn: Turn, before: Turn | undefined, context: Context): Content {
  switch (turn.role) {
    case 'system':
      return { role: 'user', parts: [{ text: turn.text }] }
    case 'user':
      return { role: 'user', parts: turn.parts.map(partOf) }
    case 'assistant':
      return { role: 'model', parts: modelParts(turn.blocks, context) }
    case 'results':
      return { role: 'user', parts: functionResponses(turn.results, before, context) }
  }
}

/**
 * A model's parts, with each thought signature on the part that it came with: the call that the
 * signature names, else the part after its thinking block.
 */
function modelParts(blocks: readonly AssistantBlock[], context: Context): readonly SentPart[] {
  const firstCall = blocks.find((block) => block.type === 'tool_use')
  const parts: SentPart[] = []
  let state: ReasoningSignature | undefined
  for (const block of blocks) {
    if (block.type === 'thinking') {
      state = stateFrom(block.signature, context.target) ?? state
      continue
    }
    const signature = belongsTo(state, block) ? state?.payload : undefined
    if (signature !== undefined) state = undefined
    const without = block === firstCall && context.isGemini3 ? SKIP_VALIDATION : undefined
    parts.push(withSignature(partOfBlock(block, context.quirks), signature ?? without))
  }
  return parts
}

function withSignature(part: SentPart, thoughtSignature: string | undefined): SentPart {
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature }
}

/** The client may put text between a thinking block and its call. */
function belongsTo(state: ReasoningSignature | undefined, block: AssistantBlock): boolean {
  const tool = state?.tool
  return tool === undefined || (block.type === 'tool_use' && block.name === tool)
}

function partOfBlock(block: TextBlock | ToolUseBlock, { ids }: GeminiQuirks): SentPart {
  if (block.type === 'text') return { text: block.text }
  const { id, name, input } = block
  return { functionCall: { ...(ids ? { id } : {}), name, args: argumentsObject(input) } }
}

/** Results in the order of the calls: without ids, only the order tells two calls of one tool apart. */
function functionResponses(
  results: readonly Result[],
  before: Turn | undefined,
  context: Context,
): readonly SentPart[] {
  const calls: readonly AssistantBlock[] = before?.role === 'assistant' ? before.blocks : []
  const position = ({ call }: Result): number => calls.indexOf(call)
  return results
    .toSorted((a, b) => position(a) - position(b))
    .map((result) => functionResponse(result, context))
}

function functionResponse({ call, isError, content }: Result, { quirks }: Context): SentPart {
  const media: Blob[] = []
  const texts: Part[] = []
  for (const part of content) {
    const sent = partOf(part)
    if ('inlineData' in sent) media.push(sent.inlineData)
    else texts.push({ type: 'text', text: 'text' in sent ? sent.text : urlOf(part) })
  }
  const text = textOf(texts)
  return {
    functionResponse: {
      ...(quirks.ids ? { id: call.id } : {}),
      name: call.name,
      response: isError ? { error: text } : { output: text },
      ...(media.length === 0 ? {} : { parts: media.map((inlineData) => ({ inlineData })) }),
    },
  }
}

function urlOf(part: Part): string {
  return part.type !== 'text' && part.source.type === 'url' ? part.source.url : ''
}

function partOf(part: Part): SentPart {
  if (part.type === 'text') return { text: part.text }
  const { source } = part
  if (source.type === 'url') return fileOf(part, source.url)
  if (source.type !== 'base64') return { text: '' }
  return { inlineData: { mimeType: source.media_type.toLowerCase(), data: source.data } }
}

/** Google fetches public URLs: https://ai.google.dev/gemini-api/docs/file-input-methods */
function fileOf(part: ImageBlock | DocumentBlock, fileUri: string): SentPart {
  const mimeType = part.type === 'document' ? 'application/pdf' : imageType(fileUri)
  return { fileData: { fileUri, ...(mimeType === undefined ? {} : { mimeType }) } }
}

const TYPE_BY_SUFFIX: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
}

function imageType(url: string): string | undefined {
  const suffix = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPE_BY_SUFFIX, suffix) ? TYPE_BY_SUFFIX[suffix] : undefined
}

function takesImage({ source }: ImageBlock): boolean {
  return source.type === 'url' || IMAGE_TYPES.has(source.media_type.toLowerCase())
}

function takesDocument({ source }: DocumentBlock): boolean {
  if (source.type === 'url') return true
  return source.type === 'base64' && source.media_type === 'application/pdf'
}

// --- Tools ---

/**
 * `tools` and `toolConfig`. Anthropic's web search becomes Google Search where it is the only tool.
 * Most models refuse Google Search beside functions
 * (https://ai.google.dev/gemini-api/docs/tool-combination); there it is dropped and reported.
 */
function toolFields(request: MessagesRequest, quirks: GeminiQuirks, dropped: Set<string>): object {
  const { functions, server } = offeredTools(request)
  const search = server.filter(isWebSearch)
  const useSearch = functions.length === 0 && search.length > 0
  for (const tool of server) {
    if (!useSearch || !isWebSearch(tool)) dropped.add(`tools.${tool.type ?? tool.name}`)
    else reportSearchLimits(tool, ['allowed_domains', 'blocked_domains', 'user_location'], dropped)
  }
  if (useSearch) return { tools: [{ googleSearch: {} }] }
  if (functions.length === 0) return {}
  const choice = toolChoiceOf(request, functions, dropped)
  if (choice.single) dropped.add('tool_choice.disable_parallel_tool_use')
  const onDropped = (keyword: string): unknown => dropped.add(`tools.input_schema.${keyword}`)
  return {
    tools: [
      { functionDeclarations: functions.map((tool) => declaration(tool, quirks, onDropped)) },
    ],
    ...choiceField(choice),
  }
}

function declaration(
  tool: Tool,
  quirks: GeminiQuirks,
  onDropped: (keyword: string) => unknown,
): object {
  const field = quirks.jsonSchema ? 'parametersJsonSchema' : 'parameters'
  const schemaVariant = quirks.jsonSchema ? 'json' : 'openapi'
  const schema = geminiSchema(tool.input_schema, schemaVariant, onDropped)
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(schema === undefined ? {} : { [field]: schema }),
  }
}

const MODE = { auto: 'AUTO', any: 'ANY', none: 'NONE', tool: 'ANY' } as const

function choiceField({ mode, name }: ToolChoice): object {
  if (mode === undefined) return {}
  const only = mode === 'tool' ? { allowedFunctionNames: [name] } : {}
  return { toolConfig: { functionCallingConfig: { mode: MODE[mode], ...only } } }
}

// --- Reasoning ---

/**
 * Thinking and the output limit, which includes thoughts. Gemini 3 takes a level (all models know LOW
 * and HIGH; thinking cannot be turned off), Gemini 2.5 a budget in tokens; a request with both is
 * refused. https://ai.google.dev/gemini-api/docs/thinking
 */
function thinkingFields(request: MessagesRequest, target: Target, dropped: Set<string>): object {
  const reasoning = reasoningOf(request)
  const family = familyOf(target.model)
  const control = controlOf(family, target)
  if (control === undefined) reportReasoning(reasoning, dropped)
  const config = control === undefined ? {} : CONTROLS[control](reasoning, family)
  const isOn = reasoning.mode === 'on' || reasoning.mode === 'budget'
  const all = control !== undefined && isOn ? { includeThoughts: true, ...config } : config
  return {
    maxOutputTokens: limitOf(request, target, !isOn && thinksAlways(family)),
    ...(Object.keys(all).length === 0 ? {} : { thinkingConfig: all }),
  }
}

/** How a model is told to think. */
type Control = 'level' | 'budget'

function controlOf(family: Family, { can }: Target): Control | undefined {
  if (can?.reasoning === false || family.generation === undefined) return undefined
  if (isGemini3(family)) return 'level'
  return family.generation >= 2.5 ? 'budget' : undefined
}

const CONTROLS: Readonly<Record<Control, (reasoning: Reasoning, family: Family) => object>> = {
  level(reasoning, family) {
    const effort = effortOf(reasoning)
    return effort === undefined ? {} : { thinkingLevel: levelOf(effort, family) }
  },
  budget(reasoning, family) {
    const budget = budgetOf(reasoning, family)
    return budget === undefined ? {} : { thinkingBudget: budget }
  },
}

const THINKING_LEVEL: Readonly<Record<Effort | 'off', string>> = {
  off: 'LOW',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/** Gemini 3 Pro is the only model of its generation without a medium level. */
function levelOf(effort: Effort | 'off', { generation, size }: Family): string {
  const level = THINKING_LEVEL[effort]
  return level === 'MEDIUM' && generation === 3 && size === 'pro' ? 'HIGH' : level
}

/** The smallest and the largest thinking budget, and the one closest to off, in tokens. */
type Range = readonly [min: number, max: number, off: number]
const FLASH_RANGE: Range = [0, 24_576, 0]
const BUDGET_RANGE: Readonly<Record<string, Range>> = {
  pro: [128, 32_768, 128],
  flash: FLASH_RANGE,
  lite: [512, 24_576, 0],
}

/** https://ai.google.dev/gemini-api/docs/openai#thinking */
const THINKING_BUDGET: Readonly<Record<Effort, number>> = {
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: Infinity,
  max: Infinity,
}

/** Lets the model decide. */
const DYNAMIC_BUDGET = -1

function budgetOf({ mode, budget, effort }: Reasoning, { size }: Family): number | undefined {
  const [min, max, off] = BUDGET_RANGE[size ?? 'flash'] ?? FLASH_RANGE
  if (mode === 'off') return off
  const wanted = budget ?? (effort === undefined ? undefined : THINKING_BUDGET[effort])
  if (wanted !== undefined) return Math.min(max, Math.max(min, wanted))
  return mode === 'on' ? DYNAMIC_BUDGET : undefined
}

/** Models that think even if the client does not ask for it; its limit then means the answer alone. */
function thinksAlways(family: Family): boolean {
  return isGemini3(family) || (family.generation === 2.5 && family.size === 'pro')
}

function limitOf(request: MessagesRequest, target: Target, thinks: boolean): number | undefined {
  const limit = outputLimit(request, target, thinks ? ROOM_TO_THINK : 0)
  if (limit === undefined || target.can?.maxOutput !== undefined) return limit
  return Math.min(limit, maxOutputTokens(familyOf(target.model)))
}

/** A Messages request as the body of a Responses request. */

import { stateFrom } from '../../messages/reasoning-signature.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  ThinkingBlock,
  Tool,
} from '../../messages/request.ts'
import { domains, isWebSearch } from '../../messages/web-search.ts'
import {
  type AssistantBlock,
  turnsOf,
  type Part,
  type Result,
  resultText,
  systemText,
  type Turn,
} from '../conversation.ts'
import type { Encoded, Target } from '../protocol.ts'
import { effortOf, reportReasoning, openaiEfforts } from '../reasoning.ts'
import {
  metadataConversationId,
  minOutputTokens,
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
} from '../request-fields.ts'
import { answerSchema, functionSchema, isStrict, schemaReader } from '../schema/index.ts'
import {
  argumentsText,
  offeredTools,
  OPENAI_ID,
  shapedId,
  type ToolChoice,
  toolChoiceOf,
} from '../tools.ts'
import { type InputItem, type InputPart, OPENAI, type ResponsesQuirks } from './types.ts'

/** Request fields that are translated, or that mean nothing upstream. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'metadata',
  'stream',
  'temperature',
  'top_p',
  'thinking',
  'output_config',
  // The answer is ended by ccr: this API knows no such sequences.
  'stop_sequences',
])

/** A Messages request as a Responses body: always streamed, and nothing is stored. */
export function encode(request: MessagesRequest, target: Target, quirks = OPENAI): Encoded {
  const dropped = new Set<string>()
  const thinks = thinking(target, quirks)
  reportUnsupported(request, READ, dropped)
  const instructions = systemText(request.system, dropped)
  const body = {
    model: target.model,
    ...(instructions === '' ? {} : { instructions }),
    input: inputItems(request, { target, quirks, dropped }),
    stream: true,
    store: false,
    max_output_tokens: outputLimit(request, target, minOutputTokens(request, thinks)),
    ...toolFields(request, target, dropped),
    ...reasoningFields(request, { target, thinks, dropped }),
    ...samplingFields(request, thinks, dropped),
    ...textField(request, target, dropped),
    ...includeField(request, thinks),
    prompt_cache_key: metadataConversationId(request),
  }
  return { body, dropped: [...dropped] }
}

// --- Parameters ---

/** `temperature` and `top_p`: models that think refuse both. */
function samplingFields(
  request: MessagesRequest,
  thinks: boolean | undefined,
  dropped: Set<string>,
): object {
  const fields = (['temperature', 'top_p'] as const).flatMap((name) => {
    const value = numberField(request, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  if (thinks !== true) return Object.fromEntries(fields)
  for (const [name] of fields) dropped.add(name)
  return {}
}

/** `include`: asks for the model's sealed state, and for the pages that a search found. */
function includeField(request: MessagesRequest, thinks: boolean | undefined): object {
  const include = [
    ...(thinks !== false ? ['reasoning.encrypted_content'] : []),
    ...(request.tools?.some(isWebSearch) === true ? ['web_search_call.action.sources'] : []),
  ]
  return include.length === 0 ? {} : { include }
}

/** `text`: the JSON schema that the answer must follow. */
function textField(request: MessagesRequest, { model }: Target, dropped: Set<string>): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  const schema = answerSchema(wanted, schemaReader(model), dropped)
  const format = { type: 'json_schema', name: 'answer', schema, strict: isStrict(schema) }
  return { text: { format } }
}

// --- Messages ---

interface Encoding {
  readonly target: Target
  readonly quirks: ResponsesQuirks
  readonly dropped: Set<string>
}

/** The messages as input items; the system prompt is not among them. */
function inputItems(
  request: MessagesRequest,
  { target, quirks, dropped }: Encoding,
): readonly InputItem[] {
  const images = target.can?.images !== false
  const turns = turnsOf(
    request.messages,
    {
      midSystem: quirks.midSystem,
      mediaInResults: true,
      images,
      document: (document) => images && isPdf(document),
      thinking: (block) => encryptedState(block, target) !== undefined,
    },
    dropped,
  )
  return turns.flatMap((turn) => itemsOf(turn, target))
}

/** https://platform.openai.com/docs/guides/pdf-files: models that see images read PDFs. */
function isPdf({ source }: DocumentBlock): boolean {
  return source.type === 'url' || (source.type === 'base64' && source.media_type.endsWith('/pdf'))
}

function itemsOf(turn: Turn, target: Target): readonly InputItem[] {
  switch (turn.role) {
    case 'system':
      return [{ type: 'message', role: 'developer', content: [inputText(turn.text)] }]
    case 'user':
      return [{ type: 'message', role: 'user', content: turn.parts.map(inputPart) }]
    case 'assistant':
      return turn.blocks.flatMap((block, at) => assistantItem(block, turn.blocks[at + 1], target))
    case 'results':
      return turn.results.map(outputItem)
  }
}

/** Reasoning that is not followed by what it led to is refused, hence `next`. */
function assistantItem(
  block: AssistantBlock,
  next: AssistantBlock | undefined,
  target: Target,
): readonly InputItem[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'message', role: 'assistant', content: block.text }]
    case 'tool_use':
      return [
        {
          type: 'function_call',
          call_id: shapedId(block.id, OPENAI_ID),
          name: block.name,
          arguments: argumentsText(block.input),
        },
      ]
    case 'thinking': {
      const state = encryptedState(block, target)
      if (state === undefined || next === undefined || next.type === 'thinking') return []
      return [{ type: 'reasoning', summary: [], encrypted_content: state }]
    }
  }
}

/** Text alone goes as a string, which every server understands. */
function outputItem(result: Result): InputItem {
  const { call, content, isError } = result
  const isText = content.every((part) => part.type === 'text')
  return {
    type: 'function_call_output',
    call_id: shapedId(call.id, OPENAI_ID),
    output: isText
      ? resultText(result)
      : [...(isError ? [inputText('[error]')] : []), ...content.map(inputPart)],
  }
}

function inputText(text: string): InputPart {
  return { type: 'input_text', text }
}

function inputPart(part: Part): InputPart {
  switch (part.type) {
    case 'text':
      return inputText(part.text)
    case 'image':
      return { type: 'input_image', image_url: urlOf(part.source), detail: 'auto' }
    case 'document':
      return inputFile(part)
  }
}

function inputFile({ source, title }: DocumentBlock): InputPart {
  if (source.type === 'url') return { type: 'input_file', file_url: source.url }
  if (source.type !== 'base64') return inputText('')
  return { type: 'input_file', filename: title ?? 'document.pdf', file_data: urlOf(source) }
}

function urlOf(source: ImageBlock['source']): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}

// --- Tools ---

/** `tools`, `tool_choice`, `parallel_tool_calls` and `max_tool_calls`. */
function toolFields(request: MessagesRequest, { model }: Target, dropped: Set<string>): object {
  const { functions, server } = offeredTools(request)
  const searches = server.filter((tool) => isSearch(tool, dropped))
  const tools = [
    ...functions.map((tool) => functionTool(tool, model, dropped)),
    ...searches.slice(0, 1).map((tool) => searchTool(tool, dropped)),
  ]
  if (tools.length === 0) return {}
  const choice = toolChoiceOf(request, functions, dropped)
  const uses = searches[0]?.['max_uses']
  return {
    tools,
    ...choiceField(choice),
    ...(choice.single ? { parallel_tool_calls: false } : {}),
    ...(typeof uses === 'number' ? { max_tool_calls: uses } : {}),
  }
}

/** Functions are strict by default, and strict ones must follow rules that few tools do. */
function functionTool(tool: Tool, model: string, dropped: Set<string>): object {
  return {
    type: 'function',
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: functionSchema(tool.input_schema, schemaReader(model), dropped),
    strict: false,
  }
}

function choiceField(choice: ToolChoice): object {
  switch (choice.mode) {
    case undefined:
      return {}
    case 'tool':
      return { tool_choice: { type: 'function', name: choice.name } }
    case 'any':
      return { tool_choice: 'required' }
    default:
      return { tool_choice: choice.mode }
  }
}

// --- Reasoning ---

/** OpenAI's models that do not think refuse every field about reasoning. */
const WITHOUT_REASONING = /(^|\/)(gpt-3|gpt-4|chatgpt-|gpt-5-chat)/

/** Models of OpenAI, whoever passes requests on to them. */
const OF_OPENAI = /(^|\/)(gpt-|o\d|codex-)/

/** Whether the model thinks; undefined where that is not known. */
function thinking({ can, model }: Target, { unknownThinks }: ResponsesQuirks): boolean | undefined {
  if (can?.reasoning !== undefined) return can.reasoning
  if (WITHOUT_REASONING.test(model)) return false
  return unknownThinks || OF_OPENAI.test(model) || undefined
}

interface Reasoning {
  readonly target: Target
  readonly thinks: boolean | undefined
  readonly dropped: Set<string>
}

/** `reasoning`: how much to think. */
function reasoningFields(request: MessagesRequest, { target, thinks, dropped }: Reasoning): object {
  const reasoning = reasoningOf(request)
  if (thinks === false) {
    reportReasoning(reasoning, dropped)
    return {}
  }
  const effort = effortOf(reasoning)
  const isRequested = effort !== undefined || reasoning.mode !== undefined
  return {
    ...(isRequested
      ? { reasoning: { effort: effort && openaiEfforts(target.model)[effort], summary: 'auto' } }
      : {}),
  }
}

/** The state that this model sealed into a thinking block, undefined where there is none. */
function encryptedState(block: ThinkingBlock, target: Target): string | undefined {
  return stateFrom(block.signature, target)?.payload
}

// --- Web search ---

/** Whether a server tool is a web search; every other one is reported in `dropped`. */
function isSearch(tool: Tool, dropped: Set<string>): boolean {
  if (isWebSearch(tool)) return true
  dropped.add(`tools.${tool.type ?? tool.name}`)
  return false
}

/** https://platform.openai.com/docs/guides/tools-web-search; it takes one list of domains. */
function searchTool(tool: Tool, dropped: Set<string>): object {
  const allowed = domains(tool['allowed_domains'])
  const blocked = domains(tool['blocked_domains'])
  if (allowed && blocked) dropped.add('tools.web_search.blocked_domains')
  const filters = allowed ? { allowed_domains: allowed } : blocked && { blocked_domains: blocked }
  const location = tool['user_location']
  return {
    type: 'web_search',
    ...(filters ? { filters } : {}),
    ...(location ? { user_location: location } : {}),
  }
}

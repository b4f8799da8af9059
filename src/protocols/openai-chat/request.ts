/** A Messages request as the body of a Chat Completions request. */

import { type Effort, type Reasoning, reasoningOf } from '../../messages/reasoning.ts'
import { type Block, blocksOf, type MessagesRequest, type Tool } from '../../messages/request.ts'
import { domains, isWebSearch } from '../../messages/web-search.ts'
import type { Encoded, Target } from '../protocol.ts'
import {
  cannotBeForced,
  effortOf,
  modelEffort,
  type ModelEffort,
  reportReasoning,
} from '../reasoning.ts'
import {
  metadataConversationId,
  minOutputTokens,
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
  stopSequences,
} from '../request-fields.ts'
import {
  answerSchema,
  functionSchema,
  isStrict,
  schemaReader,
  type SchemaReader,
} from '../schema/index.ts'
import { reportSearchLimits, withoutSearch } from '../server-tools.ts'
import { offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'
import { chatMessages } from './request-messages.ts'
import type { ChatMessage, ChatPart, Quirks, ReasoningQuirk } from './types.ts'

/** Request fields that are translated, or that mean nothing upstream. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'stop_sequences',
  'output_config',
  'thinking',
  'metadata',
])

/** A Messages request as a Chat Completions body, always streamed. */
export function encode(request: MessagesRequest, target: Target, quirks: Quirks): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, READ, dropped)
  const search = searchFields(request, target, quirks, dropped)
  const conversation = search === undefined ? withoutSearch(request) : request
  const thinking = thinkingOf({ request, target, quirks, isForced: isForced(request) }, dropped)
  const reader = schemaReader(target.model, quirks.schemas)
  const messages = chatMessages(conversation, target, quirks, dropped)
  const body = {
    model: target.model,
    messages: withCacheMarks(messages, request, target, quirks),
    stream: true,
    ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
    [quirks.maxTokens]: outputLimit(
      request,
      target,
      minOutputTokens(request, target.can?.reasoning),
    ),
    ...toolFields(
      request,
      {
        search: search?.tool,
        canForce: thinking.canForce,
        onlyWords: quirks.toolChoiceWords === true,
        reader,
      },
      dropped,
    ),
    ...search?.fields,
    ...samplingFields(request, target, quirks, dropped),
    ...thinking.fields,
    ...(quirks.reasoningSplit?.test(target.model) === true ? { reasoning_split: true } : {}),
    ...outputFields(request, target, quirks, dropped),
    ...cacheField(request, quirks, dropped),
  }
  return { body, dropped: [...dropped] }
}

// --- Parameters ---

function thinks({ can }: Target): boolean {
  return can?.reasoning === true
}

/** OpenAI refuses more than four. */
const MOST_STOP_SEQUENCES = 4

/** `temperature`, `top_p` and `stop`, as far as the model takes them. */
function samplingFields(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): object {
  const stop = stopSequences(request, MOST_STOP_SEQUENCES)
  const fields = {
    temperature: numberField(request, 'temperature'),
    top_p: numberField(request, 'top_p'),
    stop: stop.length === 0 ? undefined : stop,
  }
  for (const name of thinks(target) ? (quirks.refusedByThinkers ?? []) : []) {
    if (fields[name] === undefined) continue
    if (name !== 'stop') dropped.add(name)
    fields[name] = undefined
  }
  return fields
}

/** `response_format`: the JSON schema that the answer must follow. */
function outputFields(
  request: MessagesRequest,
  { model }: Target,
  quirks: Quirks,
  dropped: Set<string>,
): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  if (!quirks.jsonSchema) {
    dropped.add('output_config.format')
    return {}
  }
  const schema = answerSchema(wanted, schemaReader(model, quirks.schemas), dropped)
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema, strict: isStrict(schema) },
    },
  }
}

// --- Tools ---

/** Whether the model must call a tool. */
function isForced(request: MessagesRequest): boolean {
  const { mode } = toolChoiceOf(request, offeredTools(request).functions, new Set())
  return mode === 'any' || mode === 'tool'
}

interface ToolParts {
  /** The provider's search tool, which is listed with the functions. */
  readonly search: object | undefined
  /** Whether the model can be forced to call one; else it is only asked to. */
  readonly canForce: boolean
  /** Whether the server reads `tool_choice` only as a word. */
  readonly onlyWords: boolean
  /** Who reads the tools' schemas. */
  readonly reader: SchemaReader
}

/** `tools`, `tool_choice` and `parallel_tool_calls`. */
function toolFields(
  request: MessagesRequest,
  { search, canForce, onlyWords, reader }: ToolParts,
  dropped: Set<string>,
): object {
  const { functions } = offeredTools(request)
  const extra = search === undefined ? [] : [search]
  if (functions.length === 0) return extra.length === 0 ? {} : { tools: extra }
  const choice = toolChoiceOf(request, functions, dropped)
  const isForced = choice.mode === 'any' || choice.mode === 'tool'
  if (isForced && !canForce) dropped.add('tool_choice')
  const called = isForced && !canForce ? { ...choice, mode: 'auto' as const } : choice
  const { offered, field } = onlyWords
    ? choiceByWord(called, functions)
    : { offered: functions, field: choiceField(called) }
  return {
    tools: [...offered.map((tool) => functionTool(tool, reader, dropped)), ...extra],
    ...field,
    ...(choice.single ? { parallel_tool_calls: false } : {}),
  }
}

/** A named tool is the only one that is offered. */
function choiceByWord(choice: ToolChoice, functions: readonly Tool[]) {
  if (choice.mode !== 'tool') return { offered: functions, field: choiceField(choice) }
  return {
    offered: functions.filter(({ name }) => name === choice.name),
    field: choiceField({ ...choice, mode: 'any' }),
  }
}

function functionTool(tool: Tool, reader: SchemaReader, dropped: Set<string>): object {
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters: functionSchema(tool.input_schema, reader, dropped),
    },
  }
}

function choiceField(choice: ToolChoice): object {
  switch (choice.mode) {
    case undefined:
      return {}
    case 'tool':
      return { tool_choice: { type: 'function', function: { name: choice.name } } }
    case 'any':
      return { tool_choice: 'required' }
    default:
      return { tool_choice: choice.mode }
  }
}

// --- Reasoning ---

type Wanted = Effort | 'on' | 'off'

interface ReasoningContext {
  readonly request: MessagesRequest
  readonly target: Target
  readonly quirks: Quirks
  /** Whether the model must call a tool. */
  readonly isForced: boolean
}

/** How a request's reasoning settings reach a target. */
interface Thinking {
  /** `thinking`, `reasoning_effort` and the like, as the provider has them. */
  readonly fields: object
  /** Whether a tool can be forced: some models refuse that while they think. */
  readonly canForce: boolean
}

/**
 * Thinking and effort in the provider's fields, for models that are known to think. Which words for
 * efforts a model knows, and whether it can stop thinking, does not depend on who serves it. A model
 * that cannot be forced to call a tool while it thinks is asked not to think for this answer.
 */
export function thinkingOf(
  { request, target, quirks, isForced }: ReasoningContext,
  dropped: Set<string>,
): Thinking {
  const reasoning = reasoningOf(request)
  const quirk = quirkFor(target, quirks)
  const isRefused = isForced && (quirks.thinksOrIsForced === true || cannotBeForced(target.model))
  if (quirk === undefined) {
    reportReasoning(reasoning, dropped)
    return { fields: {}, canForce: !isRefused }
  }
  const known = knownOf(quirk, target)
  // Whether a server of which nothing is known can stop it is not known either.
  const isStopped = isRefused && known.stops && quirk.models !== 'known'
  if (isStopped ? reasoning.mode === 'on' : reasoning.mode === 'off' && !known.stops) {
    dropped.add('thinking')
  }
  const choice = { quirk, known, wanted: isStopped ? 'off' : wantedOf(reasoning) } as const
  return { fields: fieldsOf(request, choice, dropped), canForce: !isRefused || isStopped }
}

/** What holds for a model at a provider. */
interface Known {
  /** Whether thinking can be switched off. */
  readonly stops: boolean
  readonly words: Readonly<Partial<Record<Wanted, string>>> | undefined
}

/** The provider's words for this very model, else the model's, else the provider's for all models. */
function knownOf(quirk: ReasoningQuirk, { model }: Target): Known {
  const ofModel = modelEffort(model)
  const ofProvider = quirk.models === undefined ? undefined : quirk.words
  if (ofModel === undefined || ofProvider !== undefined) {
    return { stops: ofModel?.stops !== false || ofProvider?.off === 'none', words: quirk.words }
  }
  const { stops, words } = ofModel
  return { stops, words: words && { ...words, ...offWord({ stops, words }, quirk) } }
}

/** Where there is a switch, no word is needed, and an effort beside it is refused by some. */
function offWord(
  { stops, words }: Required<ModelEffort>,
  { toggle }: ReasoningQuirk,
): ReasoningQuirk['words'] {
  if (!stops) return { off: words.low }
  return toggle === undefined ? { off: 'none' } : {}
}

interface ReasoningChoice {
  readonly quirk: ReasoningQuirk
  readonly known: Known
  readonly wanted: Wanted | undefined
}

function fieldsOf(request: MessagesRequest, choice: ReasoningChoice, dropped: Set<string>): object {
  const { quirk, known, wanted } = choice
  const hasTools = (request.tools ?? []).length > 0
  const only = hasTools && known.stops ? quirk.besideTools : undefined
  const word = only ?? (wanted && known.words?.[wanted])
  const isSent = only === undefined ? word !== undefined : wanted === 'off'
  if (reasoningOf(request).effort !== undefined && !isSent) dropped.add('output_config.effort')
  return { ...toggleField(choice), ...effortField(quirk, word) }
}

function quirkFor(target: Target, { reasoning }: Quirks): ReasoningQuirk | undefined {
  return reasoning?.find(({ models }) => {
    // An unknown model may think; one that does not refuses the fields, and the request is sent again.
    if (models === undefined) return target.can?.reasoning ?? true
    if (models === 'known') return modelEffort(target.model)?.words !== undefined
    return models.test(target.model)
  })
}

function wantedOf(reasoning: Reasoning): Wanted | undefined {
  return effortOf(reasoning) ?? (reasoning.mode === undefined ? undefined : 'on')
}

/** Switches thinking on or off. A model that cannot stop thinking refuses the switch. */
function toggleField({ quirk: { toggle }, known, wanted }: ReasoningChoice): object {
  if (toggle === undefined || wanted === undefined) return {}
  const isOn = wanted !== 'off'
  if (!isOn && !known.stops) return {}
  if (toggle === 'reasoning') return { reasoning: { enabled: isOn } }
  if (toggle === 'enable_thinking') return { enable_thinking: isOn }
  return { thinking: { type: isOn ? 'enabled' : 'disabled' } }
}

function effortField({ effort }: ReasoningQuirk, word: string | undefined): object {
  if (effort === undefined || word === undefined) return {}
  return effort === 'reasoning' ? { reasoning: { effort: word } } : { reasoning_effort: word }
}

// --- Cache ---

/** `prompt_cache_key`, where the provider keeps a conversation's cache by it. */
function cacheField(request: MessagesRequest, quirks: Quirks, dropped: Set<string>): object {
  if (quirks.promptCacheKey === true) return { prompt_cache_key: metadataConversationId(request) }
  if (request['metadata'] !== undefined) dropped.add('metadata')
  return {}
}

/**
 * Marks of the prompt cache, for gateways that pass them on to Claude and Gemini. They stand where
 * the client's marks have the greatest effect: after the system prompt (and the tools before it), and
 * after the newest two turns that are not the assistant's, so that each request finds what the
 * previous one wrote. A request without any mark gets none.
 */
function withCacheMarks(
  messages: readonly ChatMessage[],
  request: MessagesRequest,
  { model }: Target,
  quirks: Quirks,
): readonly ChatMessage[] {
  const mark = quirks.cacheControl?.test(model) === true ? markIn(request) : undefined
  if (mark === undefined) return messages
  const marked = new Set([
    messages.findIndex(({ role }) => role === 'system'),
    ...turnEnds(messages).slice(-2),
  ])
  return messages.map((message, at) => (marked.has(at) ? withMark(message, mark) : message))
}

function markIn({ system, messages }: MessagesRequest): object | undefined {
  const all = [system, ...messages.map(({ content }) => content)].flatMap(blocksOf)
  return all.map(markOf).find((mark) => mark !== undefined)
}

function markOf({ cache_control: mark }: Block): object | undefined {
  return typeof mark === 'object' && mark !== null ? mark : undefined
}

/** The indexes of the last messages before each assistant message, and of the very last. */
function turnEnds(messages: readonly ChatMessage[]): readonly number[] {
  return messages.flatMap(({ role }, at) => {
    const isEnd = (messages[at + 1]?.role ?? 'assistant') === 'assistant'
    return isEnd && (role === 'user' || role === 'tool') ? [at] : []
  })
}

function withMark(message: ChatMessage, cache_control: object): ChatMessage {
  switch (message.role) {
    case 'assistant':
      return message
    case 'tool':
      return { ...message, cache_control }
    case 'system':
      return typeof message.content === 'string'
        ? { ...message, content: [{ type: 'text', text: message.content, cache_control }] }
        : message
    case 'user': {
      const parts = contentParts(message)
      const last = parts.at(-1)
      if (last === undefined) return message
      return { ...message, content: [...parts.slice(0, -1), { ...last, cache_control }] }
    }
  }
}

function contentParts({ content }: Extract<ChatMessage, { role: 'user' }>): readonly ChatPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

// --- Web search ---

/** What asks a provider for a web search. */
interface SearchFields {
  readonly fields?: object
  /** Listed with the functions. */
  readonly tool?: object
}

const LIMITS = ['allowed_domains', 'blocked_domains', 'user_location'] as const

/** The fields that ask for a search; undefined where this model has none. */
type SearchRequest = (tool: Tool, target: Target, dropped: Set<string>) => SearchFields | undefined

const SEARCH_REQUESTS: Readonly<Record<NonNullable<Quirks['search']>, SearchRequest>> = {
  /** https://openrouter.ai/docs/features/web-search */
  plugins: (tool, _, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { plugins: [{ id: 'web' }] } }
  },
  /** https://help.aliyun.com/en/model-studio/web-search: in the compatible mode without its sources. */
  enable_search: (tool, _, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { enable_search: true, search_options: { forced_search: true } } }
  },
  /** https://docs.z.ai/guides/tools/web-search */
  zai: (tool, _, dropped) => {
    const [domain, ...others] = domains(tool['allowed_domains']) ?? []
    if (others.length > 0) dropped.add('tools.web_search.allowed_domains')
    reportSearchLimits(tool, ['blocked_domains', 'user_location'], dropped)
    const filter = domain === undefined ? {} : { search_domain_filter: domain }
    const web_search = {
      enable: true,
      search_engine: 'search-prime',
      search_result: true,
      ...filter,
    }
    return { tool: { type: 'web_search', web_search } }
  },
  /** https://console.groq.com/docs/browser-search, …/compound: those search without being asked. */
  groq: (tool, { model }, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    if (/compound/.test(model)) return {}
    return /gpt-oss/.test(model) ? { tool: { type: 'browser_search' } } : undefined
  },
  /** https://docs.perplexity.ai/guides/search-domain-filters: it always searches; `-` blocks. */
  always: (tool, _, dropped) => {
    reportSearchLimits(tool, ['user_location'], dropped)
    const blocked = domains(tool['blocked_domains'])?.map((domain) => `-${domain}`)
    const filter = domains(tool['allowed_domains']) ?? blocked
    return { fields: filter === undefined ? {} : { search_domain_filter: filter } }
  },
  /** https://platform.openai.com/docs/guides/tools-web-search: models made for it, no others. */
  openai: (tool, { model }, dropped) => {
    if (!/-search/.test(model)) return undefined
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { web_search_options: {} } }
  },
}

/**
 * The provider's search in place of Anthropic's; undefined where there is none. The tool is then
 * reported in `dropped`, as is every other server tool.
 */
function searchFields(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): SearchFields | undefined {
  const { server } = offeredTools(request)
  const search = server.find(isWebSearch)
  const fields = search && quirks.search && SEARCH_REQUESTS[quirks.search](search, target, dropped)
  for (const tool of server) {
    if (fields === undefined || !isWebSearch(tool)) dropped.add(`tools.${tool.type ?? tool.name}`)
  }
  return fields
}

/**
 * OpenAI Chat Completions, as sent and as many providers answer it.
 * https://platform.openai.com/docs/api-reference/chat
 */

import type { Effort } from '../../messages/reasoning.ts'
import type { SchemaReader } from '../schema/index.ts'
import type { IdShape } from '../tools.ts'

// --- Quirks ---

/** How a provider's Chat Completions differ from OpenAI's. Every field is a fact about a provider. */
export interface Quirks {
  /** The name of the output limit; OpenAI's reasoning models refuse `max_tokens`. */
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens'
  /**
   * What a system message in mid-conversation becomes. Chat templates of local servers raise an
   * error for one that is not first, hence `user`: a <system-reminder> in a user message.
   */
  readonly midSystem: 'system' | 'user'
  /** Whether a user's message after a tool's is refused; see `inToolOrder`. */
  readonly noUserBehindTool?: boolean
  /** Models that need `reasoning_split` to send their reasoning apart from the text. */
  readonly reasoningSplit?: RegExp
  /** Whether `stream_options.include_usage` is accepted (Mistral: 422 for unknown fields). */
  readonly streamOptions: boolean
  /** Whether `response_format: {type: json_schema}` is understood (DeepSeek: json_object only). */
  readonly jsonSchema: boolean
  /** Who reads the schemas of tools, where the model's name does not tell; absent: as OpenAI. */
  readonly schemas?: SchemaReader
  /**
   * Where earlier reasoning of the same provider goes back to; undefined: to the field in which it
   * came. Servers that refuse fields which they do not know, and know none for it: `refused`.
   */
  readonly reasoningHistory?: 'reasoning_content' | 'reasoning' | 'refused'
  /** Whether Gemini 3 is known to demand thought signatures here; else the first one that comes shows it. */
  readonly thoughtSignatures?: boolean
  /** What the ids of tool calls must look like; undefined: no longer than OpenAI's. */
  readonly toolIds?: IdShape
  /** Whether a turn without reasoning is refused, whichever the model. */
  readonly reasoningRequired?: boolean
  /** How thinking and effort are set; the first entry that fits a model counts. */
  readonly reasoning?: readonly ReasoningQuirk[]
  /** Whether state that was sealed without the field it came in is a list of `reasoning_details`. */
  readonly reasoningDetails?: boolean
  /** Models for which marks of the prompt cache are passed on to who serves them. */
  readonly cacheControl?: RegExp
  /** Whether no model can be forced to call a tool while it thinks. */
  readonly thinksOrIsForced?: boolean
  /** Whether `tool_choice` is read only as a word; a named tool is then offered alone, and required. */
  readonly toolChoiceWords?: boolean
  /** What a model that thinks refuses. */
  readonly refusedByThinkers?: readonly ('temperature' | 'top_p' | 'stop')[]
  /** Whether PDFs go as `file` parts. */
  readonly files?: boolean
  /** How the provider's web search is requested; undefined: it has none. */
  readonly search?: 'plugins' | 'enable_search' | 'zai' | 'groq' | 'always' | 'openai'
  /** Whether a conversation's cache is kept by `prompt_cache_key`. */
  readonly promptCacheKey?: boolean
}

/** The fields by which a provider takes thinking and effort. */
export interface ReasoningQuirk {
  /**
   * Models that it holds for; `known`: those whose words for efforts are known; absent: all that are
   * known to think.
   */
  readonly models?: RegExp | 'known'
  /**
   * Switches thinking on and off: `thinking: {type: enabled}`, `enable_thinking: true`,
   * `reasoning: {enabled: true}`.
   */
  readonly toggle?: 'thinking' | 'enable_thinking' | 'reasoning'
  /** Takes the effort: `reasoning_effort: "low"`, or OpenRouter's `reasoning: {effort: "low"}`. */
  readonly effort?: 'reasoning_effort' | 'reasoning'
  /**
   * The provider's words for efforts, and for not thinking where it has one; those of a model that is
   * known (`modelEffort`) come first, unless `models` names it.
   */
  readonly words?: Readonly<Partial<Record<Effort | 'off', string>>>
  /** The only word that is taken beside tools; without it the request is refused. */
  readonly besideTools?: string
}

// --- Request ---

/** A mark of the prompt cache, where it is passed on. */
export type CacheMark = { readonly cache_control?: object }
export type TextPart = { readonly type: 'text'; readonly text: string } & CacheMark
export type ImagePart = {
  readonly type: 'image_url'
  readonly image_url: { readonly url: string }
} & CacheMark
export type FilePart = {
  readonly type: 'file'
  readonly file: { readonly filename: string; readonly file_data: string }
} & CacheMark
export type ChatPart = TextPart | ImagePart | FilePart

export interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
  readonly extra_content?: GoogleContent
}

/** What Gemini adds to a call. */
export interface GoogleContent {
  readonly google?: { readonly thought_signature?: string }
  readonly vertex?: { readonly thought_signature?: string }
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string | readonly TextPart[] }
  | { readonly role: 'user'; readonly content: string | readonly ChatPart[] }
  | {
      readonly role: 'tool'
      readonly tool_call_id: string
      readonly content: string
      readonly cache_control?: object
    }
  | {
      readonly role: 'assistant'
      readonly content: string | null
      readonly tool_calls?: readonly ToolCall[]
      readonly reasoning_content?: string
      readonly reasoning?: string
      readonly reasoning_text?: string
      readonly reasoning_opaque?: string
      readonly reasoning_details?: readonly ReasoningDetail[]
      readonly thinking_blocks?: readonly ReasoningDetail[]
    }

// --- Response ---

/** A streamed piece of a tool call. Every field may be missing; arguments may be an object. */
export interface ToolCallDelta {
  /** Not `function` for what the server itself ran; see `ServedCalls`. */
  readonly type?: string | null
  readonly index?: number | null
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
  readonly extra_content?: GoogleContent | null
}

/** Mistral streams text and thinking as parts. */
export interface ContentPart {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string | readonly { readonly text?: string }[]
}

/** `delta` of a chunk, or `message` of an answer that is not streamed. */
export interface Delta {
  readonly content?: string | readonly ContentPart[] | null
  readonly refusal?: string | null
  readonly reasoning_content?: string | null
  readonly reasoning?: string | null
  /** GitHub Copilot's name for it, and its state. */
  readonly reasoning_text?: string | null
  readonly reasoning_opaque?: string | null
  readonly tool_calls?: readonly ToolCallDelta[] | null
  readonly function_call?: ToolCallDelta['function']
  readonly annotations?: readonly Annotation[] | null
  readonly reasoning_details?: readonly ReasoningDetail[] | null
  readonly thinking_blocks?: readonly ReasoningDetail[] | null
  /** Tools that Groq's servers ran. */
  readonly executed_tools?: readonly ExecutedTool[] | null
}

export interface ExecutedTool {
  readonly type?: string
  /** JSON text. */
  readonly arguments?: string | null
  readonly search_results?: { readonly results?: readonly Source[] | null } | null
}

/** A page that the answer cites, found by the server's own search (OpenAI, OpenRouter). */
export interface Annotation {
  readonly url_citation?: Source | null
}

/** A piece of reasoning in a list; what else it holds goes back with it. */
export interface ReasoningDetail {
  readonly type?: string
  readonly index?: number | null
  readonly text?: string | null
  readonly summary?: string | null
  readonly thinking?: string | null
  readonly [field: string]: unknown
}

export interface Source {
  readonly url?: string | null
  readonly title?: string | null
}

export interface Choice {
  readonly delta?: Delta | null
  readonly message?: Delta | null
  readonly finish_reason?: string | null
  /** Where OpenRouter reports an error of the provider that it called. */
  readonly error?: unknown
  /** Kimi reports usage here. */
  readonly usage?: ChatUsage | null
}

export interface ChatUsage {
  readonly prompt_tokens?: number | null
  readonly completion_tokens?: number | null
  readonly total_tokens?: number | null
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number | null
    readonly cache_write_tokens?: number | null
    /** DashScope's name. */
    readonly cache_creation_input_tokens?: number | null
  } | null
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null
  /** DeepSeek's name for cached tokens. */
  readonly prompt_cache_hit_tokens?: number | null
  /** Moonshot's. */
  readonly cached_tokens?: number | null
  /** Those of gateways before Claude; they too are part of `prompt_tokens`. */
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
}

export interface Chunk {
  /** `chat.completion.chunk`; `chat.completion` where it was not streamed. */
  readonly object?: unknown
  readonly choices?: readonly Choice[] | null
  readonly usage?: ChatUsage | null
  /** Where Groq reports usage that was not requested; seen in its recorded answers. */
  readonly x_groq?: { readonly usage?: ChatUsage | null } | null
  /** Perplexity's: the pages that the numbers in its text stand for. */
  readonly search_results?: readonly Source[] | null
  readonly citations?: readonly unknown[] | null
  /** z.ai's. */
  readonly web_search?: readonly (Source & { readonly link?: string | null })[] | null
  readonly error?: unknown
}

// --- Reasoning fields, in both directions ---

/** Fields in which reasoning comes as text, GitHub Copilot's the last; some servers fill two alike. */
export const THOUGHT_FIELDS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const
/** The same, and the answer's own text, where reasoning stands between tags. */
export type TextField = (typeof THOUGHT_FIELDS)[number] | 'content'

/** Fields in which reasoning comes as a list with state in it: OpenRouter's and LiteLLM's. */
export type ListField = 'reasoning_details' | 'thinking_blocks'

export function isTextField(name: string | undefined): name is TextField {
  return name === 'content' || THOUGHT_FIELDS.some((field) => field === name)
}

export function isListField(name: string | undefined): name is ListField {
  return name === 'reasoning_details' || name === 'thinking_blocks'
}

/**
 * Fields of a call's `extra_content` in which Gemini's thought signatures come, Google's and those of
 * gateways; only the first call of an answer has one.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const SIGNATURE_HOLDERS = ['google', 'vertex'] as const
export type SignatureHolder = (typeof SIGNATURE_HOLDERS)[number]

/** The name under which a thinking block keeps where its signature came. */
export function signatureField(holder: SignatureHolder): string {
  return `extra_content.${holder}`
}

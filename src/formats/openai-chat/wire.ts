/**
 * OpenAI Chat Completions, as sent and as many providers answer it.
 * https://platform.openai.com/docs/api-reference/chat
 */

/** How a provider's Chat Completions differ from OpenAI's. Every field is a fact about a row. */
export interface Quirks {
  /** The name of the output limit; OpenAI's reasoning models refuse `max_tokens`. */
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens'
  /**
   * What a system message in mid-conversation becomes. Chat templates of local servers raise an
   * error for one that is not first, hence `user`: a <system-reminder> in a user message.
   */
  readonly midSystem: 'system' | 'user'
  /** Whether `stream_options.include_usage` may be asked for (Mistral: 422 for unknown fields). */
  readonly streamOptions: boolean
  /** Whether `response_format: {type: json_schema}` is understood (DeepSeek: json_object only). */
  readonly jsonSchema: boolean
  /** Where earlier reasoning of the same provider goes back to; undefined: nowhere. */
  readonly reasoningHistory?: 'reasoning_content' | 'reasoning'
}

export type TextPart = { readonly type: 'text'; readonly text: string }
export type ImagePart = { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
export type ChatPart = TextPart | ImagePart

export interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ChatPart[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }
  | {
      readonly role: 'assistant'
      readonly content: string | null
      readonly tool_calls?: readonly ToolCall[]
      readonly reasoning_content?: string
      readonly reasoning?: string
    }

/** A streamed piece of a tool call. Every field may be missing; arguments may be an object. */
export interface ToolCallDelta {
  readonly index?: number | null
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
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
  readonly tool_calls?: readonly ToolCallDelta[] | null
}

export interface Choice {
  readonly delta?: Delta | null
  readonly message?: Delta | null
  readonly finish_reason?: string | null
  /** Kimi reports usage here. */
  readonly usage?: WireUsage | null
}

export interface WireUsage {
  readonly prompt_tokens?: number | null
  readonly completion_tokens?: number | null
  readonly total_tokens?: number | null
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number | null
    readonly cache_write_tokens?: number | null
  } | null
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null
  /** DeepSeek's name for cached tokens. */
  readonly prompt_cache_hit_tokens?: number | null
  /** Moonshot's. */
  readonly cached_tokens?: number | null
}

export interface Chunk {
  readonly choices?: readonly Choice[] | null
  readonly usage?: WireUsage | null
  readonly error?: unknown
}

/**
 * OpenAI Responses, as sent and as providers answer it.
 * https://platform.openai.com/docs/api-reference/responses
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */

// --- Quirks ---

/** How a provider's Responses differ from OpenAI's. */
export interface ResponsesQuirks {
  /**
   * What a system message in mid-conversation becomes: a developer message, or a <system-reminder>
   * of the user. LM Studio makes system messages of developer messages, and chat templates refuse
   * one that is not first: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2298
   */
  readonly midSystem: 'system' | 'user'
  /** Whether a model of which nothing is known thinks, as those of today's makers do. */
  readonly unknownThinks: boolean
}

export const OPENAI: ResponsesQuirks = { midSystem: 'system', unknownThinks: true }

// --- Request ---

export type InputPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: 'auto' }
  | { readonly type: 'input_file'; readonly filename: string; readonly file_data: string }
  | { readonly type: 'input_file'; readonly file_url: string }

export type InputItem =
  | {
      readonly type: 'message'
      readonly role: 'user' | 'developer'
      readonly content: readonly InputPart[]
    }
  | { readonly type: 'message'; readonly role: 'assistant'; readonly content: string }
  | {
      readonly type: 'function_call'
      readonly call_id: string
      readonly name: string
      readonly arguments: string
    }
  | {
      readonly type: 'function_call_output'
      readonly call_id: string
      readonly output: string | readonly InputPart[]
    }
  | {
      /** Without its id: ids are looked up in a store that `store: false` leaves empty. */
      readonly type: 'reasoning'
      readonly summary: readonly never[]
      readonly encrypted_content: string
    }

// --- Response ---

export interface Annotation {
  readonly type?: string
  readonly url?: string | null
  readonly title?: string | null
}

/** A part of an answered message or of a reasoning item. */
export interface OutputPart {
  readonly type?: string
  readonly text?: string | null
  readonly refusal?: string | null
  readonly annotations?: readonly Annotation[] | null
}

/** What a server's own web search did. */
export interface SearchAction {
  readonly type?: string
  readonly query?: string | null
  readonly url?: string | null
  readonly pattern?: string | null
  /** Only where `include` asks for them. */
  readonly sources?: readonly { readonly url?: string | null }[] | null
}

/** An item of an answer. Every field may be missing. */
export interface OutputItem {
  readonly type?: string
  readonly id?: string | null
  /** vLLM's name for `id` in a finished call. */
  readonly item_id?: string | null
  readonly call_id?: string | null
  readonly name?: string | null
  readonly arguments?: unknown
  readonly content?: readonly OutputPart[] | null
  readonly summary?: readonly OutputPart[] | null
  readonly encrypted_content?: string | null
  readonly action?: SearchAction | null
  /** Of a custom tool's call: plain text. */
  readonly input?: string | null
  /** Of the server's own tools. */
  readonly code?: string | null
  readonly outputs?: readonly { readonly logs?: string | null }[] | null
  readonly queries?: readonly string[] | null
  readonly server_label?: string | null
  readonly output?: string | null
  readonly error?: unknown
}

export interface ResponsesUsage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly input_tokens_details?: {
    readonly cached_tokens?: number | null
    readonly cache_write_tokens?: number | null
  } | null
  readonly output_tokens_details?: { readonly reasoning_tokens?: number | null } | null
}

/** A whole answer: inside the last event, or alone where `stream: true` was ignored. */
export interface ResponseObject {
  readonly object?: string
  readonly status?: string | null
  readonly error?: unknown
  readonly incomplete_details?: { readonly reason?: string | null } | null
  readonly output?: readonly OutputItem[] | null
  readonly usage?: ResponsesUsage | null
}

/** A stream event. Which fields it has depends on its type. */
export interface StreamEvent extends ResponseObject {
  readonly type?: string
  readonly response?: ResponseObject | null
  readonly output_index?: number | null
  readonly item_id?: string | null
  readonly content_index?: number | null
  readonly summary_index?: number | null
  readonly item?: OutputItem | null
  readonly delta?: string | null
  readonly text?: string | null
  readonly refusal?: string | null
  /** Of a finished call's arguments. */
  readonly name?: string | null
  readonly arguments?: unknown
  readonly part?: OutputPart | null
  readonly annotation?: Annotation | null
}

/**
 * The response side of the representation: the stream events of the Anthropic Messages API.
 * https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
import type { ErrorEnvelope } from './error.ts'

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'refusal'
  | 'model_context_window_exceeded'

/** Tokens as the provider counted them. `input_tokens` excludes cached ones. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  /** Cache writes by time to live; absent if the provider does not report it. */
  readonly cache_creation?: {
    readonly ephemeral_5m_input_tokens: number
    readonly ephemeral_1h_input_tokens: number
  }
  /** The reasoning's share of the output tokens; absent if the provider does not report it. */
  readonly output_tokens_details?: { readonly thinking_tokens: number }
}

/** The usage in `message_delta`: only the output count if the provider reported nothing else. */
export type FinalUsage = Partial<Usage> &
  Pick<Usage, 'output_tokens'> & { readonly server_tool_use?: ServerToolUsage }

/** How often the provider used its server tools. */
export interface ServerToolUsage {
  readonly web_search_requests: number
  readonly web_fetch_requests?: number
}

export interface StartedMessage {
  readonly id: string
  readonly type: 'message'
  readonly role: 'assistant'
  readonly model: string
  readonly content: readonly never[]
  readonly stop_reason: null
  readonly stop_sequence: null
  readonly usage: Usage
}

export type StartedBlock =
  | { readonly type: 'text'; readonly text: '' }
  | { readonly type: 'thinking'; readonly thinking: ''; readonly signature: '' }
  | {
      readonly type: 'tool_use'
      readonly id: string
      readonly name: string
      readonly input: Readonly<Record<string, never>>
    }
  | {
      readonly type: 'server_tool_use'
      readonly id: string
      readonly name: 'web_search'
      readonly input: Readonly<Record<string, never>>
      readonly caller: DirectCaller
    }
  | {
      readonly type: 'web_search_tool_result'
      readonly tool_use_id: string
      readonly content: readonly WebSearchResult[]
      readonly caller: DirectCaller
    }

/** The caller of a tool is the model itself, not code that it runs. */
interface DirectCaller {
  readonly type: 'direct'
}

export interface WebSearchResult {
  readonly type: 'web_search_result'
  readonly url: string
  readonly title: string
  /** Opaque; goes back with the block. */
  readonly encrypted_content: string
  readonly page_age: string | null
}

export type BlockDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }

export type StreamEvent =
  | { readonly type: 'message_start'; readonly message: StartedMessage }
  | {
      readonly type: 'content_block_start'
      readonly index: number
      readonly content_block: StartedBlock
    }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta'
      readonly delta: {
        readonly stop_reason: StopReason
        readonly stop_sequence: string | null
      }
      readonly usage: FinalUsage
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' }
  | ErrorEnvelope

/** Events as the bytes of a server-sent event stream. */
export function serialize(events: readonly StreamEvent[]): string {
  let text = ''
  for (const event of events) text += `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
  return text
}

/** One event of an upstream stream, without its framing. */
export interface Frame {
  /** The event's name; '' if the framing has none. */
  readonly event: string
  readonly data: string
}

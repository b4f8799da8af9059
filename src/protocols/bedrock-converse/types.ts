/**
 * The types of Bedrock's ConverseStream: what is sent and what is answered.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */

// --- Request ---

export interface TextContent {
  readonly text: string
}
export interface ImageContent {
  readonly image: { readonly format: string; readonly source: { readonly bytes: string } }
}
export interface DocumentContent {
  readonly document: {
    readonly format: string
    /** Letters, digits, single spaces, hyphens and brackets; unique in a request. */
    readonly name: string
    readonly source: { readonly bytes: string }
  }
}
export type Media = TextContent | ImageContent | DocumentContent

export type Reasoning =
  | {
      readonly reasoningContent: {
        readonly reasoningText: { readonly text: string; readonly signature: string }
      }
    }
  | { readonly reasoningContent: { readonly redactedContent: string } }

export interface ToolUse {
  readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: object }
}
export interface ToolResult {
  readonly toolResult: {
    readonly toolUseId: string
    readonly content: readonly Media[]
    readonly status: 'success' | 'error'
  }
}

/** The cache keeps the prompt up to here for the next request. */
export interface CachePoint {
  readonly cachePoint: { readonly type: 'default'; readonly ttl?: '1h' }
}

export type ConverseMessage =
  | { readonly role: 'user'; readonly content: readonly (Media | ToolResult | CachePoint)[] }
  | { readonly role: 'assistant'; readonly content: readonly (TextContent | Reasoning | ToolUse)[] }

// --- Response ---

/** The payloads of the events, by `:event-type`; each also has padding in `p`. */
export interface StartEvent {
  readonly contentBlockIndex?: number
  readonly start?: {
    readonly toolUse?: AnsweredCall
  }
}
export interface AnsweredCall {
  readonly toolUseId?: string
  readonly name?: string
  /** `server_tool_use` for a tool that Bedrock runs itself: Nova's grounding and code. */
  readonly type?: string
  /** Not from Bedrock: servers that imitate it send the arguments here. */
  readonly input?: unknown
}
export interface DeltaEvent {
  readonly contentBlockIndex?: number
  readonly delta?: {
    readonly text?: string
    readonly toolUse?: { readonly input?: unknown }
    readonly reasoningContent?: {
      readonly text?: string
      readonly signature?: string
      /** Base64. */
      readonly redactedContent?: string
    }
  }
}
export interface StopEvent {
  readonly stopReason?: string
  readonly additionalModelResponseFields?: {
    readonly delta?: { readonly stop_sequence?: string | null } | null
    /** In an answer without streaming. */
    readonly stop_sequence?: string | null
  } | null
}
/**
 * What Converse answers without streaming.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export interface WholeAnswer extends StopEvent, MetadataEvent {
  readonly output?: { readonly message?: { readonly content?: readonly AnswerBlock[] } } | null
}
export interface AnswerBlock {
  readonly text?: string
  readonly citationsContent?: { readonly content?: readonly { readonly text?: string }[] }
  readonly toolUse?: AnsweredCall
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text?: string; readonly signature?: string }
    /** Base64. */
    readonly redactedContent?: string
  }
}
export interface WireUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
  readonly cacheDetails?: readonly { readonly ttl?: string; readonly inputTokens?: number }[] | null
}
export interface MetadataEvent {
  readonly usage?: WireUsage
}

// --- Reasoning state ---

/**
 * One reasoning block on its way through the client. Consecutive blocks become one thinking block,
 * whose signature lists these pieces: they say which part of the text each of Bedrock's signatures
 * covers, so that the blocks return exactly as they came. A signature is valid for its model only.
 */
export type ReasoningPiece =
  /** UTF-16 units of the thinking block's text, and the signature over them. */
  | { readonly text: number; readonly signature: string }
  /** Thoughts that the model does not show, base64. */
  | { readonly redacted: string }

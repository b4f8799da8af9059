/**
 * Gemini `generateContent`, as sent and as answered.
 * https://ai.google.dev/api/generate-content and its Vertex AI form,
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */

/** How an endpoint's `generateContent` differs from Google's own. Every field is a fact about a row. */
export interface GeminiQuirks {
  /**
   * Whether tools and answers may be described by JSON schemas (`parametersJsonSchema`,
   * `responseJsonSchema`); else by the older subset of OpenAPI 3.0 (`parameters`, `responseSchema`).
   */
  readonly jsonSchema: boolean
  /** Whether calls and results may carry an id. */
  readonly ids: boolean
}

export interface Blob {
  readonly mimeType: string
  readonly data: string
}

/** A part of a message that is sent. */
export type SentPart =
  | { readonly text: string; readonly thoughtSignature?: string }
  | { readonly inlineData: Blob }
  | { readonly fileData: { readonly fileUri: string; readonly mimeType?: string } }
  | {
      readonly functionCall: {
        readonly id?: string
        readonly name: string
        readonly args: Readonly<Record<string, unknown>>
      }
      readonly thoughtSignature?: string
    }
  | {
      readonly functionResponse: {
        readonly id?: string
        readonly name: string
        readonly response: { readonly output: string } | { readonly error: string }
        readonly parts?: readonly { readonly inlineData: Blob }[]
      }
    }

export interface Content {
  readonly role: 'user' | 'model'
  readonly parts: readonly SentPart[]
}

/** A value of an argument that comes in pieces, or a piece of it. */
export interface PartialArg {
  /** RFC 9535, such as `$.foo.bar[0].data`. */
  readonly jsonPath?: string
  readonly stringValue?: string
  readonly numberValue?: number
  readonly boolValue?: boolean
  readonly nullValue?: string | null
  readonly willContinue?: boolean
}

export interface FunctionCall {
  readonly id?: string
  readonly name?: string
  /** An object; some proxies send its JSON text. */
  readonly args?: unknown
  readonly partialArgs?: readonly PartialArg[]
  readonly willContinue?: boolean
}

/** A part of an answer. */
export interface Part {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
  readonly functionCall?: FunctionCall
  readonly inlineData?: Blob
  readonly executableCode?: { readonly language?: string; readonly code?: string }
  readonly codeExecutionResult?: { readonly outcome?: string; readonly output?: string }
}

export interface Grounding {
  readonly webSearchQueries?: readonly string[] | null
  readonly groundingChunks?: readonly {
    readonly web?: Source
    readonly retrievedContext?: Source
  }[]
}

export interface Source {
  readonly uri?: string
  readonly title?: string
}

export interface Candidate {
  readonly content?: { readonly parts?: readonly Part[] | null } | null
  readonly finishReason?: string
  /** Says more about the finish reason. */
  readonly finishMessage?: string
  readonly groundingMetadata?: Grounding
  readonly citationMetadata?: {
    readonly citationSources?: readonly Source[]
    /** Vertex's name. */
    readonly citations?: readonly Source[]
  }
}

export interface WireUsage {
  readonly promptTokenCount?: number
  readonly cachedContentTokenCount?: number
  readonly candidatesTokenCount?: number
  readonly thoughtsTokenCount?: number
  readonly toolUsePromptTokenCount?: number
  readonly totalTokenCount?: number
}

export interface Chunk {
  readonly candidates?: readonly Candidate[] | null
  readonly promptFeedback?: {
    readonly blockReason?: string
    readonly blockReasonMessage?: string
  } | null
  readonly usageMetadata?: WireUsage | null
  readonly error?: unknown
}

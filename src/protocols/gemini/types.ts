/**
 * The types of Gemini `generateContent`: what is sent and what is answered.
 * https://ai.google.dev/api/generate-content and its Vertex AI form,
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */

// --- Quirks ---

/** How an endpoint's `generateContent` differs from Google's. */
export interface GeminiQuirks {
  /**
   * Whether JSON schemas describe tools and answers (`parametersJsonSchema`, `responseJsonSchema`);
   * otherwise the older subset of OpenAPI 3.0 does (`parameters`, `responseSchema`).
   */
  readonly jsonSchema: boolean
  /** Whether calls and results may carry an id. */
  readonly ids: boolean
}

// --- Request ---

export interface Blob {
  readonly mimeType: string
  readonly data: string
}

/** A part of a sent message. */
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

// --- Response ---

/** A value of an argument that arrives in pieces, or a piece of it. */
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
  /** Explains the finish reason. */
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

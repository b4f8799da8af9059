import type { ClaudeHostName } from '../protocols/anthropic/hosts.ts'
import type { CostField } from '../pricing/reported-cost.ts'
import type { GeminiQuirks } from '../protocols/gemini/wire.ts'
import type { Quirks } from '../protocols/openai-chat/wire.ts'
import type { AuthName } from './auth/auth.ts'

/** A provider is data: format x endpoint x auth x quirks. */
export interface ProviderDefinition {
  readonly id: string
  /**
   * Hosts (with a port where it is not the scheme's own) whose endpoints are this provider's; `*`
   * stands for one or more parts of a name.
   */
  readonly hosts: readonly string[]
  /** Where its API is on these hosts, for endpoints that leave it out or give only its beginning: `/api/v1`. */
  readonly base?: string
  /** Endpoints on these hosts of another API, whose readers mean this one. */
  readonly otherPaths?: readonly string[]
  readonly format: ProtocolName
  readonly auth: AuthName
  /** How its Chat Completions differ; unused for other formats. */
  readonly chat: Quirks
  /** How its generateContent differs; absent for providers that have none of their own. */
  readonly gemini?: GeminiQuirks
  /**
   * Whose the Messages API of these hosts is: Anthropic's own, or (false) another maker's that only
   * resembles it and chokes on what is new. Absent: not known, so nothing but the model is changed.
   */
  readonly firstParty?: boolean
  /** Whose way of serving Claude by the Messages API this is, where it is neither of these. */
  readonly claude?: ClaudeHostName
  /** Models that this provider has another API for. The first that fits counts. */
  readonly others?: readonly ModelProtocol[]
  /** Where the usage of its answers says what they cost, in whichever API; absent: nowhere. */
  readonly costField?: CostField
  /** Other names that configs give this provider; case and punctuation do not matter. */
  readonly names?: readonly string[]
}

/** An API for some models of a provider, beside the one for all. */
export interface ModelProtocol {
  readonly models: RegExp
  readonly format: ProtocolName
  /** Taken where the URL of the config does not itself name an API: its path looks like this. */
  readonly path: RegExp
  /** Only at the provider's own hosts: what calls itself the same elsewhere may not have it. */
  readonly ownHost?: true
}

/** Wire formats; `anthropic` passes through. */
export type ProtocolName =
  'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini' | 'bedrock-converse'

/** What any server that calls itself OpenAI-compatible understands. */
export const COMPATIBLE: Quirks = {
  maxTokens: 'max_tokens',
  midSystem: 'user',
  streamOptions: true,
  jsonSchema: true,
}

/** What any server that speaks Gemini's generateContent understands, proxies included. */
export const GEMINI_COMPATIBLE: GeminiQuirks = { jsonSchema: false, ids: false }

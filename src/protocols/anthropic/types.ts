/** The types of the Messages API as ccr forwards it: requests, and events that may lack any field. */

import type { FinalUsage } from '../../messages/events.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { ClaudeHostName } from './hosts.ts'

// --- Quirks ---

/**
 * Whose Messages API a provider has: Anthropic's, an unknown one (a relay, a local server), that of
 * another vendor, or that of a host of Claude.
 */
export type Dialect = 'anthropic' | 'unknown' | 'compatible' | ClaudeHostName

// --- Request ---

/** What the client sent. */
export interface Original {
  /** The bytes as they came; absent once ccr has changed the request. */
  readonly bytes?: Uint8Array | undefined
  readonly request: MessagesRequest
  readonly headers: Readonly<Record<string, string>>
}

/** What is sent to an upstream that speaks the Messages API. */
export interface Forwarded {
  readonly body: string | Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly dropped: readonly string[]
}

// --- Response ---

/** An event of a Messages API as a server sends it; any field may be missing. */
export interface AnyEvent {
  readonly type: string
  readonly index?: number | undefined
  readonly message?: AnyMessage | null | undefined
  readonly content_block?: unknown
  readonly delta?: AnyDelta | null | undefined
  readonly usage?: Partial<FinalUsage> | null | undefined
  readonly error?: unknown
}

export interface AnyDelta {
  readonly type?: unknown
  readonly stop_reason?: unknown
  readonly stop_sequence?: unknown
}

export interface AnyMessage {
  readonly id?: unknown
  readonly model?: unknown
  readonly content?: unknown
  readonly usage?: Partial<FinalUsage> | null
  readonly stop_reason?: unknown
}

/** The form of a behaviour: one line of the conformance table, the same for every protocol. */
import type Anthropic from '@anthropic-ai/sdk'
import type { Row } from './row.ts'
import type { RequestBody, Seen, Harness } from './harness.ts'
import type { ModelAnswer } from './neutral-form.ts'

export interface Behaviour {
  readonly name: string
  /** The client's request; a plain question if absent. */
  readonly request?: RequestBody
  /** The model's answer; the text `fine` if absent. */
  readonly answer?: ModelAnswer
  /** The content that the client must get, as lines: `text: …`, `thinking: …`, `call NAME JSON`. */
  readonly content?: readonly string[]
  /** The stop reason that the client must get. */
  readonly stopReason?: string
  /** The conversation that must reach the model, as lines; see `transcript` in neutral-form.ts. */
  readonly conversation?: readonly string[]
  /** Further assertions about an exchange. */
  readonly check?: (exchange: Exchange, row: Row) => void
  /** Upstream silence before a ping is sent, ms; the default if absent. */
  readonly pingAfterMs?: number
  /** Replaces the fields above for a behaviour that needs more than one request and answer. */
  readonly run?: (harness: Harness) => Promise<void>
}

/** A request of the client with its answer, streamed or not. */
export interface Exchange {
  readonly message: Anthropic.Message
  readonly seen: Seen
  readonly streamed: boolean
  /** The names in the header `x-ccr-dropped`. */
  readonly dropped: readonly string[]
}

export const FINE: ModelAnswer = { pieces: [{ text: 'fine' }], finish: 'end' }

export const QUESTION: RequestBody = {
  max_tokens: 6000,
  messages: [{ role: 'user', content: 'hi' }],
}

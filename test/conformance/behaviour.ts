/** One line of the conformance table. */
import type Anthropic from '@anthropic-ai/sdk'
import type { Row } from './row.ts'
import type { Asked, Seen, Stage } from './stage.ts'
import type { Spoken } from './words.ts'

export interface Behaviour {
  readonly name: string
  /** What the client asks; a plain question if absent. */
  readonly asks?: Asked
  /** What the model says; `fine` if absent. */
  readonly says?: Spoken
  /** The answer that the client sees, as lines: `text: …`, `thinking: …`, `call NAME JSON`. */
  readonly shows?: readonly string[]
  /** The stop reason that the client sees. */
  readonly stops?: string
  /** The conversation that reaches the model, as lines; see `transcript` in words.ts. */
  readonly hears?: readonly string[]
  /** What else must hold of an exchange. */
  readonly check?: (exchange: Exchange, row: Row) => void
  /** Upstream silence before a ping goes out, ms; as usual if absent. */
  readonly pingAfterMs?: number
  /** A behaviour that one question and one answer cannot show. */
  readonly live?: (stage: Stage) => Promise<void>
}

/** A question with its answer, whichever of the client's ways it took. */
export interface Exchange {
  readonly message: Anthropic.Message
  readonly seen: Seen
  readonly streamed: boolean
  /** What `x-ccr-dropped` names. */
  readonly dropped: readonly string[]
}

export const FINE: Spoken = { pieces: [{ text: 'fine' }], finish: 'end' }

export const QUESTION: Asked = { max_tokens: 6000, messages: [{ role: 'user', content: 'hi' }] }

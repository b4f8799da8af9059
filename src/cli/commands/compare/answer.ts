/** What one model answered, read from its stream events (pure). */
import { asObject } from '../../../lib/json.ts'
import { inputOf, type Tokens, tokensOf } from '../../../pricing/cost.ts'
import type { FinalUsage } from '../../../messages/events.ts'
import type { ReceivedEvent } from '../../client/messages.ts'

/**
 * - `answered`: the answer is whole, or was ended by its token limit
 * - `refused`: the model declined to answer
 * - `failed`: an error, which `error` tells
 * - `timeout`: not over in time
 * - `interrupted`: the user ended it
 */
export type Outcome = 'answered' | 'refused' | 'failed' | 'timeout' | 'interrupted'

/** An answer as far as it has come. Times in ms since the request was sent. */
export interface Draft {
  readonly text: string
  /** Characters of reasoning that were sent before or between. */
  readonly thought: number
  readonly firstTokenMs: number | null
  /** What the start of the answer says: an estimate, for providers that count at the end. */
  readonly estimate: Tokens | null
  /** Null while, or where, the provider has not said. */
  readonly usage: Tokens | null
  readonly stopReason: string | null
}

export const EMPTY: Draft = {
  text: '',
  thought: 0,
  firstTokenMs: null,
  estimate: null,
  usage: null,
  stopReason: null,
}

/** An answer at its end. */
export interface Answer extends Draft {
  readonly outcome: Outcome
  /** Why there is no whole answer; null for one that is whole. */
  readonly error: string | null
  readonly totalMs: number
  /** `provider,model` that answered, as the session said; null when it said nothing. */
  readonly model: string | null
}

interface Delta {
  readonly text?: unknown
  readonly thinking?: unknown
  readonly stop_reason?: unknown
}

/** The draft after one more event that came `ms` after the request. */
export function withEvent(draft: Draft, event: ReceivedEvent, ms: number): Draft {
  const delta = asObject(event['delta']) as Delta
  switch (event.type) {
    case 'message_start': {
      const message = asObject(event['message'])
      const usage = asObject(message['usage']) as unknown as FinalUsage
      return { ...draft, estimate: tokensOf(usage) }
    }
    case 'content_block_delta': {
      const text = textOf(delta.text)
      const thinking = textOf(delta.thinking)
      if (text === '' && thinking === '') return draft
      return {
        ...draft,
        text: draft.text + text,
        thought: draft.thought + thinking.length,
        firstTokenMs: draft.firstTokenMs ?? ms,
      }
    }
    case 'message_delta':
      return {
        ...draft,
        stopReason: textOf(delta.stop_reason) || draft.stopReason,
        usage: reported(asObject(event['usage']), draft),
      }
    default:
      return draft
  }
}

/**
 * The final usage counts. Where it leaves the input out, that of the start was no estimate. One who
 * says nothing at the end but "0 tokens out" for an answer has not counted.
 */
function reported(usage: Readonly<Record<string, unknown>>, draft: Draft): Tokens | null {
  const tokens = tokensOf(usage as unknown as FinalUsage)
  if (typeof usage['input_tokens'] === 'number') return tokens
  if (tokens.output === 0 && draft.text !== '') return null
  return draft.estimate && { ...draft.estimate, output: tokens.output }
}

/** All that went in and came out, as people read it; null where nobody counted. */
export function inAndOut(usage: Tokens | null): { in: number; out: number } | null {
  return usage && { in: inputOf(usage), out: usage.output }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

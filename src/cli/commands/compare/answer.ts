/** Builds the answer of a model from its stream events (pure). */
import { asObject } from '../../../lib/json.ts'
import { inputOf, type Tokens, tokensOf } from '../../../pricing/cost.ts'
import type { FinalUsage } from '../../../messages/events.ts'
import type { ReceivedEvent } from '../../client/messages.ts'

/**
 * - `answered`: the answer is complete, or was ended by its token limit
 * - `refused`: the model declined to answer
 * - `failed`: an error, described by `error`
 * - `timeout`: not finished in time
 * - `interrupted`: ended by the user
 */
export type Outcome = 'answered' | 'refused' | 'failed' | 'timeout' | 'interrupted'

/** An answer so far. Times are in ms since the request was sent. */
export interface Draft {
  readonly text: string
  /** Number of characters of reasoning. */
  readonly thought: number
  readonly firstTokenMs: number | null
  /** The usage at the start of the answer; an estimate for providers that count at the end. */
  readonly estimate: Tokens | null
  /** Null if the provider has not reported it (yet). */
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

/** A finished answer. */
export interface Answer extends Draft {
  readonly outcome: Outcome
  /** Why the answer is not complete; null if it is. */
  readonly error: string | null
  readonly totalMs: number
  /** `provider,model` that answered, as reported by the session; null if unknown. */
  readonly model: string | null
}

interface Delta {
  readonly text?: unknown
  readonly thinking?: unknown
  readonly stop_reason?: unknown
}

/** The draft after one more event, received `ms` after the request. */
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
 * The usage that counts: the final one, if it includes the input. Otherwise the usage at the start was
 * not an estimate. A provider that reports 0 output tokens for an answer with text has not counted.
 */
function reported(usage: Readonly<Record<string, unknown>>, draft: Draft): Tokens | null {
  const tokens = tokensOf(usage as unknown as FinalUsage)
  if (typeof usage['input_tokens'] === 'number') return tokens
  if (tokens.output === 0 && draft.text !== '') return null
  return draft.estimate && { ...draft.estimate, output: tokens.output }
}

/** The total input and output tokens; null if they were not counted. */
export function inAndOut(usage: Tokens | null): { in: number; out: number } | null {
  return usage && { in: inputOf(usage), out: usage.output }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Collects stream events into a whole answer, for clients that do not stream. */

import { isTextTooDeep } from '../lib/depth.ts'
import { GatewayError } from './error.ts'
import type { StartedBlock, StartedMessage, StopReason, StreamEvent, Usage } from './events.ts'

/** A whole answer, for a request with `stream: false`. */
export interface CollectedMessage extends Omit<
  StartedMessage,
  'content' | 'stop_reason' | 'stop_sequence' | 'usage'
> {
  readonly content: readonly CollectedBlock[]
  readonly stop_reason: StopReason
  readonly stop_sequence: string | null
  readonly usage: Usage
}

export type CollectedBlock =
  | Exclude<StartedBlock, { type: 'text' | 'thinking' | 'tool_use' | 'server_tool_use' }>
  | (Omit<Extract<StartedBlock, { type: 'server_tool_use' }>, 'input'> & {
      readonly input: unknown
    })
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | {
      readonly type: 'tool_use'
      readonly id: string
      readonly name: string
      readonly input: unknown
    }

interface Gathered {
  text: string
  signature: string
}

/** Longest answer that is collected, in UTF-16 units: one without an end may not fill the memory. */
const ANSWER_LIMIT = 64 * 1024 * 1024

interface State {
  message?: StartedMessage
  end?: Extract<StreamEvent, { type: 'message_delta' }>
  open?: { readonly start: CollectedBlock; readonly gathered: Gathered }
  readonly content: CollectedBlock[]
  /** UTF-16 units so far. */
  size: number
}

/**
 * The message that a legal event sequence describes.
 * @throws GatewayError `api_error` if the sequence has no start or no end, or is too long.
 */
export async function collect(
  batches: AsyncIterable<readonly StreamEvent[]>,
): Promise<CollectedMessage> {
  const state: State = { content: [], size: 0 }
  for await (const batch of batches) {
    for (const event of batch) step(state, event)
  }
  const { message, end, content } = state
  if (!message || !end) throw new GatewayError('api_error', 'The upstream answered with nothing.')
  return { ...message, content, ...end.delta, usage: { ...message.usage, ...end.usage } }
}

function step(state: State, event: StreamEvent): void {
  switch (event.type) {
    case 'message_start':
      state.message = event.message
      return
    case 'content_block_start':
      state.open = { start: event.content_block, gathered: { text: '', signature: '' } }
      return
    case 'content_block_delta':
      if (state.open) state.size += gather(state.open.gathered, event.delta)
      if (state.size > ANSWER_LIMIT) throw tooLong()
      return
    case 'content_block_stop':
      if (state.open) state.content.push(closed(state.open.start, state.open.gathered))
      delete state.open
      return
    case 'message_delta':
      state.end = event
      return
    default:
  }
}

type Delta = Extract<StreamEvent, { type: 'content_block_delta' }>['delta']

/** @returns how much longer the answer is now, in UTF-16 units. */
function gather(into: Gathered, delta: Delta): number {
  const more = contentOf(delta)
  if (delta.type === 'signature_delta') into.signature += more
  else into.text += more
  return more.length
}

function contentOf(delta: Delta): string {
  switch (delta.type) {
    case 'text_delta':
      return delta.text
    case 'thinking_delta':
      return delta.thinking
    case 'input_json_delta':
      return delta.partial_json
    case 'signature_delta':
      return delta.signature
    default: // of an upstream whose events pass through
      return ''
  }
}

function tooLong(): GatewayError {
  return new GatewayError('api_error', 'The upstream sent a longer answer than ccr collects.', {
    status: 502,
  })
}

function closed(start: CollectedBlock, { text, signature }: Gathered): CollectedBlock {
  switch (start.type) {
    case 'text':
      return { type: 'text', text }
    case 'thinking':
      return { type: 'thinking', thinking: text, signature }
    case 'tool_use':
    case 'server_tool_use':
      return { ...start, input: toolInput(text) }
    default:
      return start
  }
}

/** A tool's arguments; unreadable ones stay the string that they are (the client copes with it). */
function toolInput(text: string): unknown {
  if (text === '') return {}
  if (isTextTooDeep(text)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

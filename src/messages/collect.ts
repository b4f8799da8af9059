import { GatewayError } from './error.ts'
import type { StartedMessage, StopReason, StreamEvent, Usage } from './events.ts'

/** A whole answer, for a client that asked for `stream: false`. */
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

interface State {
  message?: StartedMessage
  end?: Extract<StreamEvent, { type: 'message_delta' }>
  open?: { readonly start: CollectedBlock; readonly gathered: Gathered }
  readonly content: CollectedBlock[]
}

/**
 * The message that a legal event sequence describes.
 * @throws GatewayError `api_error` if the sequence has no start or no end.
 */
export async function collect(
  batches: AsyncIterable<readonly StreamEvent[]>,
): Promise<CollectedMessage> {
  const state: State = { content: [] }
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
      if (state.open) gather(state.open.gathered, event.delta)
      return
    case 'content_block_stop':
      if (state.open) state.content.push(closed(state.open.start, state.open.gathered))
      return
    case 'message_delta':
      state.end = event
      return
    default:
  }
}

type Delta = Extract<StreamEvent, { type: 'content_block_delta' }>['delta']

function gather(into: Gathered, delta: Delta): void {
  switch (delta.type) {
    case 'text_delta':
      into.text += delta.text
      return
    case 'thinking_delta':
      into.text += delta.thinking
      return
    case 'input_json_delta':
      into.text += delta.partial_json
      return
    case 'signature_delta':
      into.signature += delta.signature
      return
  }
}

function closed(start: CollectedBlock, { text, signature }: Gathered): CollectedBlock {
  switch (start.type) {
    case 'text':
      return { type: 'text', text }
    case 'thinking':
      return { type: 'thinking', thinking: text, signature }
    case 'tool_use':
      return { ...start, input: toolInput(text) }
  }
}

/** A tool's arguments; unreadable ones stay the string that they are (the client copes with it). */
function toolInput(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

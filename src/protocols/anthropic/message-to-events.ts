import { serialize, type StreamEvent } from '../../messages/events.ts'
import { type Block, isContent } from '../../messages/request.ts'

/**
 * A whole answer as the event stream that was asked for: some servers that speak the Messages API
 * ignore `stream: true`. Undefined for what is no message. Blocks of any type go whole into their
 * start, except that of those which the client reads from deltas.
 */
export function messageToEvents(document: unknown): string | undefined {
  if (!isMessage(document)) return undefined
  const { content, stop_reason, stop_sequence = null, usage, ...rest } = document
  const started = { ...rest, content: [], stop_reason: null, stop_sequence: null, usage }
  const events = [
    { type: 'message_start', message: started },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: { ...block, ...EMPTY[block.type] } },
      ...deltasOf(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ]
  return serialize(events as unknown as readonly StreamEvent[])
}

interface Message {
  readonly content: readonly Block[]
  readonly stop_reason?: unknown
  readonly stop_sequence?: unknown
  readonly usage?: unknown
}

function isMessage(document: unknown): document is Message {
  const { type, content } = (document ?? {}) as { type?: unknown; content?: unknown }
  return type === 'message' && isContent(content) && typeof content !== 'string'
}

/** What stands in the start of a block whose content comes in deltas. */
const EMPTY: Readonly<Record<string, object | undefined>> = {
  text: { text: '' },
  thinking: { thinking: '', signature: '' },
  tool_use: { input: {} },
  server_tool_use: { input: {} },
}

function deltasOf(block: Block): readonly object[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text_delta', text: block['text'] }]
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block['thinking'] },
        { type: 'signature_delta', signature: block['signature'] ?? '' },
      ]
    case 'tool_use':
    case 'server_tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) }]
    default:
      return []
  }
}

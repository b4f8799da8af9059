/** Ways to look at a stream of ours: its batches, and what the official SDK makes of it. */
import type Anthropic from '@anthropic-ai/sdk'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { sseFrames } from '../../src/framing/sse.ts'
import { decoder } from '../../src/protocols/openai-chat/response.ts'
import type { Protocol } from '../../src/protocols/protocol.ts'
import { decode } from '../../src/gateway/attempt/stream-decoder.ts'
import { type Frame, serialize, type StreamEvent } from '../../src/messages/events.ts'
import { Writer, type WriterParts } from '../../src/messages/writer.ts'

export const TARGET = { provider: 'p', model: 'm' }

/** A writer whose ids are predictable: toolu_1, toolu_2, … */
export function testWriter(parts: Partial<WriterParts> = {}): Writer {
  let count = 0
  return new Writer({
    model: 'p,m',
    messageId: 'msg_1',
    newToolId: () => `toolu_${String((count += 1))}`,
    takenToolIds: [],
    inputEstimate: 7,
    ...parts,
  })
}

/** Bytes as an upstream's body, one read each. */
export async function* reads(
  ...chunks: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve()
    yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
  }
}

/** Chat Completions chunks as a server sends them. */
export function chatBytes(...chunks: readonly unknown[]): string {
  return chunks
    .map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
    .join('')
}

/** What ccr makes of a Chat Completions body. */
export function chatEvents(
  body: AsyncIterable<Uint8Array>,
  parts: Partial<WriterParts> = {},
): Promise<readonly StreamEvent[]> {
  return decodedEvents(decoder, sseFrames(body), parts)
}

/** What a format's decoder makes of frames. */
const GRACE = { marked: 10, unmarked: 10, empty: 10 }

export async function decodedEvents(
  format: Protocol['decoder'],
  frames: AsyncGenerator<readonly Frame[]>,
  parts: Partial<WriterParts> = {},
): Promise<readonly StreamEvent[]> {
  const writer = testWriter(parts)
  const events: StreamEvent[] = []
  for await (const batch of decode(frames, format(writer, TARGET), writer, GRACE)) {
    events.push(...batch)
  }
  return events
}

/** The message that the official SDK reads from our events; it rejects what is not legal. */
export async function sdkMessage(events: readonly StreamEvent[]): Promise<Anthropic.Message> {
  requireLegal(events)
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(lines))
      controller.close()
    },
  })
  return MessageStream.fromReadableStream(stream).finalMessage()
}

/** What the SDK forgives and a strict client does not: order, one open block, indices in sequence. */
export function requireLegal(events: readonly StreamEvent[]): void {
  let open: number | undefined
  let next = 0
  const seen: string[] = []
  for (const event of events) {
    if (event.type === 'content_block_start') {
      if (open !== undefined || event.index !== next)
        throw new Error(`illegal start: ${serialize([event])}`)
      open = event.index
    }
    if (event.type === 'content_block_delta' && event.index !== open) {
      throw new Error(`delta outside its block: ${serialize([event])}`)
    }
    if (event.type === 'content_block_stop') {
      if (event.index !== open) throw new Error(`illegal stop: ${serialize([event])}`)
      open = undefined
      next += 1
    }
    seen.push(event.type)
  }
  const once = (type: string): boolean => seen.filter((t) => t === type).length === 1
  if (
    seen[0] !== 'message_start' ||
    seen.at(-1) !== 'message_stop' ||
    seen.at(-2) !== 'message_delta'
  ) {
    throw new Error(`illegal order: ${seen.join(' ')}`)
  }
  if (
    !once('message_start') ||
    !once('message_delta') ||
    !once('message_stop') ||
    open !== undefined
  ) {
    throw new Error(`not once each: ${seen.join(' ')}`)
  }
}

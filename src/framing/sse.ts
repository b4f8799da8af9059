import { createParser } from 'eventsource-parser'
import type { Frame } from '../messages/frame.ts'
import { GatewayError } from '../messages/error.ts'

/** Longest event that is held while it is incomplete, in UTF-16 units. */
const EVENT_LIMIT = 64 * 1024 * 1024

/**
 * The frames of a server-sent event stream, one batch for each network read that completes any.
 * A last event without its blank line counts too.
 */
export async function* sseFrames(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[]> {
  let batch: Frame[] = []
  const text = new TextDecoder()
  const parser = createParser({
    maxBufferSize: EVENT_LIMIT,
    onEvent: ({ event, data }) => batch.push({ event: event ?? '', data }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw tooLong(error)
    },
  })
  const read = (chunk: string): readonly Frame[] => {
    parser.feed(chunk)
    const frames = batch
    batch = []
    return frames
  }
  for await (const chunk of bytes) {
    const frames = read(text.decode(chunk, { stream: true }))
    if (frames.length > 0) yield frames
  }
  const last = read(`${text.decode()}\n\n`)
  if (last.length > 0) yield last
}

function tooLong(cause: unknown): GatewayError {
  return new GatewayError('api_error', 'The upstream sent an event without an end.', {
    status: 502,
    cause,
  })
}

import { Readable } from 'node:stream'
import { sseFrames } from '../../framing/sse.ts'
import { collect } from '../../messages/collect.ts'
import { GatewayError } from '../../messages/error.ts'
import type { StreamEvent } from '../../messages/events.ts'
import { upstreamError } from '../../messages/upstream-error.ts'

/**
 * The document that an event stream of the Messages API describes, as JSON.
 * @throws GatewayError for an error among the events, or an event that is no JSON.
 */
export async function collectedFrom(stream: Uint8Array, provider: string): Promise<string> {
  return JSON.stringify(await collect(eventsIn(stream, provider)))
}

async function* eventsIn(
  stream: Uint8Array,
  provider: string,
): AsyncGenerator<readonly StreamEvent[]> {
  for await (const frames of sseFrames(Readable.from([stream]))) {
    yield frames.map(({ data }) => {
      const event = eventOf(data)
      if (event.type === 'error') throw upstreamError(event, provider)
      return event
    })
  }
}

function eventOf(data: string): StreamEvent {
  try {
    return (JSON.parse(data) ?? {}) as StreamEvent
  } catch (cause) {
    const text = 'The upstream sent an event that is not JSON.'
    throw new GatewayError('api_error', text, { status: 502, cause })
  }
}

import type { Decoder } from '../formats/format.ts'
import { within } from '../lib/within.ts'
import type { StreamEvent } from '../messages/events.ts'
import type { Frame } from '../messages/frame.ts'
import type { Writer } from '../messages/writer.ts'

/** How long an upstream may hold its socket open after the finish reason; usage follows within it. */
const GRACE_MS = 2_000

/**
 * The events of an upstream's frames, one batch for each read that makes any due.
 * @throws GatewayError if the upstream fails or its answer is not whole.
 */
export async function* decode(
  frames: AsyncGenerator<readonly Frame[]>,
  decoder: Decoder,
  writer: Writer,
  graceMs = GRACE_MS,
): AsyncGenerator<readonly StreamEvent[]> {
  try {
    while (!decoder.isDone()) {
      const read = frames.next()
      const step = writer.stopped ? await within(read, graceMs) : await read
      if (step === undefined || step.done === true) break
      for (const frame of step.value) decoder.push(frame)
      const events = writer.take()
      if (events.length > 0) yield events
    }
    decoder.end()
    yield writer.take()
  } finally {
    // Not awaited: a read may be pending that only the end of the upstream's body resolves.
    void frames.return(undefined).catch(() => undefined)
  }
}

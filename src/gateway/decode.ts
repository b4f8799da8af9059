import { isTextTooDeep } from '../lib/depth.ts'
import { tooDeep } from '../messages/error.ts'
import type { Decoder } from '../formats/format.ts'
import { within } from '../lib/within.ts'
import type { StreamEvent } from '../messages/events.ts'
import type { Frame } from '../messages/frame.ts'
import type { Writer } from '../messages/writer.ts'

/** How long an upstream may hold its socket open after the finish reason, ms. */
export interface Grace {
  /** Once its usage came too, so that nothing is left to be said. */
  readonly told: number
  /**
   * While no usage came, or nothing at all was said: proxies mark the empty chunks of a model that
   * still thinks with a finish reason, and some servers send the last words behind theirs.
   */
  readonly open: number
}

const GRACE: Grace = { told: 2_000, open: 20_000 }

/** No frame of so many characters nests so deeply that the stack would overflow. */
const HARMLESS = 4096

/**
 * The events of an upstream's frames, one batch for each read that makes any due.
 * @throws GatewayError if the upstream fails or its answer is not whole.
 */
export async function* decode(
  frames: AsyncGenerator<readonly Frame[]>,
  decoder: Decoder,
  writer: Writer,
  grace = GRACE,
): AsyncGenerator<readonly StreamEvent[]> {
  try {
    while (!decoder.isDone()) {
      const read = frames.next()
      const step = writer.stopped ? await within(read, graceFor(writer, grace)) : await read
      if (step === undefined || step.done === true) break
      for (const frame of step.value) decoder.push(shallow(frame))
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

function graceFor(writer: Writer, { told, open }: Grace): number {
  return writer.reported !== undefined && writer.hasContent() ? told : open
}

/** The frame. @throws GatewayError for JSON that is nested too deeply. */
function shallow(frame: Frame): Frame {
  if (frame.data.length > HARMLESS && isTextTooDeep(frame.data)) throw tooDeep()
  return frame
}

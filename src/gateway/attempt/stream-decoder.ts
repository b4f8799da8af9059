import { isTextTooDeep } from '../../lib/depth.ts'
import { tooDeep } from '../../messages/error.ts'
import type { Decoder } from '../../protocols/protocol.ts'
import { BrokenFrame } from '../../framing/aws-event-stream.ts'
import { within } from '../../lib/within.ts'
import type { StreamEvent } from '../../messages/events.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'

/** How long an upstream may be silent behind the finish reason, its stream still open, ms. */
export interface Grace {
  /** In formats whose streams end with a mark of their own, as Chat Completions do with `[DONE]`. */
  readonly marked: number
  /** In formats whose streams end with their connection. */
  readonly unmarked: number
  /** While nothing was said: proxies mark the empty chunks of a model that still thinks with a finish reason. */
  readonly unsaid: number
  /** Hears that it was silent for as long, after it had said something. */
  readonly onSilence?: () => void
}

/**
 * Some servers send the last words long after the finish reason, and some never end their streams.
 * See docs/decisions/0018-end-of-an-answer.md.
 */
export const GRACE: Grace = { marked: 60_000, unmarked: 20_000, unsaid: 20_000 }
/** For targets whose streams were left open behind the end: see OpenStreams. */
export const SHORT_GRACE: Grace = { marked: 2_000, unmarked: 2_000, unsaid: 20_000 }

/** No frame of so many characters nests so deeply that the stack would overflow. */
const HARMLESS = 4096

/**
 * The events of an upstream's frames, one batch for each read that makes any due. Behind the finish
 * reason the stream is read until it ends, or was silent for too long.
 * @throws GatewayError if the upstream fails or its answer is not whole.
 */
export async function* decode(
  frames: AsyncGenerator<readonly Frame[]>,
  decoder: Decoder,
  writer: Writer,
  grace: Grace = GRACE,
): AsyncGenerator<readonly StreamEvent[]> {
  let until = 0
  try {
    while (!decoder.isDone()) {
      const read = frames.next()
      const step = writer.stopped ? await lateStep(read, writer, { grace, until }) : await read
      if (step === undefined || step.done === true) break
      for (const frame of step.value) decoder.push(shallow(frame))
      const events = writer.take()
      // Only what says something prolongs it: servers keep streams open with empty frames too.
      if (events.length > 0 || until === 0) until = deadline(decoder, writer, grace)
      if (events.length > 0) yield events
    }
    decoder.end()
    yield writer.take()
  } finally {
    // Not awaited: a read may be pending that only the end of the upstream's body resolves.
    void frames.return(undefined).catch(() => undefined)
  }
}

type Step = IteratorResult<readonly Frame[]>

/**
 * A read behind the finish reason; undefined where nothing more comes: the answer is whole, also if its
 * connection breaks, but not if what came of it is damaged.
 */
async function lateStep(
  read: Promise<Step>,
  writer: Writer,
  { grace, until }: { readonly grace: Grace; readonly until: number },
): Promise<Step | undefined> {
  try {
    const step = await within(read, Math.max(0, until - performance.now()))
    if (step === undefined) grace.onSilence?.()
    return step
  } catch (thrown) {
    if (writer.hasContent() && !(thrown instanceof BrokenFrame)) return undefined
    throw thrown
  }
}

/** By `performance.now()`; 0 as long as there is no finish reason. */
function deadline(decoder: Decoder, writer: Writer, grace: Grace): number {
  if (!writer.stopped) return 0
  const { marked, unmarked, unsaid } = grace
  const ms = decoder.endsWithMark === true ? marked : unmarked
  return performance.now() + (writer.hasContent() ? ms : unsaid)
}

/** The frame. @throws GatewayError for JSON that is nested too deeply. */
function shallow(frame: Frame): Frame {
  if (frame.data.length > HARMLESS && isTextTooDeep(frame.data)) throw tooDeep()
  return frame
}

/**
 * Targets whose servers leave a stream open behind the end of an answer. Waiting for words that may
 * still come would hold each of their answers back, so it is done once an hour.
 */
interface OpenStreams {
  /** @param target `provider,model` */
  learn(target: string): void
  has(target: string): boolean
}

const LASTS_MS = 3_600_000
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500

/** @param now ms, from any fixed moment. */
export function createOpenStreams(now: () => number): OpenStreams {
  const seen = new Map<string, number>()
  return {
    learn(target) {
      seen.delete(target)
      seen.set(target, now())
      const [oldest] = seen.keys()
      if (seen.size > MOST_TARGETS && oldest !== undefined) seen.delete(oldest)
    },
    has(target) {
      const at = seen.get(target)
      return at !== undefined && Math.abs(now() - at) < LASTS_MS
    },
  }
}

/** Decodes an upstream's frames into events, up to the end of the answer. */
import { isTextTooDeep } from '../../lib/depth.ts'
import { tooDeep } from '../../messages/error.ts'
import type { Decoder } from '../../protocols/protocol.ts'
import { BrokenFrame } from '../../framing/aws-event-stream.ts'
import { within } from '../../lib/within.ts'
import type { Frame, StreamEvent } from '../../messages/events.ts'
import type { Writer } from '../../messages/writer.ts'

/** How long an upstream may be silent behind the finish reason, its stream still open, ms. */
export interface Grace {
  /** In protocols whose streams end with a mark, as Chat Completions do with `[DONE]`. */
  readonly marked: number
  /** In protocols whose streams end with their connection. */
  readonly unmarked: number
  /**
   * While the answer is empty: proxies mark the empty chunks of a model that still thinks with a
   * finish reason.
   */
  readonly empty: number
  /** Called when it was silent for as long, behind an answer that is not empty. */
  readonly onSilence?: () => void
}

/**
 * Some servers send the last words long after the finish reason, and some never end their streams.
 * See docs/decisions/0018-end-of-an-answer.md.
 */
export const GRACE: Grace = { marked: 60_000, unmarked: 20_000, empty: 20_000 }
/** For targets that left a stream open behind the end of an answer. */
export const SHORT_GRACE: Grace = { marked: 2_000, unmarked: 2_000, empty: 20_000 }

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
      // Only frames that give events prolong it: servers keep streams open with empty ones too.
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
  const { marked, unmarked, empty } = grace
  const ms = decoder.endsWithMark === true ? marked : unmarked
  return performance.now() + (writer.hasContent() ? ms : empty)
}

/** The frame. @throws GatewayError for JSON that is nested too deeply. */
function shallow(frame: Frame): Frame {
  if (frame.data.length > HARMLESS && isTextTooDeep(frame.data)) throw tooDeep()
  return frame
}

/** How long each target is waited for behind the end of an answer. */
export interface GracePeriods {
  /** @param target `provider,model` */
  of(target: string): Grace
}

/** A target that left a stream open is waited for briefly for so long, ms. */
const SHORT_FOR_MS = 3_600_000
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500

/**
 * Some servers leave each stream open behind the end of an answer. Waiting for words that may still
 * come would hold back all of their answers, so the long wait is done once an hour.
 * @param now ms, from any fixed moment.
 */
export function createGracePeriods(now: () => number): GracePeriods {
  /** When a target last left a stream open. */
  const openAt = new Map<string, number>()
  const remember = (target: string): void => {
    openAt.delete(target)
    openAt.set(target, now())
    const [oldest] = openAt.keys()
    if (openAt.size > MOST_TARGETS && oldest !== undefined) openAt.delete(oldest)
  }
  return {
    of(target) {
      const at = openAt.get(target)
      const isShort = at !== undefined && Math.abs(now() - at) < SHORT_FOR_MS
      return { ...(isShort ? SHORT_GRACE : GRACE), onSilence: () => remember(target) }
    },
  }
}

/** What a reader of frames is, and how it is driven by the reads of a body. */
import type { Frame } from '../messages/events.ts'

/** Reads the frames of an answer out of its bytes, read by read. */
export interface FrameReader {
  /** The frames that these bytes complete. */
  read(bytes: Uint8Array): readonly Frame[]
  /** The frames that the end of the bytes completes. */
  end(): readonly Frame[]
}

/** The frames of all bytes, one batch for each read that completes any. */
export async function* framesBy(
  reader: FrameReader,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[]> {
  for await (const chunk of bytes) {
    const frames = reader.read(chunk)
    if (frames.length > 0) yield frames
  }
  const last = reader.end()
  if (last.length > 0) yield last
}

/** Chooses how an answer is framed, by its first byte. */
import type { Frame } from '../messages/events.ts'
import { awsEventReader } from './aws-event-stream.ts'
import { type FrameReader, framesBy } from './reader.ts'
import { sseReader } from './sse.ts'

/**
 * The frames of an answer, whatever its content type says: servers and proxies name types as they
 * like. Messages of AWS begin with a length whose first byte is 0, which begins no text.
 * @param webPage the error for a body that is a web page.
 */
export function framesIn(
  bytes: AsyncIterable<Uint8Array>,
  webPage: () => Error,
): AsyncGenerator<readonly Frame[]> {
  let reader: FrameReader | undefined
  return framesBy(
    {
      read(chunk) {
        if (chunk.length === 0) return []
        reader ??= chunk[0] === 0 ? awsEventReader() : sseReader(webPage)
        return reader.read(chunk)
      },
      end: () => reader?.end() ?? [],
    },
    bytes,
  )
}

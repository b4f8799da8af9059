import type { Frame } from '../messages/frame.ts'
import { GatewayError } from '../messages/error.ts'

/** Longest answer that is read whole, in UTF-16 units. */
const BODY_LIMIT = 64 * 1024 * 1024

/** The one frame of an answer that is a JSON document: some providers ignore `stream: true`. */
export async function* jsonFrames(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[]> {
  const text = new TextDecoder()
  let data = ''
  for await (const chunk of bytes) {
    data += text.decode(chunk, { stream: true })
    if (data.length > BODY_LIMIT) {
      throw new GatewayError('api_error', 'The upstream sent a longer answer than ccr reads.', {
        status: 502,
      })
    }
  }
  yield [{ event: '', data: data + text.decode() }]
}

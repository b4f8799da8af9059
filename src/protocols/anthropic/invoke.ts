import { GatewayError } from '../../messages/error.ts'
import { upstreamError } from '../../messages/upstream-error.ts'
import type { Frame } from '../../messages/frame.ts'

/**
 * The answer of Bedrock's InvokeModelWithResponseStream for Claude: events of the Messages API, each
 * as `{bytes: base64}` in an event of AWS; as a server-sent event stream.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 * @throws GatewayError for an exception in the stream, or an event that cannot be read.
 */
export async function* sseOfInvoke(
  batches: AsyncIterable<readonly Frame[]>,
  provider: string,
): AsyncGenerator<Uint8Array> {
  for await (const frames of batches) {
    let text = ''
    for (const frame of frames) text += eventOf(frame, provider)
    if (text !== '') yield Buffer.from(text)
  }
}

function eventOf({ event, data }: Frame, provider: string): string {
  if (event === 'exception') throw upstreamError(parsed(data), provider)
  const { bytes } = parsed(data) as { bytes?: unknown }
  if (typeof bytes !== 'string') return ''
  const json = Buffer.from(bytes, 'base64').toString()
  const { type } = parsed(json) as { type?: unknown }
  return typeof type === 'string' ? `event: ${type}\ndata: ${json}\n\n` : ''
}

function parsed(text: string): object {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch (cause) {
    throw new GatewayError('api_error', 'The upstream sent an event that is not JSON.', {
      status: 502,
      cause,
    })
  }
}

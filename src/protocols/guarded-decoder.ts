import { asGatewayError, GatewayError } from '../messages/error.ts'
import type { Decoder, Protocol } from './protocol.ts'

/**
 * A format whose decoders fail with a GatewayError whatever an upstream sends: wires are read
 * without schemas, so a field of another type than documented shows itself only where it is used.
 */
export function guardedProtocol(format: Protocol): Protocol {
  return {
    encode: (request, target) => format.encode(request, target),
    decoder: (writer, target) => guardedDecoder(format.decoder(writer, target), target.provider),
  }
}

function guardedDecoder(decoder: Decoder, provider: string): Decoder {
  const guard = (read: () => void): void => {
    try {
      read()
    } catch (thrown) {
      throw thrown instanceof TypeError ? unreadable(provider, thrown) : asGatewayError(thrown)
    }
  }
  return {
    endsWithMark: decoder.endsWithMark === true,
    isDone: () => decoder.isDone(),
    push: (frame) => guard(() => decoder.push(frame)),
    end: () => guard(() => decoder.end()),
  }
}

function unreadable(provider: string, cause: unknown): GatewayError {
  const text = `${provider} sent an event of a shape that ccr does not know.`
  return new GatewayError('api_error', text, { status: 502, cause })
}

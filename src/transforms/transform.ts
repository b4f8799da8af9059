import type { Encoded, Protocol, Target } from '../protocols/protocol.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'

/**
 * What a named transformer of a config is: a format around a format. It may change the request
 * before it is encoded, the body afterwards, or what the decoder says to the writer.
 */
export type Transform = (format: Protocol) => Protocol

export type Options = Readonly<Record<string, unknown>>
export type Body = Readonly<Record<string, unknown>>

export function onRequest(change: (request: MessagesRequest) => MessagesRequest): Transform {
  return (format) => ({
    encode: (request, target) => format.encode(change(request), target),
    decoder: (writer, target) => format.decoder(writer, target),
  })
}

export function onBody(change: (body: Body, request: MessagesRequest) => Body): Transform {
  return (format) => ({
    encode(request, target): Encoded {
      const { body, dropped } = format.encode(request, target)
      return { body: change(body as Body, request), dropped }
    },
    decoder: (writer, target) => format.decoder(writer, target),
  })
}

export function onResponse(change: (writer: Writer, target: Target) => Writer): Transform {
  return (format) => ({
    encode: (request, target) => format.encode(request, target),
    decoder: (writer, target) => format.decoder(change(writer, target), target),
  })
}

/** Both changes, the first nearer to the format. */
export function both(first: Transform, second: Transform): Transform {
  return (format) => second(first(format))
}

export const unchanged: Transform = (format) => format

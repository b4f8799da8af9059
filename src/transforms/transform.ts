/** What built-in transformers are made of: wrappers for requests, bodies and writers. */
import type { Encoded, Protocol, Target } from '../protocols/protocol.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'

/**
 * A built-in transformer: it wraps a protocol in another one, which may change the request before it
 * is encoded, the encoded body, or what the decoder writes.
 */
export type Transform = (protocol: Protocol) => Protocol

export type TransformOptions = Readonly<Record<string, unknown>>
export type Body = Readonly<Record<string, unknown>>

export function onRequest(change: (request: MessagesRequest) => MessagesRequest): Transform {
  return (protocol) => ({
    encode: (request, target) => protocol.encode(change(request), target),
    decoder: (writer, target, limit) => protocol.decoder(writer, target, limit),
  })
}

export function onBody(change: (body: Body, request: MessagesRequest) => Body): Transform {
  return (protocol) => ({
    encode(request, target): Encoded {
      const { body, dropped } = protocol.encode(request, target)
      return { body: change(body as Body, request), dropped }
    },
    decoder: (writer, target, limit) => protocol.decoder(writer, target, limit),
  })
}

export function onResponse(change: (writer: Writer, target: Target) => Writer): Transform {
  return (protocol) => ({
    encode: (request, target) => protocol.encode(request, target),
    decoder: (writer, target, limit) => protocol.decoder(change(writer, target), target, limit),
  })
}

/** Both transforms, the first one nearer to the protocol. */
export function chained(first: Transform, second: Transform): Transform {
  return (protocol) => second(first(protocol))
}

export const unchanged: Transform = (protocol) => protocol

/** The methods of a writer that decoders call. */
type WriterMethods = Pick<
  Writer,
  'text' | 'thinking' | 'tool' | 'toolIsWhole' | 'stop' | 'finish' | 'hasContent'
>

/**
 * The writer with some of its methods replaced. All other members are those of the writer itself.
 */
export function overrideWriter(writer: Writer, changes: Partial<WriterMethods>): Writer {
  return new Proxy(writer, {
    get(inner, name) {
      if (name in changes) return Reflect.get(changes, name) as unknown
      const member: unknown = Reflect.get(inner, name, inner)
      return typeof member === 'function' ? (member.bind(inner) as unknown) : member
    },
  })
}

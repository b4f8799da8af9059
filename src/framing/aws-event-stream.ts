/**
 * The binary event stream of AWS (`application/vnd.amazon.eventstream`). A message is
 * `total length u32 | headers length u32 | crc of these u32 | headers | payload | crc of all u32`,
 * big-endian. https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html
 */
import zlib from 'node:zlib' // not its crc32 alone: Node 21 has none, and only AWS needs it
import { GatewayError } from '../messages/error.ts'
import type { Frame } from '../messages/events.ts'
import { type FrameReader, framesBy } from './reader.ts'

/** Two lengths and their checksum. */
const PRELUDE = 12
/** The checksum at the end. */
const TRAILER = 4
/** AWS itself allows 16 MiB of payload and 128 KiB of headers. */
const MESSAGE_LIMIT = 24 * 1024 * 1024

/** The event of frames that carry an exception or an error: `data` is `{type, message}`. */
export const EXCEPTION = 'exception'

/**
 * The frames of an AWS event stream, one batch for each network read that completes any. A frame's
 * event is its `:event-type`; an exception is a frame `EXCEPTION`.
 * @throws GatewayError `api_error` if a checksum or a length is wrong, or the stream ends within a
 * message.
 */
export function awsEventFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  return framesBy(awsEventReader(), bytes)
}

/** The same, read by read. */
export function awsEventReader(): FrameReader {
  let held: Buffer = Buffer.alloc(0)
  return {
    read(chunk) {
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const batch: Frame[] = []
      for (let size = messageSize(held); size <= held.length; size = messageSize(held)) {
        batch.push(frameOf(held.subarray(0, size)))
        held = held.subarray(size)
      }
      return batch
    },
    end() {
      if (held.length > 0) throw broken('ended within a message')
      return []
    },
  }
}

/** The length of the message at the beginning of the bytes; infinite while its prelude is not whole. */
function messageSize(bytes: Buffer): number {
  if (bytes.length < PRELUDE) return Infinity
  if (zlib.crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) {
    throw broken('sent a message whose prelude has a wrong checksum')
  }
  const size = bytes.readUInt32BE(0)
  const headers = bytes.readUInt32BE(4)
  if (size > MESSAGE_LIMIT || size < PRELUDE + headers + TRAILER) {
    throw broken('sent a message with an impossible length')
  }
  return size
}

function frameOf(message: Buffer): Frame {
  const end = message.length - TRAILER
  if (zlib.crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
    throw broken('sent a message with a wrong checksum')
  }
  const payloadAt = PRELUDE + message.readUInt32BE(4)
  const headers = headersOf(message.subarray(PRELUDE, payloadAt))
  const payload = message.toString('utf8', payloadAt, end)
  switch (headers.get(':message-type')) {
    case 'exception':
      return exception(headers.get(':exception-type'), messageIn(payload))
    case 'error':
      return exception(headers.get(':error-code'), headers.get(':error-message') ?? payload)
    default:
      return { event: headers.get(':event-type') ?? '', data: payload }
  }
}

function exception(type: string | undefined, message: string): Frame {
  return { event: EXCEPTION, data: JSON.stringify({ type: type ?? 'unknownException', message }) }
}

/** An exception's payload is `{"message": "…"}`. */
function messageIn(payload: string): string {
  try {
    const payloadObject = JSON.parse(payload) as { message?: unknown; Message?: unknown } | null
    const message = payloadObject?.message ?? payloadObject?.Message
    return typeof message === 'string' ? message : payload
  } catch {
    return payload
  }
}

/** Bytes of a header's value by its type; strings and byte arrays say their length themselves. */
const VALUE_SIZE: readonly (number | 'counted')[] = [0, 0, 1, 2, 4, 8, 'counted', 'counted', 8, 16]
const STRING = 7

/** The headers that are strings; the others are skipped. */
function headersOf(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + byteAt(bytes, at)
    const type = byteAt(bytes, nameEnd)
    const { from, to } = valueSpan(bytes, nameEnd + 1, type)
    if (type === STRING) {
      headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', from, to))
    }
    at = to
  }
  return headers
}

function valueSpan(bytes: Buffer, at: number, type: number): { from: number; to: number } {
  const size = VALUE_SIZE[type]
  if (size === undefined) throw broken('sent a header of an unknown type')
  const from = size === 'counted' ? at + 2 : at
  const to = from + (size === 'counted' ? byteAt(bytes, at) * 256 + byteAt(bytes, at + 1) : size)
  if (to > bytes.length) throw broken('sent a header that is longer than its message')
  return { from, to }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw broken('sent a header that is longer than its message')
  return byte
}

/** Bytes that are no whole frames: what they held is not known. */
export class BrokenFrame extends GatewayError {}

function broken(what: string): GatewayError {
  return new BrokenFrame('api_error', `The upstream ${what}.`, { status: 502 })
}

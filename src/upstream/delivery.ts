/** Records how a request's connection broke, which tells whether the provider may have read the request. */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** A request on a connection that broke before the answer was complete. */
export interface Delivery {
  /** The operating system took all of the request. How much of it arrived cannot be known. */
  readonly isWritten: boolean
  /** The connection had delivered an answer before, and nothing since this request. */
  readonly wasIdle: boolean
  /** From the request to the end of the connection, ms. */
  readonly afterMs: number
  /** How long the connection took to open, which is a round trip at least, ms. */
  readonly openedInMs: number
}

interface Sent {
  /** By `performance.now()`. */
  readonly at: number
  /** Bytes that had been read from the connection by then. */
  readonly bytesRead: number
}

/** The last request of each connection. */
const sentOn = new WeakMap<object, Sent>()

const deliveries = new WeakMap<object, Delivery>()

/** https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md */
subscribe('undici:client:sendHeaders', (message) => {
  const { socket } = message as { socket: Socket }
  sentOn.set(socket, { at: performance.now(), bytesRead: socket.bytesRead })
})

/** Watches a new connection, so that `deliveryOf` knows how it ended. */
export function watchSocket(socket: Socket, openedInMs: number): void {
  // Before undici's listener. Bytes still to be written are counted until the handle closes, but
  // those of a failed write are not: https://nodejs.org/api/stream.html#writablewritablelength
  socket.prependListener('error', (error) => {
    const sent = sentOn.get(socket)
    if (sent === undefined) return
    const failedToWrite = (error as { syscall?: unknown }).syscall === 'write'
    deliveries.set(error, {
      isWritten: socket.writableLength === 0 && !failedToWrite,
      wasIdle: sent.bytesRead > 0 && sent.bytesRead === socket.bytesRead,
      afterMs: performance.now() - sent.at,
      openedInMs,
    })
  })
}

/** The delivery of the request that failed with this error; undefined if no request was sent. */
export function deliveryOf(cause: unknown): Delivery | undefined {
  return typeof cause === 'object' && cause !== null ? deliveries.get(cause) : undefined
}

/** Error codes of the system and of undici for a connection that ended. */
const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Errors for answers that arrived and cannot be read. */
const UNREADABLE: ReadonlySet<unknown> = new Set(['HTTPParserError', 'HeadersOverflowError'])

/**
 * The end of an idle connection that crosses a request was sent before the request arrived, so it
 * comes within a round trip. This is the time that both ends may take in addition, ms.
 */
const SLACK_MS = 100
/** The longest time to open a connection that counts as a round trip, ms. */
const MAX_ROUND_TRIP_MS = 500

/**
 * Whether the request crossed the end of an idle connection and therefore was not read: providers
 * and proxies close idle connections, and this may happen while a request is on its way.
 * @param isHarmless the request may be read twice, so the time it took does not matter.
 */
export function hasIdledOut(cause: unknown, isHarmless: boolean): boolean {
  const delivery = deliveryOf(cause)
  if (!delivery?.wasIdle || !CLOSED.has((cause as { code?: unknown }).code)) return false
  const limitMs = SLACK_MS + Math.min(delivery.openedInMs, MAX_ROUND_TRIP_MS)
  return isHarmless || !delivery.isWritten || delivery.afterMs <= limitMs
}

/** Whether a provider may have read all of the request that failed with this error. */
export function mayHaveBeenRead(cause: unknown): boolean {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown }
  if (UNREADABLE.has(name)) return false
  // undici makes the error for a connection that ends without one, and `watchSocket` does not see it.
  return deliveryOf(cause)?.isWritten ?? code === 'UND_ERR_SOCKET'
}

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** What is known of a request whose connection broke: whether the provider can have read it. */

/** A request on a connection that broke before the answer was whole. */
export interface Delivery {
  /** The system took all of it. How much of that arrived nobody can tell. */
  readonly isWritten: boolean
  /** The connection had been answered on before, and brought nothing since this request. */
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

/** Watches a new connection, so that `deliveryOf` can tell of its end. */
export function watchSocket(socket: Socket, openedInMs: number): void {
  // Before undici's own listener. What is still to be written is counted until the handle closes,
  // but a write that failed is no longer: https://nodejs.org/api/stream.html#writablewritablelength
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

/** What became of the request that failed with this error; undefined where none was sent. */
export function deliveryOf(cause: unknown): Delivery | undefined {
  return typeof cause === 'object' && cause !== null ? deliveries.get(cause) : undefined
}

/** Ends of a connection, as errors of the system and of undici. */
const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Errors of answers that came and cannot be read. */
const UNREADABLE: ReadonlySet<unknown> = new Set(['HTTPParserError', 'HeadersOverflowError'])

/**
 * The end of an idle connection that crossed a request was on its way before the request arrived:
 * it comes within a round trip. What both ends may take beside that, ms.
 */
const SLACK_MS = 100
/** The longest time of opening a connection that counts as a round trip, ms. */
const LONGEST_TRIP_MS = 500

/**
 * Whether the request met the end of a connection that had idled out, so that nobody has read it:
 * providers and proxies close connections that idle, and the end of one may cross a request.
 * @param isHarmless the request may be read twice, so that it does not matter how long it took.
 */
export function hasIdledOut(cause: unknown, isHarmless: boolean): boolean {
  const delivery = deliveryOf(cause)
  if (!delivery?.wasIdle || !CLOSED.has((cause as { code?: unknown }).code)) return false
  const limitMs = SLACK_MS + Math.min(delivery.openedInMs, LONGEST_TRIP_MS)
  return isHarmless || !delivery.isWritten || delivery.afterMs <= limitMs
}

/** Whether a provider may have read the whole of a request that failed with this error. */
export function mayHaveBeenRead(cause: unknown): boolean {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown }
  if (UNREADABLE.has(name)) return false
  // The error of a connection that ends without one is made by undici, and cannot be watched.
  return deliveryOf(cause)?.isWritten ?? code === 'UND_ERR_SOCKET'
}

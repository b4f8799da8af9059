import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/**
 * Providers close connections that idle; the end of one may cross a request that was just sent on
 * it. Then nobody has read that request, and it may be sent again.
 */

/** A connection that idled out fails within a round trip; one that was served longer was not idle. */
const STALE_MS = 2_000

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Bytes that had been read from a connection when the last request was sent on it. */
const readBefore = new WeakMap<object, number>()

/** Errors of connections that had been answered on, though not since the last request. */
const idleEnds = new WeakSet()

/** https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md */
subscribe('undici:client:sendHeaders', (message) => {
  const { socket } = message as { socket: Socket }
  readBefore.set(socket, socket.bytesRead)
})

/** Watches a new connection, so that `isStale` can tell its end. */
export function watchSocket(socket: Socket): void {
  socket.prependListener('error', (error) => {
    const read = readBefore.get(socket) ?? 0
    if (read > 0 && read === socket.bytesRead) idleEnds.add(error)
  })
}

/** Whether a request that failed this long after it was sent, in ms, met an idle connection's end. */
export function isStale(cause: unknown, afterMs: number): boolean {
  if (typeof cause !== 'object' || cause === null || afterMs > STALE_MS) return false
  return CLOSED.has((cause as { code?: unknown }).code) && idleEnds.has(cause)
}

import type { Socket } from 'node:net'

/**
 * Providers close connections that idle; the end of one may cross a request that was just sent on
 * it. Then nobody has read that request, and it may be sent again.
 */

/** A connection that idled out fails within a round trip; one that was served longer was not idle. */
const STALE_MS = 2_000

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Errors of sockets that had been answered on before. */
const afterAnswers = new WeakSet<object>()

/** Watches a new connection, so that `isStale` can tell its end. */
export function watchSocket(socket: Socket): void {
  socket.prependListener('error', (error) => {
    if (socket.bytesRead > 0) afterAnswers.add(error)
  })
}

/** Whether a request that failed this long after it was sent, in ms, met an idle connection's end. */
export function isStale(cause: unknown, afterMs: number): boolean {
  if (typeof cause !== 'object' || cause === null || afterMs > STALE_MS) return false
  const { code, socket } = cause as { code?: unknown; socket?: { bytesRead?: number } | null }
  if (!CLOSED.has(code)) return false
  return afterAnswers.has(cause) || (socket?.bytesRead ?? 0) > 0
}

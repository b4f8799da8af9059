/**
 * The shutdown of a daemon, because the session is stopped or because a new daemon takes over.
 * Running streams may finish; then everything is closed, each part after those that depend on it.
 */
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { timerDelay } from '../lib/delay.ts'
import type { Logger } from '../lib/log.ts'
import { within } from '../lib/within.ts'
import type { ActiveRequests } from './active-requests.ts'
import type { Leases } from './leases.ts'

export interface ShutdownParts {
  readonly server: () => Server
  readonly active: ActiveRequests
  readonly leases: Leases
  readonly log: Logger
  /** Notes that the session is to be stopped, so that no client revives it. */
  readonly noteStopping: () => Promise<unknown>
  /** Notes that no daemon runs any more. */
  readonly noteStopped: () => Promise<unknown>
  /** Releases the session's serve lock. */
  readonly release: () => void
  /** Closes what the daemon has open towards the providers. */
  readonly closeRest: () => Promise<unknown>
}

export interface Shutdown {
  /** Null while the daemon serves. */
  readonly kind: 'stopping' | 'restarting' | null
  /** Begins to stop; called again it can only shorten the time that streams have, in ms. */
  stop(drainMs: number): void
  /** Frees port and session for a new daemon; `leave` then lets the running streams finish. */
  handOver(): void
  leave(drainMs: number): void
  /** Resolves when everything is closed. */
  readonly ended: Promise<void>
}

/** How long a connection may be idle before a daemon that was replaced closes it. */
const LINGER_MS = 1_000

/** How long a client may take to print an answer that it has received whole, also on a loaded machine. */
const PRINTING_MS = 20_000

/** How long closing the calls to providers may take after the last stream has ended. */
const CLOSING_LIMIT_MS = 2_000

export function createShutdown(parts: ShutdownParts): Shutdown {
  const { active, leases, log } = parts
  const cut = deferred()
  const closed = deferred()
  const left = deferred()
  let kind: Shutdown['kind'] = null

  const stop = async (drainMs: number): Promise<void> => {
    await noted(parts.noteStopping())
    const willFinish = active.count > 0 && drainMs > 0
    leases.end('stopping', willFinish || active.sinceWhole() < PRINTING_MS)
    await drain()
    parts.server().close()
    await noted(parts.noteStopped())
    parts.release()
    await close()
  }
  const drain = async (): Promise<void> => {
    active.makeLast()
    await Promise.race([active.idle(), cut.promise])
    cutStreams()
  }
  const cutStreams = (): void => {
    if (active.count > 0) log.warn({ streams: active.count }, 'the time is over: streams are cut')
    active.cut()
  }
  /**
   * Clients that are connected may still send requests: a connection closes after its answer, or
   * when it has been idle for a while, never while a request is on its way.
   */
  const stopListening = (): void => {
    const server = parts.server()
    server.keepAliveTimeout = LINGER_MS
    // Not the close of node:http, which also closes connections that are idle at this moment.
    NetServer.prototype.close.call(server, () => left.resolve())
  }
  const empty = async (): Promise<void> => {
    active.makeLast()
    const over = Promise.race([left.promise, cut.promise])
    await within(over, LINGER_MS)
    parts.server().closeIdleConnections()
    await over
    cutStreams()
  }
  /** The connection of a `ccr stop` closes last: its end reports that everything is closed. */
  const close = async (): Promise<void> => {
    await within(parts.closeRest(), CLOSING_LIMIT_MS)
    log.info({}, 'the daemon ends')
    parts.server().closeAllConnections()
    closed.resolve()
  }
  const noted = (note: Promise<unknown>): Promise<unknown> =>
    note.catch((cause: unknown) => log.error({ cause }, 'the record could not be written'))

  return {
    get kind() {
      return kind
    },
    ended: closed.promise,
    stop(drainMs) {
      setTimeout(cut.resolve, timerDelay(drainMs)).unref()
      if (kind !== null) return
      kind = 'stopping'
      log.info({ drainMs }, 'the session is being stopped')
      void stop(drainMs)
    },
    handOver() {
      if (kind !== null) throw new Error('the daemon is ending already')
      kind = 'restarting'
      log.info({}, 'a new daemon takes over')
      leases.end('restarting')
      stopListening()
      parts.release()
    },
    leave(drainMs) {
      setTimeout(cut.resolve, timerDelay(drainMs)).unref()
      void empty().then(close)
    },
  }
}

interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function deferred(): Deferred {
  let settle: () => void = () => undefined
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: () => settle() }
}

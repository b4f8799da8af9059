import type { Dispatcher } from 'undici'
import type { Call } from '../providers/configured/call.ts'
import type { Answer, Timeouts } from './answer.ts'
import { hasIdledOut, mayHaveBeenRead } from './delivery.ts'
import { dispatchers } from './dispatchers.ts'
import { headerOf, type Limit, networkError, timeoutError } from './network-errors.ts'
import { refuseLoop } from './loop-guard.ts'
import { type Network, proxies } from './proxy.ts'
import { ResponseHandler } from './response-handler.ts'
import { redirectedCall } from './redirect.ts'
import { trustFrom } from './tls.ts'
import { unpacked } from './decompress.ts'

export interface Upstream {
  /** @throws GatewayError if no status line comes: refused, reset, timed out, aborted. */
  send(call: Call, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

export interface UpstreamParts {
  /** How long a provider may take, by its name. */
  readonly limits: (provider: string) => Timeouts
  readonly network: Network
  /** Files of certificate authorities for a provider, by its name. */
  readonly authorities?: ((provider: string) => readonly string[]) | undefined
  /** The port that this session listens on, 0 where it does not: a call to it would never end. */
  readonly sessionPort?: (() => number) | undefined
  /** Hears of settings of the network that cannot be used. */
  readonly note?: (text: string) => void
}

/** Redirects that one request follows. */
const MOST_REDIRECTS = 3

/**
 * The only outbound IO: pooled keep-alive connections, own timeouts. Nothing is sent twice, except
 * where the first connection had idled out before it could be read. An error of a request that may
 * have been read, and was not answered, says so (`unanswered`).
 */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { limits, network, sessionPort = () => 0, note = () => undefined } = parts
  const { authorities = () => [] } = parts
  const proxyFor = proxies(network)
  const pool = dispatchers({ proxyFor, trust: trustFrom(network.env, note) })

  async function attempt(asked: Asked, dispatcher: Dispatcher): Promise<Answer> {
    const { call, url, signal, timeouts } = asked
    const startedAt = performance.now()
    const reception = new ResponseHandler(signal)
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers: call.headers,
        body: call.body,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: 0, // `read` keeps the time
      },
      reception,
    )
    const head = await reception.head
    const bytes = read(reception, { call, timeouts, startedAt })
    return {
      ...head,
      body: unpacked(bytes, headerOf(head, 'content-encoding'), call.provider),
      release: () => reception.release(),
    }
  }

  async function ask(asked: Asked): Promise<Answer> {
    const { call, signal, timeouts } = asked
    const kind = { connectMs: timeouts.connectMs, authorities: authorities(call.provider) }
    try {
      const dispatcher = await pool.dispatcherOf(kind)
      return await attempt(asked, dispatcher).catch(async (cause: unknown) => {
        if (signal.aborted || !hasIdledOut(cause, call.idempotent === true)) throw cause
        return attempt(asked, await pool.freshDispatcherOf(kind))
      })
    } catch (cause) {
      throw networkError(cause, { call, timeouts, unanswered: mayHaveBeenRead(cause) })
    }
  }

  return {
    async send(call, signal) {
      const timeouts = limits(call.provider)
      let next = call
      for (let hops = 0; ; hops += 1) {
        const url = new URL(next.url)
        refuseLoop({ call: next, url, proxy: proxyFor(url) }, sessionPort())
        const answer = await ask({ call: next, url, signal, timeouts })
        const moved = redirectedCall(next, answer)
        if (moved === undefined || hops === MOST_REDIRECTS) return answer
        answer.release()
        next = moved
      }
    },
    close: () => pool.close(),
  }
}

/** A call on its way. */
interface Asked {
  readonly call: Call
  readonly url: URL
  readonly signal: AbortSignal
  readonly timeouts: Timeouts
}

interface Reading {
  readonly call: Call
  readonly timeouts: Timeouts
  /** When the request was sent, by `performance.now()`. */
  readonly startedAt: number
}

/**
 * The body. Its first byte and every later piece have their limits; what counts is the time spent
 * waiting for the provider, not the time that the client takes.
 */
async function* read(reception: ResponseHandler, reading: Reading): AsyncGenerator<Uint8Array> {
  const { call, timeouts, startedAt } = reading
  // Whoever sent a status line has read what it answers.
  const asked = { call, timeouts, unanswered: true }
  const wait = async (limit: Limit, ms: number): Promise<void> => {
    const timer = setTimeout(() => reception.abort(timeoutError(limit, asked)), ms)
    await reception.due()
    clearTimeout(timer)
  }
  let limit: Limit = 'firstByte'
  let ms = Math.max(1, timeouts.firstByteMs - (performance.now() - startedAt))
  try {
    for (;;) {
      if (!reception.isDue) await wait(limit, ms)
      const piece = reception.take()
      if (piece === undefined) return
      yield piece
      limit = 'idle'
      ms = timeouts.idleMs
    }
  } catch (cause) {
    throw networkError(cause, asked)
  }
}

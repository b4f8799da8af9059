/** Sends requests to providers: the only outbound IO. */
import type { Dispatcher } from 'undici'
import { parsedUrl } from '../lib/parsed-url.ts'
import type { Call } from '../providers/configured/call.ts'
import { type Answer, headerOf } from './answer.ts'
import type { Timeouts } from './timeouts.ts'
import { hasIdledOut, mayHaveBeenRead } from './delivery.ts'
import { dispatchers } from './dispatchers.ts'
import { type Limit, networkError, timeoutError } from './network-errors.ts'
import { refuseSelfCall } from './self-call.ts'
import { type Network, proxies } from './proxy.ts'
import { ResponseHandler } from './response-handler.ts'
import { redirectedCall } from './redirect.ts'
import { secureContexts } from './tls.ts'
import { decompressed } from './decompress.ts'

export interface Upstream {
  /** @throws GatewayError if no status line comes: refused, reset, timed out, aborted. */
  send(call: Call, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

export interface UpstreamParts {
  /** How long a provider may take, by its name. */
  readonly limits: (provider: string) => Timeouts
  readonly network: Network
  /** Files of certificate authorities for a provider, by the provider's name. */
  readonly authorities?: ((provider: string) => readonly string[]) | undefined
  /** The port on which this session listens, 0 if it does not listen: a call to it would never end. */
  readonly sessionPort?: (() => number) | undefined
  /** Called with a text for each network setting that cannot be used. */
  readonly note?: (text: string) => void
}

/** Most redirects that one request follows. */
const MAX_REDIRECTS = 3

/**
 * Sends over pooled keep-alive connections, with ccr's own timeouts. Nothing is sent twice, except
 * after an idle connection ended before the provider could read the request. The error of a request
 * that may have been read and was not answered is marked `unanswered`.
 */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { limits, network, sessionPort = () => 0, note = () => undefined } = parts
  const { authorities = () => [] } = parts
  const proxyFor = proxies(network)
  const pool = dispatchers({ proxyFor, trust: secureContexts(network.env, note) })

  async function attempt(exchange: Exchange, dispatcher: Dispatcher): Promise<Answer> {
    const { call, url, signal, timeouts } = exchange
    const startedAt = performance.now()
    const handler = new ResponseHandler(signal)
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: call.method ?? 'POST',
        headers: call.headers,
        body: call.method === 'GET' ? null : call.body,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: 0, // `read` has the time limits
      },
      handler,
    )
    const head = await handler.head
    const bytes = read(handler, { call, timeouts, startedAt })
    return {
      ...head,
      body: decompressed(bytes, headerOf(head, 'content-encoding'), call.provider),
      release: () => handler.release(),
    }
  }

  async function attemptTwice(exchange: Exchange): Promise<Answer> {
    const { call, signal, timeouts } = exchange
    const kind = { connectMs: timeouts.connectMs, authorities: authorities(call.provider) }
    try {
      const dispatcher = await pool.dispatcherOf(kind)
      return await attempt(exchange, dispatcher).catch(async (cause: unknown) => {
        if (signal.aborted || !hasIdledOut(cause, call.idempotent === true)) throw cause
        return attempt(exchange, await pool.freshDispatcherOf(kind))
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
        const url = parsedUrl(next.url)
        refuseSelfCall({ call: next, url, proxy: proxyFor(url) }, sessionPort())
        const answer = await attemptTwice({ call: next, url, signal, timeouts })
        const moved = call.isDirect ? undefined : redirectedCall(next, answer)
        if (moved === undefined || hops === MAX_REDIRECTS) return answer
        answer.release()
        next = moved
      }
    },
    close: () => pool.close(),
  }
}

/** A call that is being sent. */
interface Exchange {
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
 * The body. The first byte and each later piece have a time limit, which counts the time spent waiting
 * for the provider, not the time that the client takes.
 */
async function* read(handler: ResponseHandler, reading: Reading): AsyncGenerator<Uint8Array> {
  const { call, timeouts, startedAt } = reading
  // A provider that sent a status line has read the request.
  const failed = { call, timeouts, unanswered: true }
  const wait = async (limit: Limit, ms: number): Promise<void> => {
    const timer = setTimeout(() => handler.abort(timeoutError(limit, failed)), ms)
    await handler.ready()
    clearTimeout(timer)
  }
  let limit: Limit = 'firstByte'
  let ms = Math.max(1, timeouts.firstByteMs - (performance.now() - startedAt))
  try {
    for (;;) {
      if (!handler.isReady) await wait(limit, ms)
      const piece = handler.take()
      if (piece === undefined) return
      yield piece
      limit = 'idle'
      ms = timeouts.idleMs
    }
  } catch (cause) {
    throw networkError(cause, failed)
  }
}

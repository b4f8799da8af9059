import type { Readable } from 'node:stream'
import { request } from 'undici'
import type { Call } from '../providers/call.ts'
import type { Answer, Timeouts } from './answer.ts'
import { dispatchers } from './dispatchers.ts'
import { networkFault, timeoutFault } from './faults.ts'
import type { Limit } from './faults.ts'
import { refuseLoop } from './loop.ts'
import { proxies } from './proxy.ts'
import type { Network } from './proxy.ts'
import { trusted } from './trust.ts'

export interface Upstream {
  /** @throws GatewayError if no status line comes: refused, reset, timed out, aborted. */
  send(call: Call, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

export interface UpstreamParts {
  /** How long a provider may take, by its name. */
  readonly limits: (provider: string) => Timeouts
  readonly network: Network
  /** The port that this session listens on, 0 where it does not: a call to it would never end. */
  readonly ownPort?: (() => number) | undefined
  /** Hears of settings of the network that cannot be used. */
  readonly note?: (text: string) => void
}

/** How long a body that is no longer wanted may take to end, ms. */
const RELEASE_MS = 500

/** The only outbound IO: pooled keep-alive connections, own timeouts, no retries of its own. */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { limits, network, ownPort = () => 0, note = () => undefined } = parts
  const proxyFor = proxies(network)
  const pool = dispatchers({ proxyFor, secureContext: trusted(network.env, note) })
  return {
    async send(call, signal) {
      refuseLoop(call, proxyFor(new URL(call.url)), ownPort())
      const timeouts = limits(call.provider)
      const startedAt = performance.now()
      try {
        const { statusCode, headers, body } = await request(call.url, {
          method: 'POST',
          dispatcher: pool.dispatcherOf(timeouts.connectMs),
          signal,
          headers: call.headers,
          body: call.body,
          headersTimeout: timeouts.firstByteMs,
          bodyTimeout: 0, // `read` keeps the time
        })
        return {
          status: statusCode,
          headers,
          body: read(body, { call, timeouts, startedAt }),
          release: () => release(body),
        }
      } catch (cause) {
        throw networkFault(cause, call, timeouts)
      }
    },
    close: () => pool.close(),
  }
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
async function* read(body: Readable, reading: Reading): AsyncGenerator<Uint8Array> {
  const { call, timeouts, startedAt } = reading
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
  const next = async (limit: Limit, ms: number): Promise<IteratorResult<Uint8Array>> => {
    const timer = setTimeout(() => body.destroy(timeoutFault(limit, call, timeouts)), ms)
    try {
      return await chunks.next()
    } catch (cause) {
      throw networkFault(cause, call, timeouts)
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    const elapsed = performance.now() - startedAt
    let step = await next('firstByte', Math.max(1, timeouts.firstByteMs - elapsed))
    while (step.done !== true) {
      yield step.value
      step = await next('idle', timeouts.idleMs)
    }
  } finally {
    // Takes its listeners off the body, so that `release` can let the rest flow by.
    void chunks.return?.()
  }
}

function release(body: Readable): void {
  if (body.readableEnded || body.destroyed) return
  const timer = setTimeout(() => body.destroy(), RELEASE_MS)
  body.on('error', () => undefined)
  body.once('close', () => clearTimeout(timer))
  body.resume()
}

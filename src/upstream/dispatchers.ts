import { Agent, buildConnector } from 'undici'
import type { Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { ProxyFor } from './proxy.ts'
import { watchSocket } from './stale.ts'
import { openTunnel } from './tunnel.ts'

export interface Reach {
  readonly proxyFor: ProxyFor
  /** Whose certificates are believed; Node's own choice when absent. */
  readonly secureContext: SecureContext | undefined
}

export interface Dispatchers {
  /** Opens connections within `connectMs`, and keeps them for the next request. */
  dispatcherOf(connectMs: number): Dispatcher
  /** The same, with a new connection for each request. */
  freshDispatcherOf(connectMs: number): Dispatcher
  close(): Promise<void>
}

/** Most bytes of an answer's headers: some proxies write long policies and cookies. */
const HEADER_LIMIT = 64 * 1024

/** undici limits connecting by dispatcher, hence one for each limit; usually there is one. */
export function dispatchers(reach: Reach): Dispatchers {
  const kept = new Map<number, Dispatcher>()
  const fresh = new Map<number, Dispatcher>()
  const get = (made: Map<number, Dispatcher>, connectMs: number): Dispatcher => {
    const known = made.get(connectMs)
    if (known) return known
    const connect = connector(connectMs, reach)
    // undici's word for connections that are not kept is a pipelining of 0.
    const pipelining = made === kept ? 1 : 0
    const dispatcher = new Agent({ connect, pipelining, maxHeaderSize: HEADER_LIMIT })
    made.set(connectMs, dispatcher)
    return dispatcher
  }
  return {
    dispatcherOf: (connectMs) => get(kept, connectMs),
    freshDispatcherOf: (connectMs) => get(fresh, connectMs),
    async close() {
      await Promise.all(
        [...kept.values(), ...fresh.values()].map((dispatcher) => dispatcher.destroy()),
      )
    },
  }
}

/**
 * Connects directly, or through the URL's proxy. Own rather than undici's proxy agents: theirs
 * have limits of their own, give a refusal of the proxy as an abort, and call SOCKS5 experimental.
 */
function connector(connectMs: number, reach: Reach): buildConnector.connector {
  const { proxyFor, secureContext } = reach
  const direct = buildConnector({ timeout: connectMs, ...(secureContext && { secureContext }) })
  return (options, done) => {
    const callback: buildConnector.Callback = (...result) => {
      // Told of an error alone, whatever the type says.
      const [, socket] = result as [Error | null, Socket | null | undefined]
      if (socket) watchSocket(socket)
      done(...result)
    }
    const { protocol, hostname } = options
    const port = Number(options.port) || (protocol === 'https:' ? 443 : 80)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const url = new URL(`${protocol}//${host.includes(':') ? `[${host}]` : host}:${String(port)}`)
    const proxy = proxyFor(url)
    if (proxy === undefined) {
      direct(options, callback)
      return
    }
    const destination = { host, port }
    openTunnel({ proxy, destination, limitMs: connectMs, secureContext }).then(
      (socket) => {
        if (protocol === 'https:') direct({ ...options, httpSocket: socket }, callback)
        else callback(null, socket)
      },
      (cause: unknown) => callback(cause as Error, null),
    )
  }
}

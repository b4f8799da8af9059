import { Agent, buildConnector } from 'undici'
import type { Dispatcher } from 'undici'
import type { SecureContext } from 'node:tls'
import type { ProxyFor } from './proxy.ts'
import { openTunnel } from './tunnel.ts'

export interface Reach {
  readonly proxyFor: ProxyFor
  /** Whose certificates are believed; Node's own choice when absent. */
  readonly secureContext: SecureContext | undefined
}

export interface Dispatchers {
  /** Opens connections within `connectMs`, and keeps them for the next request. */
  dispatcherOf(connectMs: number): Dispatcher
  close(): Promise<void>
}

/** undici limits connecting by dispatcher, hence one for each limit; usually there is one. */
export function dispatchers(reach: Reach): Dispatchers {
  const made = new Map<number, Dispatcher>()
  return {
    dispatcherOf(connectMs) {
      const dispatcher = made.get(connectMs) ?? new Agent({ connect: connector(connectMs, reach) })
      made.set(connectMs, dispatcher)
      return dispatcher
    },
    async close() {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()))
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
  return (options, callback) => {
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

import type { buildConnector, Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { ProxyFor } from './proxy.ts'
import { watchSocket } from './stale.ts'
import { believing } from './trust.ts'
import { openTunnel } from './tunnel.ts'

export interface Reach {
  readonly proxyFor: ProxyFor
  /** Whose certificates are believed; Node's own choice when absent. */
  readonly secureContext: () => SecureContext | undefined
}

export interface Dispatchers {
  /** Opens connections within `connectMs`, and keeps them for the next request. */
  dispatcherOf(connectMs: number): Promise<Dispatcher>
  /** The same, with a new connection for each request. */
  freshDispatcherOf(connectMs: number): Promise<Dispatcher>
  close(): Promise<void>
}

/** Most bytes of an answer's headers: some proxies write long policies and cookies. */
const HEADER_LIMIT = 64 * 1024

/**
 * undici limits connecting by dispatcher, hence one for each limit; usually there is one. The
 * library is set up by the first request: that takes longer than the rest of a daemon's start.
 */
export function dispatchers(reach: Reach): Dispatchers {
  const kept = new Map<number, Promise<Dispatcher>>()
  const fresh = new Map<number, Promise<Dispatcher>>()
  const get = (
    made: Map<number, Promise<Dispatcher>>,
    connectMs: number,
    pipelining: number,
  ): Promise<Dispatcher> => {
    const known = made.get(connectMs)
    if (known) return known
    const dispatcher = newAgent(connectMs, pipelining, reach)
    made.set(connectMs, dispatcher)
    return dispatcher
  }
  return {
    dispatcherOf: (connectMs) => get(kept, connectMs, 1),
    // undici's word for connections that are not kept is a pipelining of 0.
    freshDispatcherOf: (connectMs) => get(fresh, connectMs, 0),
    async close() {
      const all = [...kept.values(), ...fresh.values()]
      await Promise.all(all.map(async (dispatcher) => (await dispatcher).destroy()))
    },
  }
}

async function newAgent(connectMs: number, pipelining: number, reach: Reach): Promise<Dispatcher> {
  const undici = await import('undici')
  const connect = connector(connectMs, undici.buildConnector, reach)
  return new undici.Agent({ connect, pipelining, maxHeaderSize: HEADER_LIMIT })
}

/**
 * Connects directly, or through the URL's proxy. Own rather than undici's proxy agents: theirs
 * have limits of their own, give a refusal of the proxy as an abort, and call SOCKS5 experimental.
 */
function connector(
  connectMs: number,
  build: typeof buildConnector,
  { proxyFor, secureContext }: Reach,
): buildConnector.connector {
  const plain = build({ timeout: connectMs })
  let secure: buildConnector.connector | undefined
  const direct = (protocol: string): buildConnector.connector =>
    protocol === 'https:'
      ? (secure ??= build({ timeout: connectMs, ...believing(secureContext()) }))
      : plain
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
      direct(protocol)(options, callback)
      return
    }
    const destination = { host, port }
    openTunnel({ proxy, destination, limitMs: connectMs, secureContext }).then(
      (socket) => {
        if (protocol === 'https:') direct(protocol)({ ...options, httpSocket: socket }, callback)
        else callback(null, socket)
      },
      (cause: unknown) => callback(cause as Error, null),
    )
  }
}

import type { buildConnector, Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import { watchSocket } from './delivery.ts'
import type { ProxyFor } from './proxy.ts'
import { tlsOptions, type Trust } from './tls.ts'
import { openTunnel } from './tunnel.ts'

export interface Reach {
  readonly proxyFor: ProxyFor
  /** Whose certificates are believed. */
  readonly trust: Trust
}

/** What undici sets by dispatcher. */
export interface Kind {
  readonly connectMs: number
  /** Files of certificate authorities. */
  readonly authorities: readonly string[]
}

export interface Dispatchers {
  /** Opens connections, and keeps them for the next request. */
  dispatcherOf(kind: Kind): Promise<Dispatcher>
  /** The same, with a new connection for each request. */
  freshDispatcherOf(kind: Kind): Promise<Dispatcher>
  close(): Promise<void>
}

/** Most bytes of an answer's headers: some proxies write long policies and cookies. */
const HEADER_LIMIT = 64 * 1024

/**
 * One dispatcher for each kind; usually there is one. The
 * library is set up by the first request: that takes longer than the rest of a daemon's start.
 */
export function dispatchers(reach: Reach): Dispatchers {
  const kept = new Map<string, Promise<Dispatcher>>()
  const fresh = new Map<string, Promise<Dispatcher>>()
  const get = (
    made: Map<string, Promise<Dispatcher>>,
    kind: Kind,
    pipelining: number,
  ): Promise<Dispatcher> => {
    const key = [kind.connectMs, ...kind.authorities].join('\n')
    const known = made.get(key)
    if (known) return known
    const dispatcher = newAgent(kind, pipelining, reach)
    made.set(key, dispatcher)
    return dispatcher
  }
  return {
    dispatcherOf: (kind) => get(kept, kind, 1),
    // undici's word for connections that are not kept is a pipelining of 0.
    freshDispatcherOf: (kind) => get(fresh, kind, 0),
    async close() {
      const all = [...kept.values(), ...fresh.values()]
      await Promise.all(all.map(async (dispatcher) => (await dispatcher).destroy()))
    },
  }
}

async function newAgent(kind: Kind, pipelining: number, reach: Reach): Promise<Dispatcher> {
  const undici = await import('undici')
  const connect = connector(kind, undici.buildConnector, reach)
  return new undici.Agent({ connect, pipelining, maxHeaderSize: HEADER_LIMIT })
}

/**
 * Connects directly, or through the URL's proxy. Own rather than undici's proxy agents: theirs
 * have limits of their own, give a refusal of the proxy as an abort, and call SOCKS5 experimental.
 */
function connector(
  { connectMs, authorities }: Kind,
  build: typeof buildConnector,
  { proxyFor, trust }: Reach,
): buildConnector.connector {
  const secureContext = () => trust(authorities)
  const plain = build({ timeout: connectMs })
  let secure: buildConnector.connector | undefined
  const direct = (protocol: string): buildConnector.connector =>
    protocol === 'https:'
      ? (secure ??= build({ timeout: connectMs, ...tlsOptions(secureContext()) }))
      : plain
  return (options, done) => {
    const startedAt = performance.now()
    const callback: buildConnector.Callback = (...result) => {
      // Told of an error alone, whatever the type says.
      const [, socket] = result as [Error | null, Socket | null | undefined]
      if (socket) watchSocket(socket, performance.now() - startedAt)
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

/** undici's dispatchers, with connections that go through proxies and use the configured authorities. */
import type { buildConnector, Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import { watchSocket } from './delivery.ts'
import type { ProxyFor } from './proxy.ts'
import { tlsOptions, type SecureContextFor } from './tls.ts'
import { openTunnel } from './tunnel.ts'

export interface Connectivity {
  readonly proxyFor: ProxyFor
  /** Which certificate authorities are trusted. */
  readonly trust: SecureContextFor
}

/** What undici can only set for a whole dispatcher. */
export interface DispatcherOptions {
  readonly connectMs: number
  /** Files of certificate authorities. */
  readonly authorities: readonly string[]
}

export interface Dispatchers {
  /** A dispatcher that keeps connections for the next request. */
  dispatcherOf(kind: DispatcherOptions): Promise<Dispatcher>
  /** A dispatcher that opens a new connection for each request. */
  freshDispatcherOf(kind: DispatcherOptions): Promise<Dispatcher>
  close(): Promise<void>
}

/** Limit for the headers of an answer, bytes: some proxies write long policies and cookies. */
const HEADER_LIMIT = 64 * 1024

/**
 * One dispatcher for each set of options; usually there is one. undici is loaded by the first
 * request, because loading it takes longer than the rest of a daemon's start.
 */
export function dispatchers(reach: Connectivity): Dispatchers {
  const kept = new Map<string, Promise<Dispatcher>>()
  const fresh = new Map<string, Promise<Dispatcher>>()
  const get = (
    made: Map<string, Promise<Dispatcher>>,
    kind: DispatcherOptions,
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
    // A pipelining of 0 disables keep-alive in undici.
    freshDispatcherOf: (kind) => get(fresh, kind, 0),
    async close() {
      const all = [...kept.values(), ...fresh.values()]
      await Promise.all(all.map(async (dispatcher) => (await dispatcher).destroy()))
    },
  }
}

async function newAgent(
  kind: DispatcherOptions,
  pipelining: number,
  reach: Connectivity,
): Promise<Dispatcher> {
  const undici = await import('undici')
  const connect = connector(kind, undici.buildConnector, reach)
  return new undici.Agent({ connect, pipelining, maxHeaderSize: HEADER_LIMIT })
}

/**
 * Connects directly or through the URL's proxy. undici's proxy agents are not used: they have their
 * own time limits, report a refusal of the proxy as an abort, and their SOCKS5 is experimental.
 */
function connector(
  { connectMs, authorities }: DispatcherOptions,
  build: typeof buildConnector,
  { proxyFor, trust }: Connectivity,
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
      // On an error, undici passes only the error, whatever the type says.
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

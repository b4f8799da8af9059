import { Agent, EnvHttpProxyAgent } from 'undici'
import type { Dispatcher } from 'undici'

/** How this machine reaches the network. */
export interface Network {
  readonly proxyUrl: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Dispatchers {
  /** Opens connections within `connectMs`, and keeps them for the next request. */
  dispatcherOf(connectMs: number): Dispatcher
  close(): Promise<void>
}

/** undici limits connecting by dispatcher, hence one for each limit; usually there is one. */
export function dispatchers(network: Network): Dispatchers {
  const made = new Map<number, Dispatcher>()
  return {
    dispatcherOf(connectMs) {
      const dispatcher = made.get(connectMs) ?? create(connectMs, network)
      made.set(connectMs, dispatcher)
      return dispatcher
    },
    async close() {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()))
    },
  }
}

function create(connectMs: number, { proxyUrl, env }: Network): Dispatcher {
  const options = { connect: { timeout: connectMs } }
  const secure = proxyUrl || env['https_proxy'] || env['HTTPS_PROXY'] || ''
  const plain = proxyUrl || env['http_proxy'] || env['HTTP_PROXY'] || ''
  if (secure === '' && plain === '') return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: plain,
    httpsProxy: secure,
    noProxy: [env['no_proxy'] ?? env['NO_PROXY'] ?? '', 'localhost', '127.0.0.1', '::1']
      .filter(Boolean)
      .join(','),
  })
}

/** A gateway behind a plain server in this process: a daemon without its session. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../../src/config/config.ts'
import { emptyConfig } from '../../src/config/defaults.ts'
import { createGateway, type Gateway, type GatewayParts } from '../../src/gateway/gateway.ts'
import { type Logger, silent } from '../../src/lib/log.ts'
import type { RequestRow } from '../../src/store/ledger.ts'

export interface GatewayServer {
  readonly gateway: Gateway
  /** What the ledger would hold of the requests that have ended. */
  readonly rows: readonly RequestRow[]
  /** POSTs a body (JSON, or text as it is) to /v1/messages?beta=true or `path`. */
  post(body: unknown, init?: RequestInit & { readonly path?: string }): Promise<Response>
  close(): Promise<void>
}

/**
 * @param env what the providers may read of an environment.
 * @param reports of local servers; nothing is queried without.
 */
export async function gatewayServer(
  config: Partial<Config>,
  preference = '',
  env: Readonly<Record<string, string>> = {},
  log: Logger = silent,
  reports?: GatewayParts['reports'],
): Promise<GatewayServer> {
  const rows: RequestRow[] = []
  const gateway = createGateway({
    config: { ...emptyConfig(), ...config },
    session: { id: 'deadbeef', preference, alias: 'ccr-deadbeef' },
    log,
    env,
    onRequest: (row) => rows.push(row),
    ...(reports === undefined ? {} : { reports }),
  })
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const count = req.url?.includes('count_tokens')
      void gateway[count ? 'countTokens' : 'messages'](req, res, Buffer.concat(chunks))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    gateway,
    rows,
    post(body, { path = '/v1/messages?beta=true', ...init } = {}) {
      return fetch(`http://127.0.0.1:${String(port)}${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      })
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await gateway.close()
    },
  }
}

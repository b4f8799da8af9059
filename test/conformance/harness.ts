/** The test harness for one cell of the table: a gateway in front of a scripted endpoint. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { gatewayServer, type GatewayServer } from '../support/gateway.ts'
import { withResolvers } from '../support/upstream.ts'
import type { Row } from './row.ts'
import type { UpstreamRequest } from './neutral-form.ts'

/** How the endpoint answers one request. */
export interface Script {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body, one network write each. */
  readonly writes: readonly (Uint8Array | string)[]
  /** Holds everything back, also the status line, until this resolves. */
  readonly before?: Promise<unknown>
  /** Holds back everything after this many writes until the promise resolves. */
  readonly pause?: { readonly after: number; readonly until: Promise<unknown> }
  /** `hold` leaves the socket open, `cut` destroys it. */
  readonly ending?: 'end' | 'cut' | 'hold'
}

/** A request that the endpoint received. */
export interface Seen {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly request: UpstreamRequest
  /** Resolves when the gateway closes the connection before the answer is complete. */
  readonly left: Promise<void>
}

export type RequestBody = Readonly<Record<string, unknown>>

export interface Harness {
  readonly row: Row
  /** Sets the answers from now on, in order; the last one is repeated. */
  script(...scripts: readonly ((requestBody: RequestBody) => Script)[]): void
  /** The n-th request, counted from 0, as soon as it has arrived. */
  seen(n: number): Promise<Seen>
  readonly count: number
  /** POSTs a Messages request; the model is the session's unless the body names one. */
  post(body: RequestBody, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

export const KEY = 'sk-of-the-provider'
/** The config's default, ms. */
const PING_AFTER_MS = 20_000

/** @param pingAfterMs upstream silence before a ping is sent. */
export async function openHarness(row: Row, pingAfterMs = PING_AFTER_MS): Promise<Harness> {
  let scripts: ((requestBody: RequestBody) => Script)[] = []
  const all: Seen[] = []
  const waiting = new Map<number, (seen: Seen) => void>()
  const endpoint = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      const body = JSON.parse(raw) as RequestBody
      const path = req.url ?? ''
      const seen: Seen = {
        path,
        headers: req.headers,
        raw,
        // Read on access, so that a request that cannot be read fails in the test.
        get request() {
          return row.read(body, path)
        },
        left: left(res),
      }
      all.push(seen)
      waiting.get(all.length - 1)?.(seen)
      const script = scripts.length > 1 ? scripts.shift() : scripts[0]
      const requestBody = row.asksStream ? { ...body, stream: row.asksStream(path) } : body
      void serve(res, script?.(requestBody) ?? { status: 500, writes: ['no script'] }, row)
    })
  })
  const port = await listening(endpoint)
  const proxy = row.proxied ? await startProxy(port) : undefined
  const gateway = await startGateway(row, { port, proxy, pingAfterMs })
  return {
    row,
    script: (...next) => {
      scripts = [...next]
    },
    seen(n) {
      const { promise, resolve } = withResolvers<Seen>()
      const here = all[n]
      if (here) resolve(here)
      else waiting.set(n, resolve)
      return promise
    },
    get count() {
      return all.length
    },
    post: (body, init) => gateway.post({ model: 'ccr-deadbeef', ...body }, init),
    async close() {
      await gateway.close()
      for (const server of [endpoint, ...(proxy ? [proxy.server] : [])]) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

interface Proxy {
  readonly server: Server
  readonly url: string
}

interface GatewayParts {
  readonly port: number
  readonly proxy: Proxy | undefined
  readonly pingAfterMs: number
}

async function startGateway(
  row: Row,
  { port, proxy, pingAfterMs }: GatewayParts,
): Promise<GatewayServer> {
  const entry = {
    apiKey: KEY,
    models: [row.model],
    missing: [],
    ...row.provider(`http://127.0.0.1:${String(port)}`),
  }
  const providers = [entry, { ...entry, name: row.other }]
  const network = proxy ? { proxyUrl: proxy.url } : {}
  return gatewayServer({ providers, pingAfterMs, ...network }, `${entry.name},${row.model}`)
}

/** A proxy that leads every host to the endpoint, so that a real host can be called by its name. */
async function startProxy(to: number): Promise<Proxy> {
  const server = createServer()
  server.on('connect', (_req, socket) => {
    const through = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(through).pipe(socket)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
    socket.on('close', () => through.destroy())
  })
  return { server, url: `http://127.0.0.1:${String(await listening(server))}` }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function left(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once('close', () => {
      if (!res.writableFinished) resolve()
    })
  })
}

async function serve(res: ServerResponse, script: Script, row: Row): Promise<void> {
  const { status = 200, type = row.type, headers, writes, ending = 'end' } = script
  await script.before
  if (res.destroyed) return
  res.writeHead(status, { 'content-type': type, ...headers })
  for (const [n, write] of writes.entries()) {
    if (script.pause?.after === n) await script.pause.until
    await new Promise<void>((resolve) => {
      if (res.destroyed) resolve()
      else res.write(write, () => resolve())
    })
  }
  if (script.pause?.after === writes.length) await script.pause.until
  if (ending === 'cut') res.destroy()
  if (ending === 'end') res.end()
}

/**
 * A provider for tests that works on bytes: it reads requests from the connection, counts those that
 * it has read completely, and does with the connection what a test decides.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { CERTIFICATE, KEY } from './certificate.ts'

export interface RawRequest {
  readonly socket: Socket
  /** Which connection of the provider it is, and which request on it; 0 for the first. */
  readonly connection: number
  readonly nth: number
  readonly body: string
}

export interface RawProvider {
  readonly port: number
  /** Requests that were read whole. */
  readonly read: number
  readonly connections: number
  close(): Promise<void>
}

/** The connection below a TLS socket, which alone can be reset. */
const below = new WeakMap<Socket, Socket>()

/** Ends a connection with RST. */
export function reset(socket: Socket): void {
  ;(below.get(socket) ?? socket).resetAndDestroy()
}

export interface RawProviderOptions {
  /** With the certificate of `provider.test`. */
  readonly secure?: boolean
  readonly onConnection?: (socket: Socket, connection: number) => void
  /** Some of a body has come, not all. */
  readonly onHalf?: (socket: Socket) => void
  /** A body has been read to its end. */
  readonly onRequest?: (request: RawRequest) => void
}

export async function startRawProvider(options: RawProviderOptions): Promise<RawProvider> {
  const { secure = false, onConnection, onHalf, onRequest } = options
  const sockets = new Set<Socket>()
  let [read, connections] = [0, 0]
  const serve = (socket: Socket): void => {
    const connection = connections++
    let nth = 0
    let seen: Buffer = Buffer.alloc(0)
    sockets.add(socket)
    socket.on('error', () => undefined)
    const lower = raw.get(socket.remotePort)
    if (lower && lower !== socket) below.set(socket, lower)
    onConnection?.(socket, connection)
    socket.on('data', (chunk: Buffer) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const end = seen.indexOf('\r\n\r\n') + 4
      const length = Number(/content-length: (\d+)/i.exec(seen.toString('latin1', 0, end))?.[1])
      if (end < 4) return
      if (seen.length < end + length) {
        onHalf?.(socket)
        return
      }
      const body = seen.toString('utf8', end, end + length)
      seen = seen.subarray(end + length)
      read += 1
      onRequest?.({ socket, connection, nth: nth++, body })
    })
  }
  // No halves: the end of a connection is answered by the test alone.
  const raw = new Map<number | undefined, Socket>()
  const server = secure
    ? createTlsServer({ key: KEY, cert: CERTIFICATE, allowHalfOpen: true }, serve)
    : createServer({ allowHalfOpen: true }, serve)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    raw.set(socket.remotePort, socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get read() {
      return read
    },
    get connections() {
      return connections
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A whole answer whose connection is kept. */
export function answered(body: string, type = 'application/json'): string {
  const length = String(Buffer.byteLength(body))
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n${body}`
}

/** Opens tunnels through HTTP and SOCKS5 proxies. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { errorCode } from '../lib/user-error.ts'
import { nextMessage, ProxyRefusal } from './proxy-handshake.ts'
import { type Proxy, proxyText } from './proxy.ts'
import { type Credentials, type Destination, socksConnect } from './socks.ts'
import { tlsOptions } from './tls.ts'

export interface TunnelOptions {
  readonly proxy: Proxy
  readonly destination: Destination
  /** Time limit until the tunnel is open, ms. */
  readonly limitMs: number
  readonly secureContext: () => SecureContext | undefined
}

/**
 * Opens a connection to a destination through a proxy.
 * @throws ProxyRefusal naming the proxy, without its credentials.
 */
export async function openTunnel(options: TunnelOptions): Promise<Socket> {
  const { proxy, limitMs } = options
  const open = OPEN[proxy.url.protocol]
  if (open === undefined)
    throw new ProxyRefusal(`${proxyText(proxy)} is no http, https or socks5 URL`)
  const socket = connectTo(options)
  const timer = setTimeout(() => {
    socket.destroy(new ProxyRefusal(`opened no connection within ${String(limitMs / 1000)} s`))
  }, limitMs)
  try {
    await connected(socket)
    await open(socket, options.destination, credentialsOf(proxy.url))
    socket.setNoDelay(true)
    return socket
  } catch (cause) {
    socket.destroy()
    throw new ProxyRefusal(`${proxyText(proxy)} ${reasonOf(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

type Open = (
  socket: Socket,
  destination: Destination,
  credentials: Credentials | undefined,
) => Promise<void>

const OPEN: Readonly<Record<string, Open | undefined>> = {
  'http:': httpConnect,
  'https:': httpConnect,
  'socks:': socksConnect,
  'socks5:': socksConnect,
  'socks5h:': socksConnect,
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }
const SOCKS_PORT = 1080

function connectTo({ proxy: { url }, secureContext }: TunnelOptions): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port) || (PORTS[url.protocol] ?? SOCKS_PORT)
  const socket =
    url.protocol === 'https:'
      ? connectTls({ host, port, servername: host, ...tlsOptions(secureContext()) })
      : connectTcp({ host, port })
  // The error is reported by the waiting function; without a listener it would end the process.
  return socket.on('error', () => undefined)
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', resolve)
    socket.once('close', () => reject(socket.errored ?? new ProxyRefusal('closed the connection')))
  })
}

function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '') return undefined
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** https://www.rfc-editor.org/rfc/rfc9110#CONNECT */
async function httpConnect(
  socket: Socket,
  { host, port }: Destination,
  credentials: Credentials | undefined,
): Promise<void> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`
  const basic = credentials && Buffer.from(`${credentials.user}:${credentials.password}`)
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `host: ${authority}`,
    ...(basic ? [`proxy-authorization: Basic ${basic.toString('base64')}`] : []),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const head = await nextMessage(socket, headLength)
  const [, status = ''] = /^HTTP\/1\.\d (\d{3})/.exec(head.toString('latin1')) ?? []
  if (status === '407') {
    throw new ProxyRefusal(
      basic ? 'refused the user name or password (407)' : 'wants a user name and password (407)',
    )
  }
  if (status === '') throw new ProxyRefusal('is no HTTP proxy')
  if (!status.startsWith('2')) throw new ProxyRefusal(`answered ${status} to CONNECT ${authority}`)
}

function headLength(seen: Buffer): number {
  const end = seen.indexOf('\r\n\r\n')
  return end === -1 ? 0 : end + 4
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: is it running?',
  ENOTFOUND: 'has an unknown host name',
  EAI_AGAIN: 'could not be looked up: is there a network?',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ProxyRefusal) return cause.message
  const code = errorCode(cause)
  return REASONS[code] ?? `failed (${code || 'unknown network error'})`
}

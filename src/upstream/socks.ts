/** SOCKS5 as a client: https://www.rfc-editor.org/rfc/rfc1928, passwords: rfc1929. */
import { isIP, type Socket } from 'node:net'
import { nextMessage, ProxyRefusal } from './proxy-handshake.ts'

export interface Destination {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

export interface Credentials {
  readonly user: string
  readonly password: string
}

const VERSION = 5
const NO_AUTH = 0
const USER_PASSWORD = 2
const CONNECT = 1
const IPV4 = 1
const NAME = 3
const IPV6 = 4

const REPLIES: Readonly<Record<number, string>> = {
  1: 'failed',
  2: 'does not allow this connection',
  3: 'cannot reach the network',
  4: 'cannot reach the host',
  5: 'was refused by the host',
  6: 'took too many hops',
  7: 'does not know the command CONNECT',
  8: 'does not know this type of address',
}

/**
 * Lets the SOCKS5 proxy at the other end of `socket` connect to a destination. The proxy resolves
 * names.
 * @throws ProxyRefusal with the proxy's reason.
 */
export async function socksConnect(
  socket: Socket,
  destination: Destination,
  credentials: Credentials | undefined,
): Promise<void> {
  const methods = credentials === undefined ? [NO_AUTH] : [NO_AUTH, USER_PASSWORD]
  socket.write(Buffer.from([VERSION, methods.length, ...methods]))
  const [version, method] = await nextMessage(socket, exactly(2))
  if (version !== VERSION) throw new ProxyRefusal('is no SOCKS5 proxy')
  if (method === USER_PASSWORD && credentials !== undefined) await logIn(socket, credentials)
  else if (method !== NO_AUTH) throw new ProxyRefusal(WANTS[credentials === undefined ? 0 : 1])
  socket.write(
    Buffer.from([VERSION, CONNECT, 0, ...address(destination.host), ...pair(destination.port)]),
  )
  const [, reply = 1] = await nextMessage(socket, replyLength)
  if (reply !== 0) throw new ProxyRefusal(REPLIES[reply] ?? `answered ${String(reply)}`)
}

const WANTS = ['wants a user name and password', 'takes no user name and password'] as const

async function logIn(socket: Socket, { user, password }: Credentials): Promise<void> {
  const texts = [user, password].map((text) => Buffer.from(text))
  if (texts.some(({ length }) => length > 255))
    throw new ProxyRefusal('takes no password this long')
  const parts = texts.flatMap((text) => [Buffer.from([text.length]), text])
  socket.write(Buffer.concat([Buffer.from([1]), ...parts]))
  const [, status] = await nextMessage(socket, exactly(2))
  if (status !== 0) throw new ProxyRefusal('refused the user name or password')
}

function address(host: string): number[] {
  switch (isIP(host)) {
    case 4:
      return [IPV4, ...host.split('.').map(Number)]
    case 6:
      return [IPV6, ...ipv6Bytes(host)]
    default: {
      const name = Buffer.from(host)
      if (name.length > 255) throw new ProxyRefusal('takes no host name this long')
      return [NAME, name.length, ...name]
    }
  }
}

/** The bytes of an address in the form of `URL`: groups in hex, at most one `::`. */
function ipv6Bytes(host: string): number[] {
  const [left = '', right] = host.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [head, tail] = [groups(left), groups(right ?? '')]
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  return [...head, ...Array.from({ length: zeros }, () => 0), ...tail].flatMap(pair)
}

function pair(number: number): [number, number] {
  return [number >> 8, number & 255]
}

function exactly(length: number): (seen: Buffer) => number {
  return (seen) => (seen.length >= length ? length : 0)
}

/** The length of a reply, which ends in an address of one of three types; the address is not used. */
function replyLength(seen: Buffer): number {
  const [, , , type, first = 0] = seen
  if (seen.length < 5) return 0
  const lengths: Readonly<Record<number, number>> = { [IPV4]: 10, [IPV6]: 22, [NAME]: 7 + first }
  const length = lengths[type ?? 0] ?? 5
  return seen.length >= length ? length : 0
}

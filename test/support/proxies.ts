/** Real proxies on loopback for tests: HTTP CONNECT and SOCKS5, written by hand. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TestProxy {
  /** `host:port` */
  readonly host: string
  readonly port: number
  /** The requested destinations, `host:port`, in order. */
  readonly destinations: readonly string[]
  close(): Promise<void>
}

export interface ProxyOptions {
  /** The required `user:password`. */
  readonly credentials?: string
  /** The port to which every connection leads, so that names need not exist. */
  readonly leadTo?: number
  /** Never answers. */
  readonly silent?: boolean
  /** HTTP: answers CONNECT with this status. SOCKS5: with this reply. */
  readonly refuseWith?: number
  /** Sends its answers one byte at a time. */
  readonly byteByByte?: boolean
}

export function startConnectProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  return start(options, async (socket, destinations) => {
    const head = (await reading(socket, (seen) => seen.indexOf('\r\n\r\n') + 4)).toString()
    const [, destination = ''] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head) ?? []
    destinations.push(destination)
    const wanted =
      options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`
    if (wanted !== undefined && !head.includes(`proxy-authorization: ${wanted}\r\n`)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    if (options.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${String(options.refuseWith)} No\r\n\r\n`)
      return
    }
    say(socket, Buffer.from('HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n'), options)
    join(socket, options.leadTo ?? portOf(destination))
  })
}

export function startSocksProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  return start(options, async (socket, destinations) => {
    const methods = await reading(socket, (seen) => (seen.length < 2 ? 0 : 2 + (seen[1] ?? 0)))
    const wanted = options.credentials === undefined ? 0 : 2
    if (!methods.subarray(2).includes(wanted)) {
      say(socket, Buffer.from([5, 255]), options)
      return
    }
    say(socket, Buffer.from([5, wanted]), options)
    if (options.credentials !== undefined && !(await loggedIn(socket, options))) return
    const destination = await readSocksDestination(socket)
    destinations.push(destination)
    const reply = options.refuseWith ?? 0
    say(socket, Buffer.from([5, reply, 0, 1, 127, 0, 0, 1, 0, 80]), options)
    if (reply === 0) join(socket, options.leadTo ?? portOf(destination))
  })
}

async function loggedIn(socket: Socket, options: ProxyOptions): Promise<boolean> {
  const login = await reading(socket, (seen) => {
    const userEnd = 2 + (seen[1] ?? 255)
    const end = userEnd + 1 + (seen[userEnd] ?? 255)
    return seen.length >= end ? end : 0
  })
  const userEnd = 2 + (login[1] ?? 0)
  const given = `${login.subarray(2, userEnd).toString()}:${login.subarray(userEnd + 1).toString()}`
  const right = given === options.credentials
  say(socket, Buffer.from([1, right ? 0 : 1]), options)
  return right
}

async function readSocksDestination(socket: Socket): Promise<string> {
  const request = await reading(socket, (seen) => {
    const length = { 1: 10, 3: 7 + (seen[4] ?? 255), 4: 22 }[seen[3] ?? 0] ?? 0
    return seen.length >= length ? length : 0
  })
  const address = request.subarray(4, -2)
  const port = String(request.readUInt16BE(request.length - 2))
  if (request[3] === 1) return `${[...address].join('.')}:${port}`
  if (request[3] === 3) return `${address.subarray(1).toString()}:${port}`
  const groups = Array.from({ length: 8 }, (_, n) => address.readUInt16BE(2 * n).toString(16))
  return `[${groups.join(':')}]:${port}`
}

function portOf(destination: string): number {
  return Number(/:(\d+)$/.exec(destination)?.[1])
}

async function start(
  options: ProxyOptions,
  serve: (socket: Socket, destinations: string[]) => Promise<void>,
): Promise<TestProxy> {
  const destinations: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (options.silent !== true) serve(socket, destinations).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${String(port)}`,
    port,
    destinations,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function say(socket: Socket, words: Buffer, { byteByByte }: ProxyOptions): void {
  if (byteByByte !== true) socket.write(words)
  else for (const byte of words) socket.setNoDelay(true).write(Buffer.from([byte]))
}

function join(socket: Socket, port: number): void {
  const onward = connect(port, '127.0.0.1')
  onward.on('error', () => socket.destroy())
  socket.pipe(onward).pipe(socket)
  socket.on('close', () => onward.destroy())
}

/** The next message, as long as `lengthOf` says; 0 or less while it is not whole. */
function reading(socket: Socket, lengthOf: (seen: Buffer) => number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const length = seen.length === 0 ? 0 : lengthOf(seen)
      if (length < 1 || seen.length < length) return
      socket.off('data', onData).pause()
      if (seen.length > length) socket.unshift(seen.subarray(length))
      resolve(seen.subarray(0, length))
    }
    socket.on('data', onData).resume()
    socket.once('close', () => reject(new Error('the client left')))
  })
}

/** Reads what a proxy answers before a connection through it is open. */
import type { Socket } from 'node:net'

/** A proxy refused the connection. The message says why, without credentials. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'
}

/** Limit for a message of a proxy before the connection is open, bytes. */
const MAX_BYTES = 16 * 1024

/**
 * The next complete message of a socket; the bytes after it stay in the socket.
 * @param lengthOf the length of the message at the start of the received bytes, 0 while incomplete.
 */
export function nextMessage(socket: Socket, lengthOf: (seen: Buffer) => number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const length = lengthOf(seen)
      if (length === 0 && seen.length <= MAX_BYTES) return
      end()
      if (length === 0) {
        reject(new ProxyRefusal('sent too much'))
        return
      }
      if (seen.length > length) socket.unshift(seen.subarray(length))
      resolve(seen.subarray(0, length))
    }
    const onClose = (): void => {
      end()
      reject(socket.errored ?? new ProxyRefusal('closed the connection'))
    }
    const end = (): void => {
      socket.pause()
      socket.off('data', onData).off('end', onClose).off('close', onClose)
    }
    socket.on('data', onData).on('end', onClose).on('close', onClose).resume()
    if (socket.destroyed) onClose()
  })
}

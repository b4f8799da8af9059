import type { Socket } from 'node:net'

/** A proxy did not let us through. The message says why, without credentials. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'
}

/** More than any proxy has to say before it lets through, in bytes. */
const LONGEST = 16 * 1024

/**
 * The next whole message of a socket; what follows it stays in the socket.
 * @param lengthOf the length of the message at the start of what has come, 0 while it is not whole.
 */
export function nextMessage(socket: Socket, lengthOf: (seen: Buffer) => number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const length = lengthOf(seen)
      if (length === 0 && seen.length <= LONGEST) return
      end()
      if (length === 0) {
        reject(new ProxyRefusal('said too much'))
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

import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../messages/error.ts'

/** The largest body that is read, in bytes. */
export const BODY_LIMIT = 64 * 1024 * 1024

/**
 * The whole body of a request. Throws GatewayError 413 for one that is larger than `limit`, at once
 * where its length is announced; the rest is then thrown away as it comes. Throws another error
 * when the client went away in the middle.
 */
export async function readBody(req: IncomingMessage, limit = BODY_LIMIT): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(req, limit)
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const take = (part: Buffer): void => {
      size += part.length
      parts.push(part)
      if (size <= limit) return
      req.off('data', take)
      parts.length = 0
      reject(tooLarge(req, limit))
    }
    req.on('data', take)
    req.once('end', () => resolve(Buffer.concat(parts, size)))
    req.once('error', reject)
    req.once('close', () => reject(new Error('the client went away before its request was read')))
  })
}

function tooLarge(req: IncomingMessage, limit: number): GatewayError {
  req.resume()
  const megabytes = Math.floor(limit / 1024 / 1024)
  return new GatewayError('request_too_large', `The request is larger than ${megabytes} MB.`)
}

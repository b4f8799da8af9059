/** Reads the body of a request: its size limit, its packing. */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { GatewayError } from '../messages/error.ts'

/** The largest body that is read, in bytes. */
export const BODY_LIMIT = 64 * 1024 * 1024

/**
 * The whole body of a request, unpacked and without a byte order mark. Throws GatewayError 413 for
 * one that is larger than `limit`, at once where its length is announced (the rest is then thrown
 * away as it comes), 415 for a packing that is not known. Throws another error when the client went
 * away in the middle.
 */
export async function readBody(req: IncomingMessage, limit = BODY_LIMIT): Promise<Buffer> {
  const body = await unpacked(await readBytes(req, limit), req, limit)
  return BYTE_ORDER_MARK.equals(body.subarray(0, BYTE_ORDER_MARK.length))
    ? body.subarray(BYTE_ORDER_MARK.length)
    : body
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

async function readBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
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
    req.once('close', () => {
      // An error holds the stack: too dear to be made for every request that was read.
      if (!req.complete) reject(new Error('the client went away before its request was read'))
    })
  })
}

function tooLarge(req: IncomingMessage, limit: number): GatewayError {
  req.resume()
  const megabytes = Math.floor(limit / 1024 / 1024)
  return new GatewayError('request_too_large', `The request is larger than ${megabytes} MB.`)
}

type Unpack = (packed: Buffer, options: ZlibOptions) => Promise<Buffer>

const UNPACK: Readonly<Record<string, Unpack | undefined>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

async function unpacked(body: Buffer, req: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = (req.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return body
  const unpack = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined
  if (unpack === undefined) {
    throw new GatewayError(
      'invalid_request_error',
      `ccr does not read the content-encoding ${encoding}, only gzip, deflate and br.`,
      { status: 415 },
    )
  }
  try {
    return await unpack(body, { maxOutputLength: limit })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(req, limit)
    throw new GatewayError('invalid_request_error', `The body is not ${encoding}.`, { cause })
  }
}

/** Decompresses bodies, piece by piece. */
import { pipeline, Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { GatewayError } from '../messages/error.ts'

/** Flushes after each piece: an event must not wait for the next one. */
const AT_ONCE = { flush: constants.Z_SYNC_FLUSH }

const DECOMPRESSORS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: () => createGunzip(AT_ONCE),
  'x-gzip': () => createGunzip(AT_ONCE),
  deflate: () => createInflate(AT_ONCE),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
}

/**
 * A body without its `content-encoding`. ccr requests no compression, but some proxies compress
 * anyway. An unknown encoding leaves the bytes as they are.
 * @throws GatewayError if the compressed data is damaged or incomplete.
 */
export function decompressed(
  bytes: AsyncGenerator<Uint8Array>,
  encoding: string | undefined,
  provider: string,
): AsyncGenerator<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? ''
  const open = Object.hasOwn(DECOMPRESSORS, name) ? DECOMPRESSORS[name] : undefined
  return open === undefined ? bytes : through(bytes, open(), provider)
}

async function* through(
  bytes: AsyncGenerator<Uint8Array>,
  decompress: Transform,
  provider: string,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(bytes, { objectMode: false }), decompress, () => undefined)
  try {
    yield* decompress as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    const text = `${provider} sent a packed answer that is damaged or breaks off.`
    throw new GatewayError('api_error', text, { status: 502, cause })
  }
}

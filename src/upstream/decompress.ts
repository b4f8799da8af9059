import { pipeline, Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { GatewayError } from '../messages/error.ts'

/** Gives out what can be read at each piece: an event must not wait for the next one. */
const AT_ONCE = { flush: constants.Z_SYNC_FLUSH }

const UNPACK: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: () => createGunzip(AT_ONCE),
  'x-gzip': () => createGunzip(AT_ONCE),
  deflate: () => createInflate(AT_ONCE),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
}

/**
 * A body as it was before its `content-encoding`. Nobody is asked to pack, but proxies in between
 * do. An encoding that is not known leaves the bytes as they are.
 * @throws GatewayError if the packing is damaged or breaks off.
 */
export function unpacked(
  bytes: AsyncGenerator<Uint8Array>,
  encoding: string | undefined,
  provider: string,
): AsyncGenerator<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? ''
  const open = Object.hasOwn(UNPACK, name) ? UNPACK[name] : undefined
  return open === undefined ? bytes : through(bytes, open(), provider)
}

async function* through(
  bytes: AsyncGenerator<Uint8Array>,
  unpack: Transform,
  provider: string,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(bytes, { objectMode: false }), unpack, () => undefined)
  try {
    yield* unpack as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    const text = `${provider} sent a packed answer that is damaged or breaks off.`
    throw new GatewayError('api_error', text, { status: 502, cause })
  }
}

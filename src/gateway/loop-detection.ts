/** Refuses requests that have come through this session before: `checkVia` on the way in, `withViaHeader` on the way out. */
import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback } from '../lib/loopback.ts'
import { parsedUrl } from '../lib/parsed-url.ts'
import { GatewayError } from '../messages/error.ts'
import type { Upstream } from '../upstream/send.ts'

/** The sessions that a request has come through, as ids with commas; between sessions of ccr alone. */
export const VIA = 'x-ccr-via'

/**
 * Checks the header of an incoming request.
 * @returns the header for its upstream: the sessions that it has come through, this one the last.
 * @throws GatewayError if it has come through this session before: sessions that name one another as
 * providers would pass it on for ever.
 */
export function checkVia(headers: IncomingHttpHeaders, session: string): string {
  const before = String(headers[VIA] ?? '')
  if (!before.split(',').includes(session)) return before === '' ? session : `${before},${session}`
  throw new GatewayError(
    'api_error',
    'This request has come through this session of ccr before: its providers lead back to it.',
    { status: 502, shouldRetry: false },
  )
}

/** The upstream with the header on each call that may reach another session. */
export function withViaHeader(upstream: Upstream, via: string): Upstream {
  return {
    send(call, signal) {
      if (!isLoopback(parsedUrl(call.url).hostname)) return upstream.send(call, signal)
      return upstream.send({ ...call, headers: { ...call.headers, [VIA]: via } }, signal)
    },
    close: () => upstream.close(),
  }
}

/** Refuses calls of a session to itself. */
import { networkInterfaces } from 'node:os'
import { isLoopback } from '../lib/loopback.ts'
import { GatewayError } from '../messages/error.ts'
import type { Call } from '../providers/configured/call.ts'
import { type Proxy, proxyText } from './proxy.ts'

/** A call, its URL, and the proxy that it goes through. */
interface OutgoingCall {
  readonly call: Call
  readonly url: URL
  readonly proxy: Proxy | undefined
}

/**
 * Refuses a call whose URL or proxy is this session itself, which would repeat it without end. Loops
 * through other sessions are found by their header, in `src/gateway/loop-detection.ts`.
 * @param port the port on which this session listens; 0 if it does not listen.
 * @throws GatewayError that names the wrong setting.
 */
export function refuseSelfCall({ call, url, proxy }: OutgoingCall, port: number): void {
  if (proxy !== undefined && isThisSession(proxy.url, port)) {
    throw selfCallError(
      `${call.provider} cannot be reached: ${proxyText(proxy)} is this session of ccr itself.`,
    )
  }
  if (proxy === undefined && isThisSession(url, port)) {
    throw selfCallError(
      `${call.provider} (${url.origin}) is this session of ccr itself: its api_base_url must be the provider's own endpoint.`,
    )
  }
}

function selfCallError(message: string): GatewayError {
  return new GatewayError('api_error', message, { status: 502, shouldRetry: false })
}

function isThisSession(url: URL, port: number): boolean {
  if (port === 0 || Number(url.port) !== port) return false
  return isLoopback(url.hostname) || localAddresses().has(url.hostname)
}

function localAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return new Set(addresses.flatMap(({ address }) => [address, `[${address}]`]))
}

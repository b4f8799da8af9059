import { networkInterfaces } from 'node:os'
import { isLoopback } from '../lib/loopback.ts'
import { GatewayError } from '../messages/error.ts'
import type { Call } from '../providers/configured/call.ts'
import { type Proxy, proxyText } from './proxy.ts'

/** A call, its URL, and the proxy that leads there. */
interface Way {
  readonly call: Call
  readonly url: URL
  readonly proxy: Proxy | undefined
}

/**
 * Refuses a call that would come back to this session, which would answer it with another one, and
 * so on for ever.
 * @param port that this session listens on; 0 where it does not.
 * @throws GatewayError naming the setting that leads here.
 */
export function refuseLoop({ call, url, proxy }: Way, port: number): void {
  if (proxy !== undefined && isOwn(proxy.url, port)) {
    throw loop(
      `${call.provider} cannot be reached: ${proxyText(proxy)} is this session of ccr itself.`,
    )
  }
  if (proxy === undefined && isOwn(url, port)) {
    throw loop(
      `${call.provider} (${url.origin}) is this session of ccr itself: its api_base_url must be the provider's own endpoint.`,
    )
  }
}

function loop(message: string): GatewayError {
  return new GatewayError('api_error', message, { status: 502, shouldRetry: false })
}

function isOwn(url: URL, port: number): boolean {
  if (port === 0 || Number(url.port) !== port) return false
  return isLoopback(url.hostname) || ownAddresses().has(url.hostname)
}

function ownAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return new Set(addresses.flatMap(({ address }) => [address, `[${address}]`]))
}

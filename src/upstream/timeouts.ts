/** How long providers may take. */
import type { Config } from '../config/config.ts'

/** How long a provider may take. */
export interface Timeouts {
  /** Until the connection is open, ms. */
  readonly connectMs: number
  /** From the request to the first byte of the body, ms; the status line alone says nothing yet. */
  readonly firstByteMs: number
  /** Between two reads of the body, ms. */
  readonly idleMs: number
}

/** A connection that takes longer will not be made: the address is dead, or a packet filter drops it. */
const CONNECT_MS = 10_000

/**
 * The limits of each provider. A slow reasoning model is silent for minutes, so the limits on silence
 * are the client's, unless the config sets others for the provider.
 */
export function timeoutsFrom(
  config: Pick<Config, 'providers' | 'apiTimeoutMs'>,
): (provider: string) => Timeouts {
  const usual = {
    connectMs: CONNECT_MS,
    firstByteMs: config.apiTimeoutMs,
    idleMs: config.apiTimeoutMs,
  }
  const byProvider = new Map(
    config.providers.map(({ name, timeouts = {} }) => [
      name,
      {
        connectMs: timeouts.connect ?? usual.connectMs,
        firstByteMs: timeouts.firstByte ?? usual.firstByteMs,
        idleMs: timeouts.idle ?? usual.idleMs,
      },
    ]),
  )
  return (provider) => byProvider.get(provider) ?? usual
}

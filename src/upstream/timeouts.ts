import type { Config } from '../config/config.ts'
import type { Timeouts } from './answer.ts'

/** A connection that takes longer is not going to come: a dead address, or a packet filter. */
const CONNECT_MS = 10_000

/**
 * How long each provider may take. Slow reasoning is silent for minutes, so the limits on silence
 * are those of the client itself, unless the provider has its own.
 */
export function limitsOf(
  config: Pick<Config, 'providers' | 'apiTimeoutMs'>,
): (provider: string) => Timeouts {
  const usual = {
    connectMs: CONNECT_MS,
    firstByteMs: config.apiTimeoutMs,
    idleMs: config.apiTimeoutMs,
  }
  const own = new Map(
    config.providers.map(({ name, timeouts = {} }) => [
      name,
      {
        connectMs: timeouts.connect ?? usual.connectMs,
        firstByteMs: timeouts.firstByte ?? usual.firstByteMs,
        idleMs: timeouts.idle ?? usual.idleMs,
      },
    ]),
  )
  return (provider) => own.get(provider) ?? usual
}

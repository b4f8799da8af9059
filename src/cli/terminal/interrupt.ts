/** Lets a command clean up before Ctrl-C, SIGTERM or a closed terminal ends it. */
import { constants } from 'node:os'

export interface Interruption {
  /** Aborted by the first signal; later signals are ignored, so that the cleanup can finish. */
  readonly signal: AbortSignal
  /** 128+N after signal N; null if there was none. */
  exitCode(): number | null
  /** Restores the default behaviour of the signals. */
  off(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function onInterruption(): Interruption {
  const controller = new AbortController()
  let first: (typeof SIGNALS)[number] | null = null
  const take = (signal: NodeJS.Signals): void => {
    first ??= SIGNALS.find((name) => name === signal) ?? null
    controller.abort()
  }
  for (const signal of SIGNALS) process.on(signal, take)
  return {
    signal: controller.signal,
    exitCode: () => (first === null ? null : 128 + constants.signals[first]),
    off: () => {
      for (const signal of SIGNALS) process.off(signal, take)
    },
  }
}

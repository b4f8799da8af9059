import { setTimeout as after } from 'node:timers/promises'

/** Resolves after so many ms, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined)
}

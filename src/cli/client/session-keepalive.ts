/** Keeps a client's session running while the client runs: the self-healing of `ccr code`. */
import { timerDelay } from '../../lib/delay.ts'
import { UserError } from '../../lib/user-error.ts'
import type { Lease, LeaseEnd } from '../../session/lease.ts'

export interface KeepaliveHooks {
  /**
   * Makes the session run again after its daemon ended for this reason, and takes a new lease. Rejects
   * with a message for the user if that is impossible or not wanted, for example because the user has
   * stopped the session.
   */
  renew(why: LeaseEnd): Promise<Lease>
  /** Waits until the user has started the session again, and takes a new lease. */
  rejoin(signal: AbortSignal): Promise<Lease>
  /** Shows a note to the user. */
  notify(note: string): void
  /**
   * The session is gone until the user starts it again. `mayPrint`: the client may have received an
   * answer that it has not printed yet.
   */
  onLost(mayPrint: boolean): void
  /** The session is running again. */
  onBack?(): void
}

export interface SessionKeepalive {
  /** Whether the session is currently gone. */
  readonly lost: boolean
  /** Releases the lease and stops watching. */
  close(): void
}

/**
 * Holds the lease, and takes a new one whenever the daemon ends without being stopped or the user starts
 * the session again after a stop.
 */
export function keepSessionAlive(first: Lease, hooks: KeepaliveHooks): SessionKeepalive {
  let lease = first
  let lost = false
  // An answer may still be running in a daemon that was replaced.
  let replaced = false
  const closed = new AbortController()
  const isClosed = (): boolean => closed.signal.aborted

  const renewed = async (why: LeaseEnd): Promise<Lease> => {
    try {
      return await hooks.renew(why)
    } catch (thrown) {
      if (isClosed()) throw thrown
      lost = true
      hooks.notify(reason(thrown))
      hooks.onLost(lease.mayPrint || replaced)
    }
    const next = await hooks.rejoin(closed.signal)
    lost = false
    hooks.onBack?.()
    if (!isClosed()) hooks.notify('the session is running again.')
    return next
  }
  const watch = async (): Promise<void> => {
    while (!isClosed()) {
      const why = await lease.ended
      if (why === 'restarting') replaced = true
      if (why === 'stopping') {
        hooks.notify('the session is being stopped; running answers may finish.')
      }
      lease = await renewed(why)
      if (isClosed()) break
      if (lease.token !== first.token) {
        hooks.notify('the session has a new token: restart this client.')
      }
      if (lease.baseUrl !== first.baseUrl) {
        hooks.notify(
          `the session moved to ${lease.baseUrl}: restart this client. ` +
            'If another program uses the old port, it may have read the token: ' +
            'ccr restart --new-token',
        )
      }
    }
    lease.close()
  }
  watch().catch((thrown: unknown) => {
    if (!isClosed()) hooks.notify(reason(thrown))
  })
  return {
    get lost() {
      return lost
    },
    close: () => {
      closed.abort()
      lease.close()
    },
  }
}

/** How long a client may take to print its last answer before it is ended, even on a busy machine. */
const PRINTING_LIMIT_MS = 20_000

export interface ClientEnding {
  /** Aborted when the client must be ended. */
  readonly signal: AbortSignal
  readonly onLost: (mayPrint: boolean) => void
  readonly onBack: () => void
  /** The client has ended. */
  readonly close: () => void
}

/**
 * Decides when a client without a terminal is ended because its session is gone: immediately, or after a
 * time limit if it may still print an answer.
 */
export function clientEnding(limitMs = PRINTING_LIMIT_MS): ClientEnding {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const close = (): void => clearTimeout(timer)
  return {
    signal: controller.signal,
    onLost: (mayPrint) => {
      if (!mayPrint) controller.abort()
      else timer = setTimeout(() => controller.abort(), timerDelay(limitMs))
    },
    onBack: close,
    close,
  }
}

function reason(thrown: unknown): string {
  if (thrown instanceof UserError) return `${thrown.message}\n${thrown.hint}`
  return thrown instanceof Error ? thrown.message : String(thrown)
}

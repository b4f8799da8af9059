/** Keeps a client's session alive while the client lives: the self-healing of `ccr code`. */
import { UserError } from '../lib/user-error.ts'
import type { Lease, LeaseEnd } from '../session/lease.ts'

export interface Care {
  /**
   * Makes sure that the session runs again after its daemon went with this word, and takes a new
   * lease. Rejects with a reason for the user when that must not or cannot be: above all when the
   * user has stopped the session.
   */
  renew(why: LeaseEnd): Promise<Lease>
  /** Tells the user. */
  tell(note: string): void
  /** The session is gone for good, and the client's requests with it. */
  onLost(): void
}

export interface Kept {
  /** Whether the session is gone for good. */
  readonly lost: boolean
  /** Gives the lease back and cares no more. */
  close(): void
}

/** Holds the lease, and takes a new one whenever the daemon went without being stopped. */
export function keepSession(first: Lease, care: Care): Kept {
  let lease = first
  let closed = false
  let lost = false
  const watch = async (): Promise<void> => {
    while (!closed) {
      const why = await lease.ended
      if (why === 'stopping') {
        care.tell('the session is being stopped; running answers may finish.')
      }
      lease = await care.renew(why)
      if (lease.token !== first.token) {
        care.tell('the session has a new token: end this client and start it again.')
      }
      if (lease.baseUrl !== first.baseUrl) {
        care.tell(`the session moved to ${lease.baseUrl}: end this client and start it again.`)
      }
    }
    lease.close()
  }
  watch().catch((thrown: unknown) => {
    if (closed) return
    lost = true
    care.tell(reason(thrown))
    care.onLost()
  })
  return {
    get lost() {
      return lost
    },
    close: () => {
      closed = true
      lease.close()
    },
  }
}

function reason(thrown: unknown): string {
  if (thrown instanceof UserError) return `${thrown.message}\n${thrown.hint}`
  return thrown instanceof Error ? thrown.message : String(thrown)
}

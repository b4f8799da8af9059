/** The older side of a restart: this daemon starts the next one and gives it all that it holds. */
import type { Server } from 'node:http'
import { descriptorOf } from '../lib/descriptor.ts'
import { acquire, type Held } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import { GatewayError } from '../messages/error.ts'
import type { SessionRef } from '../session/identity.ts'
import { bootLock } from '../session/paths.ts'
import { spawnDaemon, type ReadyMessage } from '../session/spawn.ts'
import { type Order, takeOrder } from '../session/restart-order.ts'
import { HANDOVER_DRAIN_MS } from './control.ts'
import type { Shutdown } from './shutdown.ts'

export interface SuccessorParts {
  readonly ref: SessionRef
  readonly log: Logger
  readonly server: () => Server
  /** The address that the server is bound to. */
  readonly bound: () => { readonly host: string; readonly port: number }
  readonly serveLock: Held
  /** The successor belongs to the same `ccr start --foreground`. */
  readonly foreground: boolean
  readonly shutdown: Shutdown
  /** Puts the session's files right. */
  readonly repair: () => Promise<void>
}

export interface Successor {
  /** True while a successor starts: what the session's files say is his affair. */
  readonly isUnderWay: boolean
  /**
   * Starts the successor that the order names, and ends when it serves; goes on as before when it
   * could not. Throws GatewayError for an order that is not to be followed.
   */
  begin(text: string): Promise<ReadyMessage>
}

export function createSuccessor(parts: SuccessorParts): Successor {
  const { ref, log, shutdown, foreground } = parts
  let underWay = false

  const spawn = async (order: Order): Promise<ReadyMessage> => {
    const serveLock = parts.serveLock.descriptor
    const listener = descriptorOf(parts.server())
    if (serveLock === null || listener === null) throw unable()
    // From here on nobody else boots: it is held until the successor has said its word.
    const booting = await acquire(ref.home, bootLock(ref))
    try {
      if (shutdown.kind !== null) throw tooLate()
      await parts.repair() // its token and its port are there
      const inheritance = {
        ...(booting.descriptor === null ? {} : { bootLock: booting.descriptor }),
        serveLock,
        listener: { descriptor: listener, ...parts.bound() },
      }
      underWay = true
      return await spawnDaemon(ref, { ...order, handover: true, foreground, inheritance })
    } finally {
      underWay = false
      booting.release()
    }
  }

  return {
    get isUnderWay() {
      return underWay
    },
    async begin(text) {
      const order = takeOrder(ref, text)
      if (!order) throw new GatewayError('permission_error', 'Nobody has signed this order.')
      const word = await spawn(order).catch(asFailure)
      if ('ready' in word) give(word.ready.pid)
      else
        await parts
          .repair()
          .catch((cause: unknown) =>
            log.error({ cause }, 'the files of the session could not be repaired'),
          )
      return word
    },
  }

  function give(pid: number): void {
    // Who told this daemon to stop meanwhile meant the session.
    if (shutdown.kind === 'stopping') process.kill(pid, 'SIGTERM')
    if (shutdown.kind !== null) return
    shutdown.handOver()
    shutdown.leave(HANDOVER_DRAIN_MS)
  }
}

/** Errors for the user become the word that the successor could not say. */
function asFailure(thrown: unknown): ReadyMessage {
  if (thrown instanceof Error && 'hint' in thrown && typeof thrown.hint === 'string') {
    return { failed: { message: thrown.message, hint: thrown.hint } }
  }
  throw thrown
}

/** For who asks it is as if we did not know the path: he goes another way. */
function unable(): GatewayError {
  return new GatewayError('not_found_error', 'Sockets cannot be passed on here.')
}

function tooLate(): GatewayError {
  return new GatewayError('invalid_request_error', 'The daemon is ending.', { status: 409 })
}

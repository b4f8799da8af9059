/** The old daemon's part of a restart: it starts its successor and passes its lock and socket on. */
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
  /** Repairs the session's files. */
  readonly repair: () => Promise<void>
}

export interface Successor {
  /** True while a successor starts: it is responsible for the session's files then. */
  readonly isUnderWay: boolean
  /**
   * Starts the successor that the order names, and shuts down when it serves; goes on as before when
   * it cannot start. Throws GatewayError for an order that must not be followed.
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
    // Held until the successor has reported, so that no other daemon boots meanwhile.
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
      if (!order) throw new GatewayError('permission_error', 'This order is not signed.')
      const message = await spawn(order).catch(asFailure)
      if ('ready' in message) handOver(message.ready.pid)
      else
        await parts
          .repair()
          .catch((cause: unknown) =>
            log.error({ cause }, 'the files of the session could not be repaired'),
          )
      return message
    },
  }

  function handOver(pid: number): void {
    // A stop that reached this daemon meanwhile is meant for the session.
    if (shutdown.kind === 'stopping') process.kill(pid, 'SIGTERM')
    if (shutdown.kind !== null) return
    shutdown.handOver()
    shutdown.leave(HANDOVER_DRAIN_MS)
  }
}

/** Turns an error for the user into the message that the successor could not send. */
function asFailure(thrown: unknown): ReadyMessage {
  if (thrown instanceof Error && 'hint' in thrown && typeof thrown.hint === 'string') {
    return { failed: { message: thrown.message, hint: thrown.hint } }
  }
  throw thrown
}

/** Answers as if the path were unknown, so that the command falls back to a handover. */
function unable(): GatewayError {
  return new GatewayError('not_found_error', 'Sockets cannot be passed on here.')
}

function tooLate(): GatewayError {
  return new GatewayError('invalid_request_error', 'The daemon is ending.', { status: 409 })
}

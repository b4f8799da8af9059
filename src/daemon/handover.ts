/** The new daemon's part of a restart: it takes the lock and socket of the previous daemon over. */
import { closeSync } from 'node:fs'
import { acquire, type Held, inherit, tryAcquire } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import type { SessionRef } from '../session/identity.ts'
import type { Inheritance, Listener } from '../session/inheritance.ts'
import { bootLock, serveLock } from '../session/paths.ts'
import { COMMAND_LIMIT_MS, provePeer, readJson } from '../session/peer.ts'
import { keepsPort } from '../session/ports.ts'
import { readRecord } from '../session/record.ts'
import type { Address } from './bind.ts'

/** Holds the boot lock: the inherited one, or else by waiting for it. */
export function holdBoot(ref: SessionRef, { bootLock: descriptor }: Inheritance): Promise<Held> {
  if (descriptor === undefined) return acquire(ref.home, bootLock(ref))
  return inherit(ref.home, bootLock(ref), descriptor)
}

/** Holds the serve lock: the inherited one, or else if it is free; null when another daemon has it. */
export function holdServe(
  ref: SessionRef,
  { serveLock: descriptor }: Inheritance,
): Promise<Held | null> {
  if (descriptor === undefined) return tryAcquire(ref.home, serveLock(ref))
  return inherit(ref.home, serveLock(ref), descriptor)
}

/**
 * Has the running daemon free the session and its port, and returns the serve lock. When the daemon
 * does not answer, or is ending for another reason, this waits for it to end, which frees the lock.
 */
export async function takeOver(ref: SessionRef, log: Logger): Promise<Held> {
  await makeRoom(ref, log)
  return acquire(ref.home, serveLock(ref))
}

/**
 * The inherited socket, if it is bound to where the session belongs now. Otherwise it is closed, and
 * the previous daemon has to close its copy as well: two addresses on one port would conflict.
 */
export async function usableListener(
  ref: SessionRef,
  { listener }: Inheritance,
  wanted: { readonly address: Address; readonly base: number; readonly log: Logger },
): Promise<Listener | undefined> {
  if (!listener) return undefined
  const { address, base, log } = wanted
  if (listener.host === address.bind && keepsPort(ref.id, listener.port, base)) return listener
  closeSync(listener.descriptor)
  await makeRoom(ref, log)
  return undefined
}

async function makeRoom(ref: SessionRef, log: Logger): Promise<void> {
  const peer = await provePeer(readRecord(ref), COMMAND_LIMIT_MS)
  try {
    if (peer) await readJson(await peer.ask('POST', '/control/handover', {}))
  } catch (cause) {
    log.warn({ cause }, 'the daemon before this one did not answer the handover')
  } finally {
    peer?.close()
  }
}

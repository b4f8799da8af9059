/** The younger side of a restart: what the daemon before has, or makes room for. */
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

/** Holds the boot lock: by what was inherited, else by waiting for it. */
export function holdBoot(ref: SessionRef, { bootLock: descriptor }: Inheritance): Promise<Held> {
  if (descriptor === undefined) return acquire(ref.home, bootLock(ref))
  return inherit(ref.home, bootLock(ref), descriptor)
}

/** The serve lock: inherited, else if it is free; null when another daemon has it. */
export function holdServe(
  ref: SessionRef,
  { serveLock: descriptor }: Inheritance,
): Promise<Held | null> {
  if (descriptor === undefined) return tryAcquire(ref.home, serveLock(ref))
  return inherit(ref.home, serveLock(ref), descriptor)
}

/**
 * Has the running daemon free the session and its port; gives the serve lock. A daemon that does
 * not answer, or is ending for another reason, is waited for: its lock goes with it.
 */
export async function takeOver(ref: SessionRef, log: Logger): Promise<Held> {
  await makeRoom(ref, log)
  return acquire(ref.home, serveLock(ref))
}

/**
 * The inherited socket if it is where the session belongs now. Else it is let go, and the daemon
 * before has to close its own: two addresses on one port would be in each other's way.
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

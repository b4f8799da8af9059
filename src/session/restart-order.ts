/**
 * Succession: a restart has the running daemon start the one that follows it, because only so can
 * the socket that listens be passed on: it is open without a break, and nobody is refused.
 *
 * What a daemon shall start is code, so its token alone must not do: claude and all that it runs
 * have that in their environment. Who orders a succession puts the digest of his order into the
 * session's own folder, which he alone can write.
 */
import { createHash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readText, replaceFile } from '../lib/files.ts'
import { sameSecret } from '../lib/secret.ts'
import type { Env, SessionRef } from './identity.ts'
import { orderFile } from './paths.ts'

/** Which program follows, and with which environment. */
export interface Order {
  /** The Node that runs it. */
  readonly node: string
  /** The program of ccr, as in `node SCRIPT`. */
  readonly script: string
  /** The caller's. */
  readonly env: Env
  /** The session shall have another token. */
  readonly newToken?: boolean
}

/** The order as it is sent to the daemon, countersigned in the session's folder. Throws UserError. */
export function signOrder(ref: SessionRef, order: Order): object {
  // With a nonce the digest tells nothing about the values in the environment.
  const signed = { nonce: randomBytes(32).toString('hex'), ...order }
  replaceFile(orderFile(ref), `${digestOf(JSON.stringify(signed))}\n`)
  return signed
}

/** Reads an order, once. Null for one that nobody has signed, or that is none. */
export function takeOrder(ref: SessionRef, text: string): Order | null {
  const signature = readText(orderFile(ref))?.trim() ?? ''
  if (!sameSecret(signature, digestOf(text))) return null
  rmSync(orderFile(ref), { force: true })
  const order = JSON.parse(text) as Partial<Order>
  const { node, script, env, newToken = false } = order
  return typeof node === 'string' && typeof script === 'string' && env
    ? { node, script, env, ...(newToken ? { newToken } : {}) }
    : null
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

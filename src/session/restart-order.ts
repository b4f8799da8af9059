/**
 * The order by which a restart has the running daemon start its successor. Only the running daemon
 * can pass its listening socket on, so that it stays open and no client is refused.
 *
 * The order names code to run, so the token alone must not authorise it: claude and everything that
 * it runs have the token in their environment. The command therefore writes the digest of its order
 * to the session's folder, which only this user can write.
 */
import { createHash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readText, replaceFile } from '../lib/files.ts'
import { sameSecret } from '../lib/secret.ts'
import type { SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { orderFile } from './paths.ts'

/** Which program the daemon starts, and with which environment. */
export interface Order {
  /** The Node that runs it. */
  readonly node: string
  /** The program of ccr, as in `node SCRIPT`. */
  readonly script: string
  /** The caller's. */
  readonly env: Env
  /** Gives the session another token. */
  readonly newToken?: boolean
}

/** The order as it is sent to the daemon, countersigned in the session's folder. Throws UserError. */
export function signOrder(ref: SessionRef, order: Order): object {
  // With a nonce the digest tells nothing about the values in the environment.
  const signed = { nonce: randomBytes(32).toString('hex'), ...order }
  replaceFile(orderFile(ref), `${digestOf(JSON.stringify(signed))}\n`)
  return signed
}

/** Reads an order, once. Null for one without a matching signature, or of another form. */
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

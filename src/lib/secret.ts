/** The secret of a session, and how it is compared and proved. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Every session token starts so: the guard tells a token of another session by it. */
export const TOKEN_PREFIX = 'ccr-tok-'

export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(32).toString('base64url')
}

/** The proof a daemon gives for a nonce: HMAC-SHA256 of the nonce under its token, in hex. */
export function proofOf(token: string, nonce: string): string {
  return createHmac('sha256', token).update(nonce).digest('hex')
}

/** Compares two secrets in a time that does not tell where they differ. */
export function sameSecret(one: string, other: string): boolean {
  return isSecret(other)(one)
}

/** Tells a secret from anything else in a time that does not tell where they differ. */
export function isSecret(secret: string): (given: string) => boolean {
  const known = Buffer.from(secret)
  return (given) => {
    const bytes = Buffer.from(given)
    return bytes.length === known.length && timingSafeEqual(bytes, known)
  }
}

/** Random ids, drawn in advance. */
import { randomFillSync } from 'node:crypto'

const BYTES = 12
const pool = Buffer.allocUnsafe(BYTES * 256)
let used = pool.length

/** A prefix and 24 random hex digits. Drawn in advance: asking the system for each costs more. */
export function randomId(prefix: string): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += BYTES
  return prefix + pool.toString('hex', used - BYTES, used)
}

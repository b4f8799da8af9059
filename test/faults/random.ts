/** Random choices that a seed repeats. */
import { randomInt } from 'node:crypto'

export interface Random {
  readonly seed: number
  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number
  /** One of them. */
  one<T>(choices: readonly T[]): T
}

/** `FAULTS_SEED` from the environment, else a new one each run. */
export function seedOfRun(): number {
  const given = process.env['FAULTS_SEED'] ?? ''
  return given === '' ? randomInt(2 ** 31) : Number(given)
}

/** The generator mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { seed, below, one: (choices) => choices[below(choices.length)]! }
}

/** Random choices from a seed, so that a run can be repeated. */

export interface Random {
  /** An integer from 0 to `below` - 1. */
  below(below: number): number
  of<T>(list: readonly T[]): T
  /** True once in `n` times. */
  once(n: number): boolean
}

/** mulberry32: small, fast, and the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  const below = (n: number): number => next() % n
  return { below, of: (list) => list[below(list.length)]!, once: (n) => below(n) === 0 }
}

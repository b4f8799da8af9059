/** Limits how many pieces of work run at the same time. */

/** Runs a piece of work when its turn comes. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>

/** Lets at most `limit` pieces of work run at the same time; the others wait, in order. */
export function limiter(limit: number): Limiter {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < limit) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

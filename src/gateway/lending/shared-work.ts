/** Work that several wait for at once: done once, a few at a time, ended when nobody waits any more. */

export interface SharedWork<T> {
  /**
   * The result of the work of this key: that which runs already, else it begins.
   * @param signal of the one who waits; the work itself ends only with the last of them.
   * @throws what the work throws, or the reason of the signal.
   */
  of(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
}

interface Running<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
}

/** @param atOnce how many may run; the others wait for their turn. */
export function createSharedWork<T>(atOnce: number): SharedWork<T> {
  const running = new Map<string, Running<T>>()
  const turns: (() => void)[] = []
  let free = atOnce

  const turn = async (): Promise<void> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => turns.push(resolve))
  }
  const leave = (): void => {
    const next = turns.shift()
    if (next === undefined) free += 1
    else next()
  }
  const begin = (key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> => {
    const abort = new AbortController()
    const run = async (): Promise<T> => {
      await turn()
      try {
        abort.signal.throwIfAborted()
        return await work(abort.signal)
      } finally {
        leave()
        forget(key, begun)
      }
    }
    const begun: Running<T> = { result: run(), abort, waiting: 0 }
    // Whoever waits hears of a failure; nobody may be left.
    begun.result.catch(() => undefined)
    running.set(key, begun)
    return begun
  }
  const forget = (key: string, one: Running<T>): void => {
    if (running.get(key) === one) running.delete(key)
  }

  return {
    async of(key, work, signal) {
      signal.throwIfAborted()
      const one = running.get(key) ?? begin(key, work)
      one.waiting += 1
      try {
        return await orAborted(one.result, signal)
      } finally {
        one.waiting -= 1
        if (one.waiting === 0 && running.get(key) === one) {
          forget(key, one)
          one.abort.abort()
        }
      }
    },
  }
}

/** The promise's result, unless the signal aborts before. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

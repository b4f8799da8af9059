/** Starts each session once, however many samples of its model begin at the same time. */

/** Runs `start` for the session with this id, when the first start of the session has succeeded. */
export type FirstStarts = <T>(id: string, start: () => Promise<T>) => Promise<T>

/** If the first start of a session fails, the others fail with the same error. */
export function firstStarts(): FirstStarts {
  const firsts = new Map<string, Promise<unknown>>()
  return async (id, start) => {
    const first = firsts.get(id)
    if (first !== undefined) {
      await first
      return start()
    }
    const started = start()
    firsts.set(id, started)
    return started
  }
}

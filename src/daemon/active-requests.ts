/** The model requests that a server is answering, so that a daemon can wait for the last one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { originForm } from '../server/server.ts'

export interface ActiveRequests {
  /** For every request of the server, before it is handled. */
  readonly watch: (req: IncomingMessage, res: ServerResponse) => void
  readonly count: number
  /** How long ago the last answer was given whole, in ms; infinite when none was. */
  sinceWhole(): number
  /** Resolves when none is being answered. */
  idle(): Promise<void>
  /** Lets no connection outlive the answer that runs on it. */
  makeLast(): void
  /** Breaks off what is still running. */
  cut(): void
}

export function trackActiveRequests(): ActiveRequests {
  const running = new Set<ServerResponse>()
  let waiting: (() => void)[] = []
  let lastWhole = Number.NEGATIVE_INFINITY
  return {
    watch(req, res) {
      if (!originForm(req.url ?? '/').startsWith('/v1/')) return
      running.add(res)
      res.once('close', () => {
        running.delete(res)
        if (res.writableFinished) lastWhole = performance.now()
        if (running.size > 0) return
        for (const wake of waiting) wake()
        waiting = []
      })
    },
    get count() {
      return running.size
    },
    sinceWhole: () => performance.now() - lastWhole,
    idle: () =>
      running.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    makeLast: () => {
      for (const res of running) res.shouldKeepAlive = false
    },
    cut: () => {
      for (const res of running) res.destroy()
    },
  }
}

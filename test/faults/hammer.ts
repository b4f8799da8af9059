/** Requests without a pause, each over a connection of its own or over one that is kept. */
import { Agent, request } from 'node:http'

export interface Hammer {
  /** Ends it; gives how many requests were answered, and what went wrong with the others. */
  stop(): Promise<{
    readonly answered: number
    readonly failures: Readonly<Record<string, number>>
  }>
}

export interface Target {
  readonly port: number
  readonly token: string
}

/** `lanes` requests at a time. */
export function hammer({ port, token }: Target, lanes: number, keepAlive = false): Hammer {
  const agent = new Agent({ keepAlive, maxSockets: lanes })
  const failures: Record<string, number> = {}
  let answered = 0
  let over = false
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const fail = (why: string): void => {
        failures[why] = (failures[why] ?? 0) + 1
        resolve()
      }
      const headers = { authorization: `Bearer ${token}` }
      const sent = request({ host: '127.0.0.1', port, path: '/v1/models', agent, headers })
      sent.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      sent.once('response', (res) => {
        res.once('end', () => {
          if (res.statusCode !== 200) return fail(String(res.statusCode))
          answered += 1
          resolve()
        })
        res.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
        res.resume()
      })
      sent.end()
    })
  const lane = async (): Promise<void> => {
    while (!over) await once()
  }
  const running = Promise.all(Array.from({ length: lanes }, lane))
  return {
    stop: async () => {
      over = true
      await running
      agent.destroy()
      return { answered, failures }
    },
  }
}

/** The holder's end of a socket lock: it listens, and answers the processes that wait. */
import { createServer, type Server, type Socket } from 'node:net'
import { descriptorOf } from '../descriptor.ts'
import type { Held } from './held.ts'
import { answerTo, LINE_LIMIT } from './lock-protocol.ts'

/** How many waiters may queue before the holder's event loop turns to them. */
const BACKLOG = 4096

type Where = { readonly path: string } | { readonly fd: number }

/** Holds the lock by listening. Rejects with EADDRINUSE when another process listens there. */
export function listening(where: Where, key: string): Promise<Held> {
  const waiters = new Set<Socket>()
  let work = (): Promise<unknown> => Promise.resolve()
  const server = createServer((waiter) => {
    waiters.add(waiter)
    waiter.on('error', () => undefined) // a waiter that was killed
    waiter.on('close', () => waiters.delete(waiter))
    waiter.write(`${process.pid}\n`) // older versions, which ask for no proof, take this as the holder's pid
    onLines(waiter, (line) => answerTo(line, { waiter, key, work }))
    waiter.unref()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.unref()
      resolve({
        release: () => release(server, waiters),
        descriptor: descriptorOf(server),
        onRepairRequest: (next) => (work = next),
      })
    })
  })
}

function onLines(waiter: Socket, take: (line: string) => void): void {
  let rest = ''
  waiter.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
    if (rest.length > LINE_LIMIT) waiter.destroy()
  })
}

/** Closes the name before the waiters' connections, so that the name is free when they wake. */
function release(server: Server, waiters: ReadonlySet<Socket>): void {
  server.close()
  for (const waiter of waiters) waiter.destroy()
}

/**
 * Port blocks for tests that run real daemons side by side. A block is claimed by a listening
 * socket that is held until release, so two test processes can never share one.
 */
import { createServer } from 'node:net'

/** Below the range from which Linux hands out ports by itself (32768 and up). */
const FIRST = 20_000
const SIZE = 110
const BLOCKS = 110

export interface PortBlock {
  /** For the config's `PORT`: the default session; the 100 ports after it are for preferences. */
  readonly port: number
  release(): Promise<void>
}

let claims = 0

/**
 * Claims a block of ports. The search starts at a number that depends on the process and on the call: a connection that `fetch` keeps must not lead to a daemon of an earlier test that is ending.
 */
export async function claimPorts(): Promise<PortBlock> {
  const start = process.pid + claims
  claims += 1
  for (let n = 0; n < BLOCKS; n += 1) {
    const lock = FIRST + ((start + n) % BLOCKS) * SIZE
    const release = await hold(lock)
    if (release) return { port: lock + 1, release }
  }
  throw new Error(`no free block among ports ${String(FIRST)}-${String(FIRST + BLOCKS * SIZE)}`)
}

function hold(port: number): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => {
      server.unref()
      resolve(
        () =>
          new Promise<void>((closed) => {
            server.close(() => closed())
          }),
      )
    })
  })
}

/**
 * Port blocks for tests that run real daemons side by side. A block is claimed by a listening
 * socket that is held until release, so two test processes can never share one.
 */
import { createServer } from 'node:net'

/** Below the range from which Linux hands out ports by itself (32768 and up). */
const FIRST = 20_000
const SIZE = 110
const BLOCKS = 110
/** How many ports of a block tests use, as a rule: that of the default session and of a few preferences. */
const USUAL = 12

export interface PortBlock {
  /** For the config's `PORT`: the default session; the 100 ports after it are for preferences. */
  readonly port: number
  release(): Promise<void>
}

let claims = 0

/**
 * Claims a block of ports. The search starts at a number that depends on the process and on the call: a
 * connection that `fetch` keeps must not lead to a daemon of an earlier test that is ending. A block in
 * which a daemon of a killed test still listens is left alone.
 */
export async function claimPorts(): Promise<PortBlock> {
  const start = process.pid + claims
  claims += 1
  for (let n = 0; n < BLOCKS; n += 1) {
    const lock = FIRST + ((start + n) % BLOCKS) * SIZE
    const release = await hold(lock)
    if (!release) continue
    if (await areFree(lock + 1, USUAL)) return { port: lock + 1, release }
    await release()
  }
  throw new Error(`no free block among ports ${String(FIRST)}-${String(FIRST + BLOCKS * SIZE)}`)
}

async function areFree(first: number, count: number): Promise<boolean> {
  const ports = Array.from({ length: count }, (_, n) => first + n)
  const held = await Promise.all(ports.map(hold))
  for (const release of held) await release?.()
  return held.every((release) => release !== undefined)
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

/**
 * The protocol between a waiter and the holder of a socket lock, one line per message:
 *
 * - the holder sends its pid at once, which proves nothing
 * - `prove NONCE`: the holder answers `proof PID MAC`, an HMAC with the lock's key
 * - `knock`: the holder runs its repair (`Held.onRepairRequest`), then answers `done`
 */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { proofOf, sameSecret } from '../secret.ts'

/** The longest line that is read, in characters; the protocol's lines are shorter. */
export const LINE_LIMIT = 1024

/** How many characters a waiter reads before it takes the holder for a stranger. */
const READ_LIMIT = 4 * LINE_LIMIT

const PROVE = /^prove ([0-9a-f]{16,128})$/
const PROOF = /^proof (\d{1,15}) ([0-9a-f]{64})$/
const GREETING = /^\d+$/
const DONE = 'done'

interface Holder {
  readonly waiter: Socket
  readonly key: string
  readonly work: () => Promise<unknown>
}

/** The holder's side. */
export function answerTo(line: string, { waiter, key, work }: Holder): void {
  const nonce = PROVE.exec(line)?.[1]
  if (nonce !== undefined) {
    waiter.write(`proof ${process.pid} ${macOf(key, nonce, process.pid)}\n`)
    return
  }
  // Any other line counts as a repair request: it does no harm, whoever sends it.
  void Promise.resolve()
    .then(work)
    .then(
      () => waiter.write(`${DONE}\n`),
      () => waiter.destroy(),
    )
}

/**
 * The pid of a holder that has proved that it knows the key; null for one that answers without the
 * proof (an older version, or a stranger) or hangs up. Never settles for a holder that stays silent.
 */
export function provesItself(socket: Socket, key: string): Promise<number | null> {
  const nonce = randomBytes(24).toString('hex')
  return new Promise((resolve) => {
    socket.once('close', () => resolve(null))
    readLines(socket, (line) => {
      const [, pid = '', mac = ''] = PROOF.exec(line) ?? []
      if (sameSecret(mac, macOf(key, nonce, Number(pid)))) resolve(Number(pid))
      else if (!GREETING.test(line)) resolve(null)
    })
    socket.write(`prove ${nonce}\n`)
  })
}

/** Requests a repair. True as soon as the holder reports it done, false when it hangs up before. */
export function awaitRepair(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve(false))
    readLines(socket, (line) => {
      if (line === DONE) resolve(true)
    })
    socket.write('knock\n')
  })
}

function macOf(key: string, nonce: string, pid: number): string {
  return proofOf(key, `${nonce}.${pid}`)
}

/** Calls `take` with each line, up to READ_LIMIT characters in all. */
function readLines(socket: Socket, take: (line: string) => void): void {
  let received = 0
  let rest = ''
  const read = (part: string): void => {
    received += part.length
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
    if (received <= READ_LIMIT) return
    socket.off('data', read)
    socket.resume() // whatever follows is discarded
  }
  socket.setEncoding('utf8').on('data', read)
}

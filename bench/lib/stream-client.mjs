/** Reads one slow stream over a plain socket: the time of its first delta, and the gaps between deltas. */
import { connect } from 'node:net'

const DELTA = Buffer.from('"word ')

/** `{firstMs, gapsMs, deltas, ended}` */
export function readStream(url, body) {
  const { hostname, port, pathname } = new URL(url)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\nx-api-key: k\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const begun = performance.now()
    const at = []
    let tail = ''
    socket.on('data', (part) => {
      const now = performance.now()
      for (let from = part.indexOf(DELTA); from !== -1; from = part.indexOf(DELTA, from + 1)) {
        at.push(now)
      }
      tail = (tail + part.toString('latin1')).slice(-400)
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const gapsMs = at.slice(1).map((time, n) => time - at[n])
      const ended = tail.includes('message_stop') || tail.includes('[DONE]')
      resolve({ firstMs: at[0] - begun, gapsMs, deltas: at.length, ended })
    })
    socket.write(head + body)
  })
}

/**
 * An upstream in Node: answers every POST with one static stream at once; below `/slow/` one delta
 * every 20 ms, 64 in all. The process prints its port on the first line.
 */
import { createServer } from 'node:http'
import { clearInterval, setInterval } from 'node:timers'
import { FORMATS, whole } from './lib/answers.mjs'

const DELTAS = 64
const EVERY_MS = 20
const ANSWERS = { chat: whole(FORMATS.chat), messages: whole(FORMATS.messages) }

function slowly(res, { head, delta, tail }) {
  res.write(head)
  let sent = 0
  const timer = setInterval(() => {
    if (sent < DELTAS) res.write(delta(sent))
    else res.end(tail)
    sent += 1
    if (sent > DELTAS) clearInterval(timer)
  }, EVERY_MS)
  res.on('close', () => clearInterval(timer))
}

const server = createServer((req, res) => {
  req.resume()
  req.on('end', () => {
    const format = req.url.includes('/messages') ? 'messages' : 'chat'
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    if (req.url.startsWith('/slow/')) slowly(res, FORMATS[format])
    else res.end(ANSWERS[format])
  })
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))

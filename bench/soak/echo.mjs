/**
 * A provider that answers at once and says what arrived: which conversation and how many of its turns
 * are in the body. It speaks Chat Completions and Messages.
 */
import { createServer } from 'node:http'
import { FORMATS } from '../lib/answers.mjs'
import { arrived } from './marks.mjs'

const DELTAS = 8

function answer(req, res, body) {
  const isChat = req.url.includes('/chat/completions')
  const { head, delta, tail } = isChat ? FORMATS.chat : FORMATS.messages
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(head)
  // The words of an answer are `word N`; the first one is what arrived.
  res.write(delta(0).replace('word 0 ', `${arrived(body)} `))
  for (let n = 1; n < DELTAS; n += 1) res.write(delta(n))
  res.end(tail)
}

const server = createServer((req, res) => {
  const chunks = []
  req.on('data', (chunk) => chunks.push(chunk))
  req.on('end', () => answer(req, res, Buffer.concat(chunks).toString()))
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))

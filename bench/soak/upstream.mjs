/**
 * A provider of every protocol that mostly answers, in pieces, and sometimes fails: it refuses, breaks
 * off, or falls silent until the connection is closed. A counter decides, so that all runs are alike.
 */
import { createServer } from 'node:http'
import { setTimeout as later } from 'node:timers/promises'
import { FORMATS } from '../lib/answers.mjs'

const sse = (data) => `data: ${JSON.stringify(data)}\n\n`

const gemini = {
  head: '',
  delta: (n) =>
    sse({ candidates: [{ content: { role: 'model', parts: [{ text: `word ${n} ` }] } }] }),
  tail: sse({
    candidates: [{ content: { role: 'model', parts: [{ text: 'end' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 900, candidatesTokenCount: 9, totalTokenCount: 909 },
  }),
}

const response = { id: 'r', object: 'response', model: 'm', output: [] }
const responses = {
  head: [
    sse({ type: 'response.created', response: { ...response, status: 'in_progress' } }),
    sse({
      type: 'response.output_item.added',
      output_index: 0,
      item: { type: 'message', id: 'i', role: 'assistant', content: [] },
    }),
    sse({
      type: 'response.content_part.added',
      item_id: 'i',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '' },
    }),
  ].join(''),
  delta: (n) =>
    sse({
      type: 'response.output_text.delta',
      item_id: 'i',
      output_index: 0,
      content_index: 0,
      delta: `word ${n} `,
    }),
  tail: sse({
    type: 'response.completed',
    response: {
      ...response,
      status: 'completed',
      usage: { input_tokens: 900, output_tokens: 9, total_tokens: 909 },
    },
  }),
}

const PATHS = [
  ['/chat/completions', FORMATS.chat],
  ['/responses', responses],
  ['/messages', FORMATS.messages],
  ['GenerateContent', gemini],
]

let count = 0

async function answer(req, res) {
  const [, format] = PATHS.find(([path]) => req.url.includes(path)) ?? PATHS[0]
  count += 1
  if (count % 29 === 0) return refuse(res, 500)
  if (count % 31 === 0) return refuse(res, 429)
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(format.head)
  for (let n = 0; n < 12; n += 1) {
    res.write(format.delta(n))
    await later(n % 3)
    if (res.destroyed) return
    if (n === 6 && count % 37 === 0) return res.destroy()
    if (n === 6 && count % 41 === 0) return // silent until the client or ccr closes the connection
  }
  res.end(format.tail)
}

function refuse(res, status) {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ error: { message: 'a fault of the soak', type: 'api_error' } }))
}

const server = createServer((req, res) => {
  req.resume()
  req.on('end', () => void answer(req, res))
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))

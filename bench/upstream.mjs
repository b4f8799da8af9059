/** An instant provider: answers every POST with one static Chat Completions or Messages stream. */
import { createServer } from 'node:http'

const chunk = (delta, finish = null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] })
const CHAT = [
  chunk({ role: 'assistant', content: '' }),
  ...Array.from({ length: 8 }, (_, n) => chunk({ content: `word ${n} ` })),
  chunk({}, 'stop'),
  { choices: [], usage: { prompt_tokens: 12_000, completion_tokens: 16 } },
]
  .map((data) => `data: ${JSON.stringify(data)}\n\n`)
  .concat('data: [DONE]\n\n')
  .join('')

const MESSAGES = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12_000, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...Array.from({ length: 8 }, (_, n) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: `word ${n} ` },
  })),
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 16 },
  },
  { type: 'message_stop' },
]
  .map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
  .join('')

const server = createServer((req, res) => {
  req.resume()
  req.on('end', () => {
    const body = req.url.includes('/messages') ? MESSAGES : CHAT
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.end(body)
  })
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
